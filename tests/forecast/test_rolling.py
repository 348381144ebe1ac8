"""Forecasts at many origins: the same as one at a time, and blind to what comes after."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.forecast.api import forecast_series
from foresail.forecast.rolling import rolling_forecasts

LEVELS = ["q0.5", "q0.9", "q0.95"]


def history(start="2026-10-01T00:00Z", days=40, period="1h", series="web", seed=0):
    times = pd.date_range(
        start, periods=int(days * pd.Timedelta("1D") / pd.Timedelta(period)), freq=period
    )
    rng = np.random.default_rng(seed)
    wave = 100 + 60 * np.sin((times.hour + times.minute / 60 - 9) * np.pi / 12)
    values = np.maximum(
        wave * (0.7 + 0.3 * (times.day_of_week < 5)) + rng.normal(0, 6, len(times)), 0
    )
    return pd.DataFrame({"series": series, "timestamp": times, "value": values})


@pytest.mark.parametrize(
    ("zone", "period"), [("UTC", "1h"), ("Europe/Berlin", "30min"), ("Asia/Kolkata", "1h")]
)
def test_each_origin_is_as_if_alone(zone, period):
    past = history(period=period)
    origins = pd.date_range("2026-10-12T05:00Z", "2026-11-08T00:00Z", freq="53h")
    rolled = rolling_forecasts(past, origins, "24h", timezone=zone)
    assert list(rolled["origin"].unique()) == list(origins)
    for origin in origins:
        alone = forecast_series(past, "24h", at=origin, timezone=zone).frame
        mine = rolled[rolled["origin"] == origin]
        assert (mine["timestamp"].to_numpy() == alone["timestamp"].to_numpy()).all()
        np.testing.assert_allclose(mine[LEVELS], alone[LEVELS], rtol=1e-9)


def test_many_series_keep_apart():
    both = pd.concat([history(), history(series="api", seed=4)], ignore_index=True)
    origins = pd.date_range("2026-10-15T00:00Z", periods=3, freq="2D")
    rolled = rolling_forecasts(both, origins, "6h")
    alone = rolling_forecasts(history(series="api", seed=4), origins, "6h")
    mine = rolled[rolled["series"] == "api"].reset_index(drop=True)
    np.testing.assert_allclose(mine[LEVELS], alone[LEVELS], rtol=1e-9)


def test_what_comes_after_an_origin_changes_nothing():
    past = history()
    origin = pd.Timestamp("2026-10-20T07:00Z")
    spoiled = past.assign(value=past["value"].where(past["timestamp"] < origin, 1e6))
    first, second = (rolling_forecasts(frame, [origin], "48h") for frame in (past, spoiled))
    pd.testing.assert_frame_equal(first, second)


def test_a_calendar_is_learned_at_each_origin():
    past = history(days=50)
    busy = past["timestamp"].dt.date.isin([pd.Timestamp("2026-10-14").date()])
    past = past.assign(value=past["value"].where(~busy, past["value"] * 2))
    events = pd.DataFrame(
        {
            "name": ["sale", "sale"],
            "start": ["2026-10-14", "2026-11-11"],
            "end": ["2026-10-14", "2026-11-11"],
        }
    )
    origins = pd.DatetimeIndex(["2026-11-10T20:00Z"])
    with_sale = rolling_forecasts(past, origins, "24h", calendar=events)
    without = rolling_forecasts(past, origins, "24h")
    on_the_day = with_sale["timestamp"].dt.date == pd.Timestamp("2026-11-11").date()
    ratio = (with_sale["q0.5"] / without["q0.5"])[on_the_day]
    assert ratio.mean() > 1.3


def test_origins_without_history_are_left_out_and_none_is_an_error():
    past = history()
    early, late = past["timestamp"].min() + pd.Timedelta("1D"), pd.Timestamp("2026-10-20T00:00Z")
    assert list(rolling_forecasts(past, [early, late], "2h")["origin"].unique()) == [late]
    with pytest.raises(InputError, match="no origin has two days"):
        rolling_forecasts(past, [early], "2h")
    with pytest.raises(InputError, match="no time zone"):
        rolling_forecasts(past, pd.DatetimeIndex(["2026-10-20"]), "2h")
