"""A week folded and covered: never under the need, within the actions there may be."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.plan.weekly import (
    DAY,
    WEEK,
    Recurring,
    Week,
    fewest_actions,
    folded,
    minute_of_week,
    week_plans,
)

START = pd.Timestamp("2026-11-19T21:10Z")  # a Thursday


def needed(levels, period="60min"):
    starts = pd.date_range(START, periods=len(levels), freq=period)
    frame = {"start": starts, "end": starts + pd.Timedelta(period)}
    return pd.DataFrame({**frame, "needed": levels})


def week_of(hours):
    return folded(needed(hours), timedelta(0))


hours = st.lists(st.integers(0, 9), min_size=4, max_size=4).flatmap(
    lambda levels: st.lists(st.sampled_from(levels), min_size=168, max_size=168)
)


@settings(max_examples=10, deadline=None)
@given(levels=hours, most=st.integers(1, 30))
def test_every_way_covers_the_week_within_the_actions_there_may_be(levels, most):
    week = week_of(levels)
    for plan in week_plans(week, most):
        assert len(plan.actions) <= most
        assert (plan.curve() >= week).all()
        acts = [at for one in plan.actions for at in one.minutes]
        assert len(acts) == len(set(acts))


def test_days_that_are_alike_share_their_actions():
    day = [2] * 8 + [9] * 10 + [2] * 6
    start = (START.hour + 1) % 24  # hours of the day from START on
    levels = [(day * 9)[start - 1 + hour] for hour in range(24 * 8)]
    flat = fewest_actions(week_plans(week_of(levels), 1), 10**6)
    exact = min(week_plans(week_of(levels), 20), key=lambda one: one.unit_hours)
    assert exact.actions == (
        Recurring(tuple(range(7)), 8 * 60 + 10, 9),
        Recurring(tuple(range(7)), 18 * 60 + 10, 2),
    )
    assert [one.capacity for one in flat.actions] == [9]
    assert fewest_actions([exact, flat], exact.unit_hours) == exact
    assert fewest_actions([exact, flat], 1) is None


def test_the_highest_of_the_weeks_counts_and_rises_come_early():
    low = folded(needed([1] * 168 + [5]), timedelta(minutes=2))
    at = minute_of_week(START)
    assert list(low[at - 2 : at + 61]) == [5] * 62 + [1]


def test_less_than_a_week_is_refused():
    with pytest.raises(InputError, match="a forecast of a week"):
        week_of([1] * 167)


def test_steps_from_any_moment_go_on_as_the_week_does():
    week = Week((Recurring((0, 1, 2, 3, 4), 480, 9), Recurring((0, 1, 2, 3, 4), 1080, 3)))
    steps = week.steps(START, START + timedelta(days=7))
    assert list(steps["capacity"]) == [3, 9, 3, 9, 3, 9, 3, 9, 3, 9, 3]
    assert week.at(pd.Timestamp("2026-11-21T12:00Z")) == 3  # Saturday: as Friday ended
    assert week.unit_hours == 5 * 10 * 9 + (168 - 50) * 3


def test_a_floor_that_never_moves_is_set_once_a_day():
    [one] = fewest_actions(week_plans(np.full(WEEK, 4), 10), 10**6).actions
    assert (one.minute, one.capacity, len(one.days)) == (0, 4, 7)
    assert DAY * 7 == WEEK
