"""Work side by side: in order, bounded, with the caller's context."""

import threading
import time
from contextvars import ContextVar

import pytest

from foresail.threads import side_by_side

RUN = ContextVar("run", default="none")


def test_results_come_in_order_whoever_is_done_first():
    slow_first = [0.05, 0.0, 0.02]
    assert list(side_by_side(lambda s: (time.sleep(s), s)[1], slow_first, 3)) == slow_first


def test_no_more_than_so_many_at_a_time_and_none_begun_far_ahead():
    begun, running, most, lock = [], set(), [], threading.Lock()

    def work(one):
        with lock:
            begun.append(one)
            running.add(one)
            most.append(len(running))
        time.sleep(0.005)
        with lock:
            running.remove(one)
        return one

    results = side_by_side(work, range(12), 3)
    assert next(results) == 0
    assert len(begun) <= 4
    assert list(results) == list(range(1, 12))
    assert max(most) <= 3


def test_an_error_comes_in_its_place_and_stops_the_rest():
    begun = []

    def work(one):
        begun.append(one)
        if one == 1:
            raise ValueError(one)
        return one

    results = side_by_side(work, range(100), 2)
    assert next(results) == 0
    with pytest.raises(ValueError, match="1"):
        list(results)
    assert len(begun) < 6


def test_threads_see_the_context_of_the_caller():
    RUN.set("run-1")
    assert list(side_by_side(lambda _: RUN.get(), range(3), 2)) == ["run-1"] * 3
