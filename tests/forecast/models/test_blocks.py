"""A chosen model through the whole forecast: periods, time zones, calendar, censored, reasons."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.forecast.api import forecast_series
from foresail.forecast.models import models

START = pd.Timestamp("2026-10-12T00:00Z")


def history(days=14, period="1h", series="web", zone="UTC", seed=0, start=START):
    steps = int(pd.Timedelta(days=days) / pd.Timedelta(period))
    times = pd.date_range(start, periods=steps, freq=period)
    local = times.tz_convert(zone)
    wave = 100 + 60 * np.where((local.hour >= 9) & (local.hour < 18), 1.0, 0.0)
    noise = np.random.default_rng(seed).normal(0, 3, steps)
    return pd.DataFrame({"series": series, "timestamp": times, "value": wave + noise})


@pytest.mark.parametrize("name", models())
def test_the_frame_is_as_promised(name):
    made = forecast_series(history(), "36h", (0.5, 0.9), model=name)
    assert list(made.frame.columns) == ["series", "timestamp", "q0.5", "q0.9"]
    assert len(made.frame) == 36
    assert (made.frame["q0.5"] <= made.frame["q0.9"]).all()
    if name != "mixture":
        assert made.details.loc[0, "model"] == name
    assert 0 < made.details.loc[0, "trust"] <= 1
    day = made.frame["timestamp"].dt.hour.between(10, 16)
    assert made.frame.loc[day, "q0.5"].min() > made.frame.loc[~day, "q0.5"].min() + 30


@pytest.mark.parametrize("name", ["seasonal-naive-day", "ridge", "gradient-boosting"])
@pytest.mark.parametrize("period", ["15min", "6h"])
def test_it_forecasts_at_its_own_period(name, period):
    made = forecast_series(history(period=period), "24h", (0.1, 0.5, 0.9), model=name).frame
    assert len(made) == pd.Timedelta("24h") / pd.Timedelta(period)
    assert np.isfinite(made[["q0.1", "q0.5", "q0.9"]].to_numpy()).all()
    assert (made["q0.1"] <= made["q0.9"]).all()
    assert made["q0.5"].max() > made["q0.5"].min() + 20


@pytest.mark.parametrize("name", ["holt-winters", "mstl-ets", "harmonic-arma"])
def test_nine_stays_nine_when_the_clocks_change(name):
    zone = "Europe/Berlin"  # clocks went back on 25 October 2026
    past = history(zone=zone, start=pd.Timestamp("2026-10-11T22:00Z"))
    made = forecast_series(past, "48h", (0.5,), model=name, timezone=zone).frame
    busy = made["timestamp"].dt.tz_convert(zone).dt.hour.between(10, 16)
    quiet = made["timestamp"].dt.tz_convert(zone).dt.hour.isin([0, 1, 2, 3, 4, 5, 20, 21, 22])
    assert made.loc[busy, "q0.5"].min() > 135
    assert made.loc[quiet, "q0.5"].max() < 125


def test_a_series_that_cannot_be_fitted_says_why_and_spoils_no_other():
    flat = history(series="flat").assign(value=5.0)
    made = forecast_series(pd.concat([history(), flat]), "24h", model="mstl-ets")
    said = made.details.set_index("series")["model"]
    assert said["web"] == "mstl-ets"
    assert said["flat"] == "seasonal-naive-day (mstl-ets: the series is constant)"
    alone = forecast_series(history(), "24h", model="mstl-ets")
    mine = made.frame[made.frame["series"] == "web"].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, alone.frame)
    np.testing.assert_allclose(made.frame.loc[made.frame["series"] == "flat", "q0.5"], 5.0)


def test_the_calendar_and_hidden_demand_count_for_any_model():
    past = history().assign(censored=False)
    past.loc[past.index[-20:], "censored"] = True
    event = pd.DataFrame(
        {
            "name": ["sale"],
            "start": [START + pd.Timedelta(days=14)],
            "end": [START + pd.Timedelta(days=15)],
            "uplift": [2.0],
        }
    )
    plain = forecast_series(past, "24h", model="ridge").frame["q0.5"]
    sale = forecast_series(past, "24h", model="ridge", calendar=event).frame["q0.5"]
    np.testing.assert_allclose(sale, 2 * plain, rtol=0.02)


def test_an_origin_knows_nothing_of_what_came_after_it():
    whole = history(days=14)
    later = whole["timestamp"] >= START + pd.Timedelta(days=12)
    spoiled = whole.assign(value=whole["value"].where(~later, 9999.0))
    first, second = (
        forecast_series(frame, "24h", model="mstl-ets", at=START + pd.Timedelta(days=12)).frame
        for frame in (whole, spoiled)
    )
    pd.testing.assert_frame_equal(first, second)


def test_an_unknown_model_is_bad_input():
    with pytest.raises(InputError, match="no model 'prophet'"):
        forecast_series(history(), model="prophet")
