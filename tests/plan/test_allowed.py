"""When a fall is allowed again: the first minute that the rule as AWS tells it allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.plan.allowed import Allowed, Past
from foresail.plan.moves import Moves
from foresail.plan.staircase import staircase
from foresail.targets.throughput import FALLS

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def may_fall(falls, minute, free, rest, most):
    """Whether a fall is within the rule, told over the 24 hours before."""
    within = [one for one in falls if minute - 1440 < one]
    rested = not falls or minute - falls[-1] >= rest
    return len(within) < most and (len(within) < free or rested)


@settings(max_examples=200, deadline=None)
@given(
    gaps=st.lists(st.integers(1, 500), max_size=8),
    free=st.integers(1, 4),
    rest=st.integers(0, 300),
    most=st.integers(1, 6),
)
def test_the_first_minute_of_a_fall_is_that_of_brute_force(gaps, free, rest, most):
    moves = Moves(falls_per_day=most, free_falls=free, fall_rest=timedelta(minutes=rest))
    allowed, past, falls, minute = Allowed(moves), Past(), [], 0
    for gap in gaps:
        minute += gap
        if not may_fall(falls, minute, free, rest, most):
            continue
        past, falls = allowed.after(past, minute, falling=True), [*falls, minute]
    now = falls[-1] + 1 if falls else 0
    first = next(m for m in range(now, now + 3000) if may_fall(falls, m, free, rest, most))
    assert max(allowed.free_at(past, falling=True) or 0, now) == first


def fell(levels, minutes):
    """Falls of DynamoDB's capacity where a need steps down again and again."""
    starts = [pd.Timestamp(START + timedelta(minutes=m)) for m in minutes]
    steps = pd.DataFrame({"start": starts, "capacity": levels})
    made = staircase(
        steps, start=START, end=START + 24 * HOUR, floor=1, current=levels[0], moves=FALLS
    )
    rows = list(zip(made.steps["start"], made.steps["capacity"], strict=True))
    return [when for (_, a), (when, b) in pairwise(rows) if b < a], made


def test_after_four_falls_each_waits_for_an_hour():
    levels = list(range(400, 10, -10))
    falls, made = fell(levels, [20 * n for n in range(len(levels))])
    assert len(falls) > 6
    later = [b - a for a, b in pairwise(falls[3:])]
    assert later
    assert min(later) >= HOUR
    assert falls[3] - falls[0] < 3 * HOUR  # the first four are free
    assert made.warnings == ()


def test_a_fall_an_hour_goes_on_all_day_up_to_27():
    hours = list(range(24))
    falls, _ = fell([100 - h for h in hours], [60 * h for h in hours])
    assert len(falls) >= 23
    assert len(falls) <= 27
