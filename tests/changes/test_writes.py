"""The order of writes keeps the floor up, whichever writes have landed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foresail.changes.floor import Floor
from foresail.changes.names import name_for, prefix
from foresail.changes.writes import phases
from foresail.errors import InputError
from foresail.targets.base import LiveTarget, ScheduledAction

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
schedules = st.dictionaries(st.integers(1, 30), st.integers(0, 9), max_size=12)


def actions(schedule, with_desired=False):
    return tuple(
        ScheduledAction(
            name=name_for("web", NOW + timedelta(minutes=minute), ()),
            start=NOW + timedelta(minutes=minute),
            min_size=size,
            desired_capacity=size if with_desired else None,
        )
        for minute, size in schedule.items()
    )


def live(schedule, others=0, base=2):
    foreign = tuple(
        ScheduledAction(name=f"theirs-{n}", recurrence="0 3 * * *", min_size=1)
        for n in range(others)
    )
    return LiveTarget("ec2-auto-scaling-group", "web", base, 60, base, actions(schedule) + foreign)


def states(start, todo, rng):
    """Every state on the way when the writes of each phase land in a random order."""
    state = {a.name: a for a in start}
    yield dict(state)
    for phase in todo:
        writes = [("put", a) for a in phase.put] + [("delete", n) for n in phase.delete]
        rng.shuffle(writes)
        for kind, what in writes:
            if kind == "put":
                state[what.name] = what
            else:
                del state[what.name]
            yield dict(state)


def own(state):
    return [a for a in state.values() if a.name.startswith(prefix("web"))]


@settings(max_examples=600, deadline=None)
@given(
    old=schedules, new=schedules, quota=st.integers(13, 40), rng=st.randoms(use_true_random=False)
)
@example(  # the latest of the old actions goes before a lower one that stood ahead of it
    old={11: 0, 13: 0, 14: 0, 16: 1},
    new={**dict.fromkeys(range(1, 11), 0), 12: 0, 15: 1},
    quota=13,
    rng=random.Random(3),
)
def test_floor_is_never_under_the_lower_of_old_and_new(old, new, quota, rng):
    target, wanted = live(old), actions(new)
    todo = phases(target, wanted, quota=quota, now=NOW)
    was, will = Floor.of(2, target.actions), Floor.of(2, wanted)
    minutes = [NOW + timedelta(minutes=m) for m in range(32)]
    least = [min(was.at(t), will.at(t)) for t in minutes]
    last = None
    for last in states(target.actions, todo, rng):
        floor = Floor.of(2, own(last))
        assert all(floor.at(t) >= low for t, low in zip(minutes, least, strict=True))
        assert len(last) <= quota
    assert {a.name: a for a in own(last)} == {a.name: a for a in wanted}


@settings(max_examples=100, deadline=None)
@given(old=schedules, new=schedules, cut=st.integers(0, 40), seed=st.integers(0, 99))
def test_resuming_from_any_cut_ends_in_the_same_state(old, new, cut, seed):
    target, wanted = live(old), actions(new)
    todo = phases(target, wanted, quota=125, now=NOW)
    seen = list(states(target.actions, todo, random.Random(seed)))
    half = seen[min(cut, len(seen) - 1)]
    again = phases(
        LiveTarget("ec2-auto-scaling-group", "web", 2, 60, 2, tuple(half.values())),
        wanted,
        quota=125,
        now=NOW,
    )
    end = list(states(half.values(), again, random.Random(seed)))[-1]
    assert end == {a.name: a for a in wanted}


@settings(max_examples=200, deadline=None)
@given(
    old=schedules,
    new=schedules.filter(bool),
    spare=st.integers(2, 40),
    cut=st.integers(0, 40),
)
def test_a_run_that_dies_for_good_leaves_the_floor_to_end_low(old, new, spare, cut):
    """Both schedules end in the floor of 2, as plans do; whatever was written, so does the rest."""
    old, new = {**old, 31: 2} if old else {}, {**new, 32: 2}
    todo = phases(live(old), actions(new), quota=len(new) + spare, now=NOW)
    state = {a.name: a for a in actions(old)}
    writes = [
        w for p in todo for w in [*(("put", a) for a in p.put), *(("del", a) for a in p.delete)]
    ]
    for kind, item in writes[:cut]:
        if kind == "put":
            state[item.name] = item
        else:
            del state[item.name]
    assert Floor.of(2, own(state)).at(NOW + timedelta(hours=1)) == 2


def test_nothing_to_write_when_nothing_differs():
    assert phases(live({5: 3, 9: 1}), actions({9: 1, 5: 3}), quota=125, now=NOW) == []


def test_an_unset_size_is_not_a_zero():
    old = ScheduledAction(
        name=name_for("web", NOW + timedelta(minutes=5), ()),
        start=NOW + timedelta(minutes=5),
        max_size=9,
    )
    target = LiveTarget("ec2-auto-scaling-group", "web", 2, 60, 2, (old,))
    [last] = phases(target, actions({5: 4}), quota=125, now=NOW)
    assert [(a.min_size, a.max_size) for a in last.put] == [(4, None)]


def test_a_full_group_is_told_how_many_fit():
    with pytest.raises(InputError, match="room for 2 planned actions beside 122 of others"):
        phases(live({1: 3}, others=122), actions({2: 3, 3: 4, 4: 2}), quota=125, now=NOW)


def test_actions_that_already_ran_are_not_written_again():
    past = ScheduledAction(name=name_for("web", NOW, ()), start=NOW, min_size=5)
    target = LiveTarget("ec2-auto-scaling-group", "web", 5, 60, 5, (past,))
    assert phases(target, (), quota=125, now=NOW) == []


def test_desired_rises_with_the_floor_on_the_way():
    target = LiveTarget(
        "ec2-auto-scaling-group", "web", 2, 60, 2, actions({5: 8}, with_desired=True)
    )
    raised, settled = phases(target, actions({5: 8, 6: 3}, True), quota=125, now=NOW)
    assert [(a.min_size, a.desired_capacity) for a in raised.put] == [(8, 8)]
    assert [(a.min_size, a.desired_capacity) for a in settled.put] == [(3, 3)]
