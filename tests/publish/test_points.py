"""Which points of a forecast are due: at most two hours ahead, none older than a day."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.publish.points import due_points
from publish.sample import NOW, forecast, hours


def named(points, metric, **dimensions):
    wanted = set(dimensions.items())
    return [p for p in points if p.metric == metric and wanted <= set(p.dimensions)]


def test_a_point_for_each_quantile_and_the_plan_up_to_two_hours_ahead():
    points = due_points(forecast(), NOW)
    high = named(points, "ForecastDemand", Quantile="0.95", Signal="RequestCount", Tier="web")
    assert [p.time for p in high] == [NOW.replace(minute=5 * n) for n in range(12)] + [
        NOW.replace(hour=13, minute=5 * n) for n in range(12)
    ] + [NOW.replace(hour=14, minute=0)]
    assert {p.value for p in high} == {130.0, 260.0, 390.0}
    for metric in ("PlannedFloor", "NeededUnits"):
        [first, *_] = named(points, metric)
        assert (first.dimensions, first.value) == ((("Service", "shop"), ("Tier", "web")), 2.0)


@settings(deadline=None, max_examples=30)
@given(later=st.integers(0, 20 * 24 * 60))
def test_no_point_lies_where_cloudwatch_refuses_it(later):
    now = NOW + timedelta(minutes=later)
    points = due_points(forecast(hours=30 * 24), now)
    assert all(now - timedelta(days=1) < p.time <= now + hours(2) for p in points)
    assert len(named(points, "ForecastAgeHours")) == 1


def test_trust_and_age_are_told_at_this_minute():
    points = due_points(forecast(made=NOW - hours(5)), NOW + timedelta(seconds=40))
    [age], [trust] = named(points, "ForecastAgeHours"), named(points, "ForecastTrust")
    assert (age.time, trust.time) == (NOW, NOW)
    assert age.value == pytest.approx(5, abs=0.02)
    assert trust.value == 0.9


def test_what_cloudwatch_cannot_store_is_left_out():
    made = forecast(confidence=float("nan"))
    made.frame.loc[3, "q0.9"] = np.nan
    made.frame.loc[4, "q0.5"] = np.inf
    points = due_points(made, NOW)
    assert all(np.isfinite(p.value) for p in points)
    assert not named(points, "ForecastTrust")
    assert len(named(points, "ForecastDemand", Quantile="0.9")) == 24
    assert len(named(points, "ForecastDemand", Quantile="0.1")) == 25


def test_a_forecast_that_ended_still_tells_its_age():
    points = due_points(forecast(made=NOW - hours(72), hours=2), NOW)
    assert not named(points, "ForecastDemand")
    assert named(points, "ForecastAgeHours")[0].value == pytest.approx(72)


def test_two_signals_are_two_metrics_and_the_plan_is_told_once():
    points = due_points(forecast(signals=("Requests", "Logins")), NOW)
    assert len(named(points, "ForecastDemand", Signal="Logins", Quantile="0.5")) == 25
    floors = named(points, "PlannedFloor")
    assert len(floors) == len({p.time for p in floors}) == 25
    assert pd.Index([p.time for p in points]).is_monotonic_increasing
