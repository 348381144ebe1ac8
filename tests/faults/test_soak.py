"""Hour after hour nothing grows: no memory, files, scheduled actions nor journal."""

from datetime import timedelta

import pytest

from faults.fleet import NOW, create
from faults.soaking import SERVICES, keep_less, soak
from foresail.sandbox import Sandbox


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        for name in SERVICES:
            create(running, name, days=3)
        yield running


def assert_no_growth(left, settled):
    """Compare the last run with the run after which everything had begun to expire."""
    first, last = left[settled], left[-1]
    runs = len(left) - settled
    assert last.files <= first.files + 1
    assert last.threads <= first.threads + 1
    assert max(one.actions for one in left) <= 60 * len(SERVICES)
    assert last.stored <= 1.5 * first.stored
    assert last.memory <= 1.1 * first.memory
    # The sandbox keeps what CloudWatch would; the rest is caches that other tests began to fill.
    assert last.objects - first.objects <= 120 * runs + 20_000


def test_a_few_hours(sandbox, tmp_path, monkeypatch):
    keep_less(monkeypatch, timedelta(hours=3))
    assert_no_growth(soak(sandbox, tmp_path, 12), settled=6)


@pytest.mark.long
def test_two_hundred_hours(sandbox, tmp_path, monkeypatch):
    keep_less(monkeypatch, timedelta(hours=12))
    assert_no_growth(soak(sandbox, tmp_path, 200), settled=40)
