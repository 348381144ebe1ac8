"""A forecast value taken apart: the parts sum to it and say what they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.forecast.api import forecast_series
from foresail.forecast.explain import explain, explanations


def history(days=21, seed=0, period="1h"):
    count = int(days * pd.Timedelta("1D") / pd.Timedelta(period))
    times = pd.date_range("2026-11-02T00:00Z", periods=count, freq=period)
    rng = np.random.default_rng(seed)
    hour = times.hour + times.minute / 60
    day = 100 + 50 * np.sin((hour - 9) * np.pi / 12)
    values = day * np.where(times.day_of_week < 5, 1.0, 0.5) + rng.normal(0, 3, count)
    return pd.DataFrame({"series": "web", "timestamp": times, "value": values})


@pytest.mark.parametrize("period", ["5min", "1h"])
@pytest.mark.parametrize("ahead", ["3h", "15h10min", "40h"])
def test_the_parts_sum_to_the_value_that_is_forecast(period, ahead):
    past = history(period=period)
    when = past["timestamp"].max() + pd.Timedelta(ahead)
    told = explain(past, "web", when, quantile=0.9)
    frame = forecast_series(past, "48h", (0.5, 0.9)).frame
    row = frame[frame["timestamp"] <= when].iloc[-1]
    assert told.timestamp == row["timestamp"]
    assert told.value == pytest.approx(row["q0.9"])
    assert told.parts["amount"].sum() == pytest.approx(told.value)


def test_many_times_at_once_are_told_as_each_alone():
    past = history()
    times = [past["timestamp"].max() + pd.Timedelta(hours=hours) for hours in (30, 2, 9)]
    for when, told in zip(times, explanations(past, "web", times), strict=True):
        alone = explain(past, "web", when)
        assert (told.timestamp, told.value) == (alone.timestamp, pytest.approx(alone.value))
        pd.testing.assert_frame_equal(told.parts, alone.parts)
    assert explanations(past, "web", []) == []


def test_peak_hour_and_weekend_show_in_their_parts():
    past = history()  # ends on a Sunday night
    monday = explain(past, "web", "2026-11-23T15:00Z").parts.set_index("part")["amount"]
    assert monday["hour of the day"] > 20
    assert monday["weekday"] > 5
    assert monday["margin"] > 0
    assert monday["calendar"] == 0
    friday = past[past["timestamp"] < "2026-11-21T00:00Z"]
    saturday = explain(friday, "web", "2026-11-21T15:00Z").parts.set_index("part")["amount"]
    assert saturday["weekday"] < -20


def test_an_event_shows_as_calendar_and_the_text_names_each_part():
    events = pd.DataFrame(
        {"name": ["sale"], "start": ["2026-11-23"], "end": ["2026-11-23"], "uplift": [2.0]}
    )
    told = explain(history(), "web", "2026-11-23T15:00Z", calendar=events)
    parts = told.parts.set_index("part")["amount"]
    assert parts["calendar"] > 50
    assert parts.sum() == pytest.approx(told.value)
    assert all(part in str(told) for part in parts.index)


@pytest.mark.parametrize(
    ("series", "when", "says"),
    [
        ("api", "2026-11-23T15:00Z", "no series 'api'"),
        ("web", "2026-11-20T15:00Z", "not ahead"),
        ("web", "2026-11-23T15:00", "no time zone"),
        ("web", "soon", "is no time"),
        ("web", "2030-11-23T15:00Z", "more than 35 days after the origin"),
    ],
)
def test_what_cannot_be_explained_is_said(series, when, says):
    with pytest.raises(InputError, match=says):
        explain(history(), series, when)


@pytest.mark.parametrize("quantile", [-0.1, 0, 1, 3, float("nan")])
def test_a_quantile_that_is_none_is_refused(quantile):
    with pytest.raises(InputError, match=r"not all in \(0, 1\)"):
        explain(history(), "web", "2026-11-23T15:00Z", quantile=quantile)
