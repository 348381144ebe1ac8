"""How much higher, for how long, and never beyond what is allowed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import ceil

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresail.urgent.calls import Point
from foresail.urgent.rise import Rise, allowed, promised, raised_bounds, shown, told

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PERIOD = timedelta(minutes=5)
HOURS = timedelta(hours=3)


def flat(start, periods, value):
    times = pd.date_range(start, periods=periods, freq=PERIOD)
    return pd.DataFrame(
        {"series": "s/t/x", "timestamp": times, "q0.5": value, "q0.95": value * 1.2}
    )


def seen(*values):
    times = pd.date_range(NOW - len(values) * PERIOD, periods=len(values), freq=PERIOD)
    return pd.DataFrame({"series": "s/t/x", "timestamp": times, "value": values})


def test_all_of_the_last_periods_have_to_lie_above():
    forecast = flat(NOW - timedelta(hours=1), 60, 100.0)
    ahead = forecast[forecast["timestamp"] >= NOW]
    rise = shown(ahead, forecast, seen(150.0, 160.0, 155.0), PERIOD, 3)
    assert rise.factor == pytest.approx(1.55)
    assert shown(ahead, forecast, seen(150.0, 110.0, 155.0), PERIOD, 3) is None
    assert shown(ahead, forecast, seen(150.0, 155.0), PERIOD, 3) is None


def test_what_a_newer_forecast_holds_already_is_not_raised_again():
    earlier = flat(NOW - timedelta(hours=1), 60, 100.0)
    ahead = flat(NOW, 40, 150.0)
    assert shown(ahead, earlier, seen(150.0, 150.0, 150.0), PERIOD, 3) is None


def test_a_promise_is_threefold_at_most():
    assert promised(8.0, "sale").factor == 3.0
    assert promised(1.0, "sale") is None


def test_points_are_the_mean_of_their_period():
    points = [
        Point("t", "", NOW + timedelta(minutes=m), v) for m, v in ((0, 1.0), (4, 3.0), (5, 9.0))
    ]
    frame = told(points, "x", PERIOD)
    assert frame["value"].tolist() == [2.0, 9.0]
    assert set(frame["series"]) == {"x"}


def needed(*values):
    times = pd.date_range(NOW - timedelta(hours=1), periods=len(values), freq="1h")
    return pd.Series(values, index=times, dtype=float)


def test_an_excess_halves_every_hour_and_a_promise_holds():
    need = needed(10, 10, 10, 10, 10)
    fading = [b.least for b in raised_bounds(need, Rise(2.0, True, ""), NOW, HOURS, 99)]
    assert fading == [20, 18, 15, 14, 13, 12]
    assert {b.least for b in raised_bounds(need, Rise(2.0, False, ""), NOW, HOURS, 99)} == {20}


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=8),
    st.floats(1.01, 3),
    st.booleans(),
    st.integers(1, 400),
)
def test_bounds_cover_the_window_and_stay_within_what_is_allowed(values, factor, fades, most):
    bounds = raised_bounds(needed(*values), Rise(factor, fades, ""), NOW, HOURS, most)
    assert all(b.least <= most and b.least <= ceil(max(values) * factor) for b in bounds)
    assert all(NOW <= b.start < b.end <= NOW + HOURS for b in bounds)
    assert all(one.end == other.start for one, other in pairwise(bounds))


def test_what_is_allowed_grows_from_the_plans_floor_by_a_share_or_a_unit():
    floors = pd.Series([4.0, 10.0, float("nan")])
    assert (allowed(floors, 0.5, 2), allowed(floors, 0.0, 2), allowed(floors[:0], 1.0, 3)) == (
        15,
        11,
        6,
    )
