"""Recurring actions: which floor they give, and that the order of writes keeps it up."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.changes.apply import still_ahead
from foresail.changes.floor import Floor, firings, over
from foresail.changes.guardrails import Evidence, Limits, refusals
from foresail.changes.names import name_for, owned, prefix, weekly_name
from foresail.changes.rollback import drift, restored
from foresail.changes.writes import phases
from foresail.store.journal import Run
from foresail.targets.base import LiveTarget, ScheduledAction
from foresail.targets.cron import aws_weekly, unix_weekly

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday
HOUR = timedelta(hours=1)
WINDOW = (NOW, NOW + timedelta(days=24))
HOURS = [NOW + HOUR * n + timedelta(minutes=1) for n in range(24 * 23)]


def weekly(days, hour, size, end=NOW + timedelta(days=14), cron=unix_weekly):
    return ScheduledAction(
        weekly_name("web", days, hour * 60),
        end=end,
        recurrence=cron(days, hour * 60),
        time_zone="Etc/UTC",
        min_size=size,
    )


def once(hours, size):
    start = NOW + HOUR * hours + timedelta(minutes=30)  # never the minute of a recurring one
    return ScheduledAction(name_for("web", start, ()), start=start, min_size=size)


def live(actions, base=2):
    return LiveTarget("ec2-auto-scaling-group", "web", base, 60, base, tuple(actions))


day_sets = st.sampled_from([(0, 1, 2, 3, 4, 5, 6), (0, 1, 2, 3, 4), (5, 6), (2,), (1, 4)])
ends = st.sampled_from([NOW + timedelta(days=d) for d in (1, 7, 14)])
recurring = st.dictionaries(
    st.tuples(day_sets, st.integers(0, 23)), st.tuples(st.integers(0, 9), ends), max_size=5
).map(lambda found: [weekly(days, hour, size, end) for (days, hour), (size, end) in found.items()])
one_off = st.dictionaries(st.integers(1, 400), st.integers(0, 9), max_size=4).map(
    lambda found: [once(hours, size) for hours, size in found.items()]
)
schedules = st.tuples(recurring, one_off).map(lambda both: [*both[0], *both[1]])


@settings(max_examples=80, deadline=None)
@given(
    old=schedules, new=schedules, spare=st.integers(1, 12), rng=st.randoms(use_true_random=False)
)
def test_floor_is_never_under_the_lower_of_old_and_new(old, new, spare, rng):
    quota = len(new) + spare
    target = live(old)
    todo = phases(target, new, quota=quota, now=NOW)
    was, will = (Floor.of(2, one, WINDOW) for one in (old, new))
    least = [min(was.at(t), will.at(t)) for t in HOURS]
    state = {a.name: a for a in old}
    for phase in todo:
        writes = [("put", a) for a in phase.put] + [("delete", a) for a in phase.delete]
        rng.shuffle(writes)
        for kind, action in writes:
            if kind == "put":
                state[action.name] = action
            else:
                del state[action.name]
            floor = Floor.of(2, state.values(), WINDOW)
            assert all(floor.at(t) >= low for t, low in zip(HOURS, least, strict=True))
    assert state == {a.name: a for a in new}


def test_a_rise_that_is_not_written_yet_is_not_missed_by_a_fall_that_is():
    """What a naive order does: the night's fall stands, the morning's rise does not."""
    [raised, settled] = phases(
        live([once(1, 8)]), [weekly((2,), 3, 2), weekly((2,), 7, 9)], quota=125, now=NOW
    )
    assert {a.min_size for a in raised.put} == {8, 9}
    assert [a.min_size for a in settled.put] == [2]


@pytest.mark.parametrize("cron", [unix_weekly, aws_weekly])
def test_both_ways_of_writing_act_at_the_same_times(cron):
    for days in [(0, 1, 2, 3, 4), (5, 6), (6,), (0, 2), tuple(range(7)), (4, 5, 6)]:
        found = [*firings(weekly(days, 7, 3, cron=cron), WINDOW)]
        assert {t.weekday() for t in found} == set(days)
        assert {(t.hour, t.minute) for t in found} == {(7, 0)}
        assert max(found) < NOW + timedelta(days=14)


def test_names_tell_the_times_and_are_owned():
    names = {weekly_name("web", d, m) for d in [(0,), (1,), (0, 1)] for m in (0, 61)}
    assert len(names) == 6
    assert all(name.startswith(prefix("web")) for name in names)


def test_a_start_that_aws_shows_is_no_difference():
    mine = weekly((0,), 8, 4)
    theirs = replace(mine, name="theirs", start=NOW + HOUR)
    shown = live([replace(mine, start=NOW + HOUR), theirs])
    assert owned(shown) == (mine,)
    assert phases(shown, [mine], quota=125, now=NOW) == []


def test_what_has_ended_is_neither_expected_nor_put_back():
    ended = weekly((0,), 8, 4, end=NOW - HOUR)
    assert over(ended, NOW)
    assert not over(weekly((0,), 8, 4), NOW)
    run = Run("1", "p", "apply", "r", NOW - 48 * HOUR, "done", live([ended]), (ended,))
    assert drift(run, live([]), NOW).pending == ()
    assert restored(run, live([]), NOW) == ()


def test_rollback_puts_back_the_floor_that_a_recurring_action_moved():
    before = live([weekly(tuple(range(7)), 6, 5)])
    ran = weekly(tuple(range(7)), 9, 7)
    run = Run("1", "p", "apply", "r", NOW - 24 * HOUR, "done", before, (ran,))
    back, kept = restored(run, replace(before, min_size=7, actions=(ran,)), NOW)
    assert (back.min_size, kept.recurrence) == (5, "0 6 * * *")


def test_what_is_put_in_place_of_the_due_gives_way_to_what_recurs():
    due = replace(once(1, 6), start=NOW - HOUR)
    soon = replace(weekly((1,), 12, 4), recurrence="3 12 * * 2")
    first, *_ = still_ahead([due, soon], live([]), NOW)
    assert (first.min_size, first.start) == (6, NOW + timedelta(minutes=4))


def test_today_is_what_a_recurring_schedule_gives_too():
    """At night the floor is low; a plan for the day like yesterday's is no leap."""
    standing = live([weekly(tuple(range(7)), 18, 20), weekly(tuple(range(7)), 23, 2)])
    wanted = [*standing.actions[:1], once(200, 2)]
    evidence = Evidence(1.0, "", timedelta(days=14))
    assert refusals(standing, wanted, Limits(), evidence, NOW) == []
    assert refusals(live([]), wanted, Limits(), evidence, NOW) != []


def test_an_order_of_writes_is_the_same_from_any_shuffle_of_what_is_live():
    old, new = [weekly((1,), 3, 5), once(3, 4)], [weekly((1,), 3, 6), weekly((2,), 5, 1)]
    shuffled = random.Random(1).sample(old, 2)
    assert phases(live(old), new, quota=125, now=NOW) == phases(
        live(shuffled), new, quota=125, now=NOW
    )
