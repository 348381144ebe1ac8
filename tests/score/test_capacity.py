"""Capacity over a window: shortage, waste, and what reactive scaling alone would have done."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.replay.case import Rules
from foresail.score.capacity import (
    ACTUAL,
    ORACLE,
    REACTIVE,
    STATIC,
    Capacity,
    rises,
    score_capacity,
)
from score.sample import PERIOD, SIX, START, times

RULES = Rules(slo=0.8, boot=timedelta(minutes=10), minimum=2, maximum=40)
GRID = times(START, START + SIX)
WHOLE = times(START - timedelta(hours=3), START + SIX)


def scored(busy, units, planned=None, rules=RULES):
    busy = pd.Series(busy, index=WHOLE) if np.ndim(busy) else pd.Series(float(busy), index=WHOLE)
    units = pd.Series(units, index=GRID, dtype=float)
    planned = pd.Series(2.0 if planned is None else planned, index=GRID)
    return score_capacity(busy, units, planned, rules, 0.7, PERIOD)


def jump():
    """Four units of work, and twenty from the third hour of the window on."""
    return np.where(START + timedelta(hours=3) <= WHOLE, 20.0, 4.0)


def test_what_was_there_in_time_is_neither_short_nor_more_than_needed():
    made = scored(4.0, 5)
    assert made.usage[ACTUAL].short_minutes == 0
    assert made.usage[ACTUAL].unit_hours == pytest.approx(30)
    assert made.usage[ORACLE].unit_hours == pytest.approx(30)
    assert made.usage[STATIC].unit_hours == pytest.approx(240)
    assert made.usage[ACTUAL].idle == 0
    assert made.work == pytest.approx(24)
    assert made.utilization == pytest.approx(0.8)


def test_shortage_is_counted_in_minutes_and_in_demand():
    made = scored(jump(), np.where(START + timedelta(hours=4) <= GRID, 25, 5))
    assert made.usage[ACTUAL].short_minutes == pytest.approx(60)
    assert made.usage[ACTUAL].unserved == pytest.approx(16)  # one hour of 20 - 0.8 x 5
    assert made.short_share() == pytest.approx(1 / 6)
    assert made.unserved_share() == pytest.approx(16 / made.work)
    assert made.peak == 25


def test_reactive_alone_is_late_by_its_boot_on_the_same_demand():
    made = scored(jump(), np.where(START + timedelta(hours=2.5) <= GRID, 25, 5))
    assert made.usage[ACTUAL].short_minutes == 0
    assert 10 <= made.usage[REACTIVE].short_minutes <= 60
    assert made.usage[REACTIVE].unit_hours > made.usage[ORACLE].unit_hours * 0.9


def test_periods_without_units_or_demand_are_left_out():
    units = np.where(START + timedelta(hours=3) > GRID, np.nan, 25)
    made = scored(jump(), units)
    assert made.minutes == 180
    assert made.usage[STATIC].unit_hours == pytest.approx(120)
    assert scored(jump(), np.nan) is None


def test_how_long_a_rise_took_is_timed():
    planned = np.where(START + timedelta(hours=2) <= GRID, 10, 5)
    units = np.where(START + timedelta(hours=2, minutes=10) <= GRID, 10, 5)
    assert scored(4.0, units, planned).raised == (10.0,)
    assert scored(4.0, 5, planned).raised == (None,)
    assert scored(4.0, 12, planned).raised == ()  # there were enough before


LEVEL = st.lists(st.integers(0, 30), min_size=12, max_size=72)


@settings(max_examples=40, deadline=None)
@given(LEVEL, LEVEL)
def test_the_oracle_is_never_short_and_nothing_unshort_is_cheaper(work, units):
    made = scored(np.resize(np.array(work, float), len(WHOLE)), np.resize(units, len(GRID)))
    oracle = made.usage[ORACLE]
    assert oracle.short_minutes == 0 == oracle.idle
    for one in made.usage.values():
        assert 0 <= one.short_minutes <= made.minutes
        assert 0 <= one.unserved <= made.work + 1e-9
        assert one.idle >= one.unit_hours - oracle.unit_hours - 1e-9
        if one.short_minutes == 0:
            assert one.unserved < 1e-9
    assert Capacity.from_json(made.to_json()) == made


@given(st.lists(st.integers(0, 9), min_size=2, max_size=40), st.integers(0, 9))
def test_rises_are_only_where_a_floor_rose_above_what_was_there(planned, units):
    floors = np.array(planned, float)
    found = rises(floors, np.full(len(floors), float(units)), PERIOD)
    expected = sum(b > a and units < b for a, b in pairwise(floors))
    assert found == (None,) * expected
