"""Demand that stayed on one side of the band that was foreseen for it."""

from __future__ import annotations

import pandas as pd
import pytest

from foresail.publish.surprises import surprises
from publish.sample import NOW, forecast, hours


def measured(rates, before, signal="RequestCount"):
    rows = before.frame[before.frame["signal"] == signal].head(len(rates))
    return rows[["signal", "timestamp"]].assign(value=rates)


def find(rates, *, periods=3):
    before = forecast(made=NOW - hours(0.1))
    return surprises(before, measured(rates, before), quantile=0.95, periods=periods)


def test_above_for_all_of_the_last_periods():
    [one] = find([100, 100, 131, 140, 150, 160])  # the band's edge is at 130
    assert (one.side, one.demand, one.foreseen, one.periods) == ("above", 160, 130, 3)
    assert one.since == NOW.replace(minute=10)
    assert (one.service, one.tier, one.signal) == ("shop", "web", "RequestCount")


def test_below_is_against_the_low_edge():
    [one] = find([100, 79, 60, 10])
    assert (one.side, one.quantile, one.foreseen) == ("below", 0.1, 80)


@pytest.mark.parametrize(
    "rates",
    [
        [131, 140, 130],  # on the edge is inside
        [131, 140, 150, 120],  # came back
        [60, 60, 150],  # both sides
        [150, 150],  # too few yet
        [150, 150, float("nan")],  # one was not measured
    ],
)
def test_anything_else_is_no_surprise(rates):
    assert find(rates) == []


def test_periods_before_the_forecast_was_made_say_nothing():
    before = forecast(made=NOW)
    rows = measured([150] * 4, before)
    rows["timestamp"] = rows["timestamp"] - hours(1)
    assert surprises(before, rows, quantile=0.95, periods=3) == []


def test_each_signal_is_judged_by_its_own_band():
    before = forecast(made=NOW, signals=("A", "B"))
    both = [measured([100] * 4, before, "A"), measured([400] * 4, before, "B")]
    found = surprises(before, pd.concat(both), quantile=0.9, periods=3)
    assert [one.signal for one in found] == ["B"]
