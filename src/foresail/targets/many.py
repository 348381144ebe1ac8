"""Read many targets of one kind in a handful of calls, where their API lists all at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from foresail.errors import AwsError
from foresail.targets.base import LiveTarget
from foresail.threads import side_by_side

if TYPE_CHECKING:
    from foresail.targets.base import Target

T = TypeVar("T")
Row = dict[str, Any]


@runtime_checkable
class ReadsMany(Protocol):
    """A kind of target whose resources can be read together."""

    def read_many(self, names: Sequence[str]) -> dict[str, LiveTarget | AwsError]:
        """Read each target as `Target.read` does, or say why it cannot be read."""
        ...


def read_each(
    target: Target, names: Sequence[str], concurrency: int = 1
) -> dict[str, LiveTarget | AwsError]:
    """Read targets, together where their kind can; one that fails does not stop the others."""
    if len(names) > 1 and isinstance(target, ReadsMany):
        try:
            return target.read_many(names)
        except AwsError as error:
            return dict.fromkeys(names, error)

    def read(name: str) -> LiveTarget | AwsError:
        try:
            return target.read(name)
        except AwsError as error:
            return error

    return dict(zip(names, side_by_side(read, names, concurrency), strict=True))


def listed(
    pages: Iterable[Sequence[Row]],
    owner: Callable[[Row], str],
    names: Sequence[str],
    one_by_one: Callable[[str], Iterable[Row]],
) -> dict[str, list[Row]]:
    """Rows of each name, from a list of what everybody has.

    Where that takes more pages than there are names, most of it is others': each name is then
    asked for by itself, so that there are never more than twice as many calls as names.
    """
    found: dict[str, list[Row]] = defaultdict(list)
    for number, page in enumerate(pages):
        if number == len(names):
            return {name: list(one_by_one(name)) for name in names}
        for row in page:
            found[owner(row)].append(row)
    return {name: found[name] for name in names}


def batches(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """Cut a sequence into parts of at most so many."""
    return (items[at : at + most] for at in range(0, len(items), most))
