"""Actions compiled from steps: never under the plan, one a minute, and a safe end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.plan.compile import compile_actions

NOW = datetime(2026, 11, 24, 12, 0, 30, tzinfo=UTC)
BASE = NOW.replace(second=0)


def minute(number):
    return BASE + timedelta(minutes=number)


def steps(rows):
    return pd.DataFrame(
        {"start": [pd.Timestamp(minute(m)) for m, _ in rows], "capacity": [c for _, c in rows]}
    )


def made(rows, end=60, **options):
    defaults = {"floor": 2, "now": NOW, "set_desired": False}
    return compile_actions(steps(rows), end=minute(end), **{**defaults, **options})


def in_force(points, when):
    found = [size for at, size in points if at <= when]
    return found[-1] if found else 0


@settings(max_examples=600, deadline=None)
@given(
    rows=st.dictionaries(st.integers(-15, 50), st.integers(2, 9), min_size=1, max_size=15),
    taken=st.frozensets(st.integers(3, 70), max_size=30),
)
def test_never_under_the_plan_on_free_distinct_minutes(rows, taken):
    rows = sorted(rows.items())
    actions = made(rows, taken=frozenset(minute(t) for t in taken))
    starts = [a.start for a in actions]
    assert len(set(starts)) == len(starts)
    assert starts == sorted(starts)
    assert not set(starts) & {minute(t) for t in taken}
    assert all(s >= NOW + timedelta(minutes=2) for s in starts)
    assert len(actions) <= len(rows) + 1
    assert actions[-1].min_size == 2
    plan = [(minute(m), size) for m, size in rows]
    have = [(a.start, a.min_size) for a in actions]
    blocked = max(taken, default=0) + 5  # a crowded start may leave no earlier free minute
    first_free = next(m for m in range(3, 90) if m not in taken)
    for m in range(max(first_free, 3), 60):
        if m >= blocked or not taken:
            assert in_force(have, minute(m)) >= in_force(plan, minute(m))


def test_rises_come_early_by_the_slack_and_falls_do_not():
    actions = made([(-5, 3), (20, 8), (40, 4)])
    assert [(a.start, a.min_size) for a in actions] == [
        (minute(3), 3), (minute(18), 8), (minute(40), 4), (minute(60), 2),
    ]  # fmt: skip
    assert actions[1].reason.startswith("rise")
    assert "end of plan" in actions[-1].reason


def test_a_fall_that_the_next_rise_overtakes_is_left_out():
    actions = made([(-5, 3), (10, 9), (20, 4), (21, 9)])
    assert [a.min_size for a in actions] == [3, 9, 2]


def test_a_rise_that_comes_early_does_not_cut_a_higher_step_short():
    actions = made([(0, 4), (4, 2), (5, 3)])
    assert [(a.start, a.min_size) for a in actions] == [
        (minute(3), 4), (minute(4), 3), (minute(60), 2),
    ]  # fmt: skip


def test_a_taken_minute_moves_rises_earlier_and_falls_later():
    taken = frozenset({minute(18), minute(17), minute(40), minute(60)})
    actions = made([(-5, 3), (20, 8), (40, 4)], taken=taken)
    assert [a.start for a in actions] == [minute(3), minute(16), minute(41), minute(61)]


def test_desired_goes_with_the_floor_only_when_asked():
    assert {a.desired_capacity for a in made([(0, 3)])} == {None}
    assert [a.desired_capacity for a in made([(0, 3)], set_desired=True)] == [3, 2]


def test_a_plan_that_ends_before_it_could_start_still_returns_to_the_floor():
    [action] = made([(-30, 9)], end=1)
    assert (action.start, action.min_size) == (minute(3), 2)
