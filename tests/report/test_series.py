"""Plot data: thinning keeps the extremes, gaps stay gaps, the axis never runs backwards."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.report.series import Axis, band, buckets, regular, runs, staircase

NOW = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
AXIS = Axis(ZoneInfo("America/New_York"), NOW)


def frame(values, freq="5min") -> pd.DataFrame:
    times = pd.date_range(NOW, periods=len(values), freq=freq)
    return pd.DataFrame({"timestamp": times, "value": values})


@given(st.lists(st.floats(0, 1e6), min_size=50, max_size=400), st.integers(5, 40))
@settings(max_examples=30, deadline=None)
def test_thinning_keeps_mean_between_lowest_and_highest(values, most):
    width, thin = buckets(frame(values), most)
    assert width is not None
    assert thin["max"].max() == max(values)
    assert thin["min"].min() == min(values)
    assert (thin["mean"] <= thin["max"] * (1 + 1e-9) + 1e-9).all()
    assert (thin["mean"] >= thin["min"] * (1 - 1e-9) - 1e-9).all()


@given(st.lists(st.booleans(), max_size=60))
def test_runs_cover_exactly_the_flags(flags):
    covered = np.zeros(len(flags), dtype=bool)
    for first, last in runs(flags):
        covered[first:last] = True
    assert covered.tolist() == flags


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_staircase_loses_nothing(sizes):
    log = frame(sizes, "1min")
    points = staircase(log["timestamp"], log["value"], log["timestamp"].iloc[-1], AXIS)
    steps = pd.Series(points["y"], index=pd.to_datetime(points["x"]))
    steps = steps[~steps.index.duplicated(keep="last")]
    at = pd.to_datetime(AXIS.times(log["timestamp"]))
    assert steps.reindex(at, method="ffill").tolist() == sizes


def test_gaps_stay_gaps():
    gappy = frame(np.arange(10.0)).drop(index=[3, 4])
    points = regular(gappy, "value", AXIS)
    assert points["y"][3:5] == [None, None]
    assert points["x0"] == "2026-03-02 06:00:00"
    assert points["dx"] == 300_000
    _, thin = buckets(gappy, 100)
    assert band(thin["min"], thin["max"], AXIS)["x"].count(None) == 1


def test_axis_never_runs_backwards_when_clocks_are_set_back():
    autumn = Axis(ZoneInfo("America/New_York"), datetime(2026, 11, 1, 4, tzinfo=UTC))
    times = autumn.times(pd.date_range("2026-11-01 04:00", periods=12, freq="30min", tz="UTC"))
    assert times == sorted(set(times))
    assert autumn.label == "America/New_York (UTC-04:00)"
    assert autumn.clock_changes(
        datetime(2026, 11, 1, 4, tzinfo=UTC), datetime(2026, 11, 1, 8, tzinfo=UTC)
    )


def test_half_hour_zones_have_their_sign():
    assert Axis(ZoneInfo("Asia/Kolkata"), NOW).label == "Asia/Kolkata (UTC+05:30)"
    assert Axis(ZoneInfo("America/St_Johns"), NOW).label == "America/St_Johns (UTC-03:30)"
