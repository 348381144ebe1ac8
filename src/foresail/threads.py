"""Calls side by side, at most so many at a time, their results in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(work: Callable[[T], R], items: Iterable[T], most: int) -> Iterator[R]:
    """Do work on items with at most so many threads; results come in the order of the items.

    Only so many items are begun ahead of the result that is read, so results do not pile up.
    Each thread sees the caller's context variables, like the run id of logs.

    Raises
    ------
    Exception
        What the work raised, where its result would come; what was not begun is left.
    """
    waiting = iter(items)
    with ThreadPoolExecutor(max_workers=most) as pool:
        begun = [pool.submit(copy_context().run, work, one) for one in islice(waiting, most)]
        try:
            while begun:
                yield begun.pop(0).result()
                begun += [pool.submit(copy_context().run, work, one) for one in islice(waiting, 1)]
        finally:
            for one in begun:
                one.cancel()
