"""Leases: never two holders, a dead one's ends, a late one journals nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foresail.store.leases import LeaseHeld
from foresail.store.opening import folder_store
from foresail.store.records import Conflict, Put
from store.backends import BACKENDS, Time, open_backend, sandbox
from store.test_journal import begin

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NAME = "service/shop"
__all__ = ["sandbox"]


@pytest.fixture
def clock():
    return Time(NOW)


@pytest.fixture(params=BACKENDS)
def leases(request, tmp_path, sandbox, clock):
    return open_backend(request.param, tmp_path, sandbox, clock).leases


def test_one_at_a_time_and_the_other_is_told_who_and_until_when(leases):
    mine = leases.acquire(NAME, "host 1", MINUTE)
    assert leases.held(NAME) == mine
    for owner in ("host 2", "host 1"):
        with pytest.raises(LeaseHeld, match=r"held by host 1 until 2026-11-24 12:01:00Z") as caught:
            leases.acquire(NAME, owner, MINUTE)
    assert caught.value.exit_code == 1
    assert leases.acquire("service/other", "host 2", MINUTE).token == 1
    leases.release(mine)
    assert leases.held(NAME) is None
    assert leases.acquire(NAME, "host 2", MINUTE).token > mine.token


def test_the_lease_of_the_dead_ends(leases, clock):
    dead = leases.acquire(NAME, "dead", MINUTE)
    clock.now += MINUTE
    heir = leases.acquire(NAME, "heir", MINUTE)
    assert heir.token > dead.token
    with pytest.raises(Conflict):
        leases.renew(dead, MINUTE)
    leases.release(dead)  # and harms nobody
    assert leases.held(NAME) == heir


def test_a_renewed_lease_holds_on_with_its_token(leases, clock):
    lease = leases.acquire(NAME, "one", MINUTE)
    clock.now += 5 * MINUTE  # it has ended, but nobody took it
    again = leases.renew(lease, MINUTE)
    assert (again.token, again.until) == (lease.token, clock.now + MINUTE)
    leases.records.write(Put("p", "s", {}), lease.check())
    with pytest.raises(LeaseHeld):
        leases.acquire(NAME, "two", MINUTE)


def test_nothing_is_written_under_a_lease_that_was_given_back(leases):
    lease = leases.acquire(NAME, "one", MINUTE)
    leases.release(lease)
    with pytest.raises(Conflict):
        leases.records.write(Put("p", "s", {}), lease.check())
    with pytest.raises(Conflict):
        leases.renew(lease, MINUTE)


def test_of_two_that_ask_in_the_same_moment_one_gets_it(leases, monkeypatch):
    real, won = type(leases.records).write, []

    def first_somebody_else(records, *changes):
        monkeypatch.undo()
        won.append(leases.acquire(NAME, "two", MINUTE))
        real(records, *changes)

    monkeypatch.setattr(type(leases.records), "write", first_somebody_else)
    with pytest.raises(LeaseHeld, match="held by two"):
        leases.acquire(NAME, "one", MINUTE)
    assert leases.held(NAME) == won[0]


def planner(store, owner, log):
    """Acquire, journal three runs under the lease, release; yields between any two steps.

    Each write that the journal took is logged by its lease's token.
    """
    try:
        lease = store.leases.acquire(NAME, owner, 3 * MINUTE)
    except LeaseHeld:
        return
    yield
    for step in range(3):
        try:
            run = begin(store.journal, now=store.clock(), fence=lease)
            log.append(lease.token)
            yield
            store.journal.record(run, store.clock(), [("put", "a", "done")])
            log.append(lease.token)
            yield
            lease = store.leases.renew(lease, 3 * MINUTE) if step == 1 else lease
            store.journal.finish(run, "done", store.clock())
            log.append(lease.token)
        except Conflict:
            return
        yield
    store.leases.release(lease)


@pytest.mark.parametrize(("kind", "examples"), [("folder", 40), ("table", 10)])
def test_however_planners_interleave_each_journals_after_the_one_before(
    kind, examples, tmp_path, sandbox
):
    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 4)), max_size=40))
    def play(turns):
        clock, log, running = Time(NOW), [], {}
        store = open_backend(kind, tmp_path, sandbox, clock)
        for who, minutes in turns:
            clock.now += minutes * MINUTE
            turn = running.pop(who, None) or planner(store, f"p{who}", log)
            if next(turn, "over") != "over":
                running[who] = turn
        assert log == sorted(log)  # no late planner after a later one

    play()


def test_processes_that_contend_hold_it_in_turn(tmp_path):
    """Real processes, one folder: the log is never written by two at a time."""
    import subprocess
    import sys

    code = """
import sys, time
from datetime import timedelta
from pathlib import Path
from foresail.store.leases import LeaseHeld
from foresail.store.opening import folder_store
from foresail.store.records import Put
store = folder_store(Path(sys.argv[1]))
done = 0
while done < 5:
    try:
        lease = store.leases.acquire("service/shop", sys.argv[2], timedelta(seconds=30))
    except LeaseHeld:
        time.sleep(0.002)
        continue
    assert store.records.get("mark", "m") is None
    store.records.write(Put("mark", "m", {}, expected=0), lease.check())
    store.records.write(Put("log", f"{lease.token:06d}", {}, expected=0), lease.check())
    from foresail.store.records import Delete
    store.records.write(Delete("mark", "m", 1), lease.check())
    store.leases.release(lease)
    done += 1
"""
    run = [sys.executable, "-c", code, str(tmp_path)]
    started = [subprocess.Popen([*run, f"p{n}"], stderr=subprocess.PIPE) for n in range(3)]
    ends = [(one.communicate(timeout=60)[1], one.returncode) for one in started]
    assert [rc for _, rc in ends] == [0, 0, 0], ends
    assert len(folder_store(tmp_path).records.query("log")) == 15
