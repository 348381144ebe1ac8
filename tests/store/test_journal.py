"""The journal keeps what each run found, meant and wrote; a lost lease journals nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foresail.errors import InputError
from foresail.store.opening import folder_store
from foresail.store.records import Conflict
from foresail.targets.base import LiveTarget, ScheduledAction
from store.backends import BACKENDS, Time, open_backend, sandbox

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ACTION = ScheduledAction("foresail-web-x", start=NOW, min_size=0)
LIVE = LiveTarget("ec2-auto-scaling-group", "web", 2, 60, 2, (ACTION,), ("tt",))
TARGET = ("us-east-1", LIVE.type_name, "web")
MINUTE = timedelta(minutes=1)
__all__ = ["sandbox"]


@pytest.fixture
def clock():
    return Time(NOW)


@pytest.fixture(params=BACKENDS)
def store(request, tmp_path, sandbox, clock):
    return open_backend(request.param, tmp_path, sandbox, clock)


def begin(journal, plan="p1", now=NOW, wanted=(), **more):
    return journal.begin(plan, "apply", "us-east-1", LIVE, wanted, now, **more)


def test_a_run_reads_back_with_types_and_the_latest_comes_first(store):
    journal = store.journal
    first = begin(journal, wanted=(ACTION,), approved_by="ann")
    journal.record(first, NOW, [("put", ACTION.name, "done"), ("put", "b", "refused")])
    journal.record(first, NOW, [("delete", "c", "done")])
    journal.finish(first, "done", NOW)
    second = begin(journal, "p2")
    runs = store.journal.runs(*TARGET)
    assert [(r.id, r.state) for r in runs] == [(second, "running"), (first, "done")]
    assert (runs[1].before, runs[1].wanted, runs[1].approved_by) == (LIVE, (ACTION,), "ann")
    assert (runs[1].started, runs[1].place, runs[1].kind) == (NOW, "us-east-1", "apply")
    assert [op for op, _, _ in journal.writes(first)] == ["put", "put", "delete"]
    assert journal.writes(second) == []
    assert journal.runs("eu-west-1", LIVE.type_name, "web") == []
    assert journal.runs(*TARGET, limit=1) == runs[:1]


def test_ids_sort_by_time_whatever_the_clock_does(store):
    ids = [begin(store.journal, now=NOW + n * MINUTE) for n in (0, 5, 5, -10, 6)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert ids[0].startswith("20261124T120000.000000Z-")
    assert [run.id for run in store.journal.runs(*TARGET)] == ids[::-1]


def test_a_new_run_ends_an_unfinished_one(store):
    begin(store.journal)
    begin(store.journal, "p2")
    assert [r.state for r in store.journal.runs(*TARGET)] == ["running", "superseded"]


def test_of_two_that_begin_at_once_on_an_unfinished_run_one_is_told(store, monkeypatch):
    journal = store.journal
    begin(journal)
    real = type(journal.records).write

    def first_somebody_else(records, *changes):
        monkeypatch.undo()
        begin(store.journal, "theirs")
        real(records, *changes)

    monkeypatch.setattr(type(journal.records), "write", first_somebody_else)
    with pytest.raises(Conflict):
        begin(journal, "ours")
    assert [run.plan_id for run in store.journal.runs(*TARGET)] == ["theirs", "p1"]


def test_recent_runs_and_the_one_before(store):
    for hours in (50, 30, 20, 1):
        begin(store.journal, f"{hours}h", NOW - timedelta(hours=hours))
    found = store.journal.recent(*TARGET, NOW - timedelta(hours=24))
    assert [run.plan_id for run in found] == ["1h", "20h", "30h"]


def test_runs_are_gone_after_90_days(store, clock):
    run = begin(store.journal)
    store.journal.record(run, NOW, [("put", "a", "done")])
    clock.now += timedelta(days=91)
    assert store.journal.runs(*TARGET) == []
    assert store.records.everything() == []
    with pytest.raises(InputError, match=f"no run {run}"):
        store.journal.finish(run, "done", clock.now)


def test_nothing_is_journalled_under_a_lease_that_is_lost(store, clock):
    lease = store.leases.acquire("service/shop", "one", MINUTE)
    run = begin(store.journal, fence=lease)
    lease = store.leases.renew(lease, MINUTE)
    store.journal.record(run, NOW, [("put", "a", "done")])  # a renewed lease is the same lease
    clock.now += 2 * MINUTE
    taken = store.leases.acquire("service/shop", "two", MINUTE)
    for late in (
        lambda: begin(store.journal, "late", fence=lease),
        lambda: store.journal.record(run, NOW, [("put", "b", "done")]),
        lambda: store.journal.finish(run, "done", NOW),
        lambda: store.journal.resume(run, lease),
    ):
        with pytest.raises(Conflict, match="fence service/shop"):
            late()
    assert store.journal.writes(run) == [("put", "a", "done")]
    [left] = store.journal.runs(*TARGET)
    assert (left.id, left.state) == (run, "running")
    store.journal.resume(run, taken)
    store.journal.finish(run, "done", NOW)
    assert store.journal.runs(*TARGET)[0].state == "done"


@pytest.mark.parametrize("cut", [False, True])
def test_a_run_of_long_ago_is_rolled_back_without_its_lease(store, cut):
    lease = store.leases.acquire("service/shop", "one", MINUTE)
    run = begin(store.journal, fence=lease)
    if not cut:
        store.journal.finish(run, "done", NOW)
    store.leases.release(lease)
    store.journal.finish(run, "rolled-back", NOW)
    assert store.journal.runs(*TARGET)[0].state == "rolled-back"


def test_a_look_leaves_no_file(tmp_path):
    assert folder_store(tmp_path / "store").journal.runs(*TARGET) == []
    assert list(tmp_path.iterdir()) == []


def test_the_journal_of_before_there_were_tables_is_left_alone(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"of an older foresail")
    journal = folder_store(tmp_path).journal
    assert journal.runs(*TARGET) == []
    begin(journal)
    assert (tmp_path / "journal.sqlite").read_bytes() == b"of an older foresail"
