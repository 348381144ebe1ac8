"""The public forecast: shape, calibration, no leak from the future, odd series, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foresail import forecast
from foresail.errors import InputError
from foresail.forecast.api import forecast_series

START = pd.Timestamp("2026-11-02T00:00Z")


def history(days=14, period="1h", series="web", seed=0, level=100.0, noise=5.0):
    steps = int(pd.Timedelta(days=days) / pd.Timedelta(period))
    times = pd.date_range(START, periods=steps, freq=period)
    rng = np.random.default_rng(seed)
    hour = times.hour + times.minute / 60
    wave = level * (1 + 0.6 * np.sin((hour - 9) * np.pi / 12) + 0.2 * (times.day_of_week >= 5))
    values = np.maximum(wave + rng.normal(0, noise, steps), 0)
    return pd.DataFrame({"series": series, "timestamp": times, "value": values})


@pytest.mark.parametrize("period", ["5min", "30min", "1h"])
def test_the_frame_is_as_promised(period):
    past = history(period=period)
    made = forecast(past, horizon="24h", quantiles=(0.95, 0.5, 0.9))
    assert list(made.columns) == ["series", "timestamp", "q0.5", "q0.9", "q0.95"]
    assert made["timestamp"].iloc[0] == past["timestamp"].iloc[-1] + pd.Timedelta(period)
    assert (made["timestamp"].diff().dropna() == pd.Timedelta(period)).all()
    assert len(made) == pd.Timedelta("24h") / pd.Timedelta(period)
    assert (made["q0.5"] <= made["q0.9"]).all()
    assert (made["q0.9"] <= made["q0.95"]).all()
    assert (made["q0.5"] >= 0).all()


def test_a_season_is_followed_and_the_quantiles_cover():
    whole = history(days=17, seed=3)
    past, future = whole.iloc[: 14 * 24], whole.iloc[14 * 24 : 16 * 24]
    made = forecast(past)
    error = np.abs(made["q0.5"].to_numpy() - future["value"].to_numpy()).mean()
    assert error < 8  # the noise alone makes 4, the naive 5.6 and more over a weekend
    inside = [
        (w.iloc[14 * 24 : 16 * 24]["value"].to_numpy()
         <= forecast(w.iloc[: 14 * 24])["q0.9"].to_numpy()).mean()
        for w in (history(days=17, seed=s) for s in range(8))
    ]  # fmt: skip
    assert 0.82 <= np.mean(inside) <= 0.97


def test_changing_the_future_never_changes_a_forecast_made_before_it():
    whole = history(days=12)
    origin = START + pd.Timedelta(days=10)
    later = whole["timestamp"] >= origin
    spoiled = whole.assign(value=whole["value"].where(~later, 9999.0))
    first, second = (forecast(frame, at=origin) for frame in (whole, spoiled))
    pd.testing.assert_frame_equal(first, second)
    assert first["timestamp"].iloc[0] == origin
    pd.testing.assert_frame_equal(first, forecast(whole[~later]))


def test_the_same_input_gives_the_same_bits():
    assert forecast(history()).equals(forecast(history()))


def test_series_do_not_spoil_each_other():
    odd = history(series="api", level=5.0, noise=0.0).assign(value=0.0)
    both = forecast(pd.concat([history(), odd], ignore_index=True))
    pd.testing.assert_frame_equal(both[both["series"] == "web"], forecast(history()))
    assert (both.loc[both["series"] == "api", "q0.95"] == 0).all()


@pytest.mark.parametrize(
    "odd",
    [
        lambda f: f.assign(value=7.0),
        lambda f: f.assign(value=0.0),
        lambda f: f.iloc[: 2 * 24],
        lambda f: f.drop(index=range(40, 70)),
        lambda f: f.iloc[::3].reset_index(drop=True),
        lambda f: f.assign(value=f["value"] * 1e12),
    ],
)
def test_odd_series_get_finite_quantiles(odd):
    made = forecast(odd(history()))
    assert np.isfinite(made[["q0.5", "q0.9", "q0.95"]].to_numpy()).all()


def test_censored_values_never_pull_the_upper_quantiles_down():
    past = history(seed=5)
    cut = past.assign(value=past["value"].clip(upper=120.0), censored=past["value"] > 120.0)
    known = forecast(cut)["q0.95"]
    ignored = forecast(cut.drop(columns="censored"))["q0.95"]
    assert (known >= ignored - 1e-9).mean() > 0.9


def test_local_time_keeps_its_shape_over_a_dst_change():
    times = pd.date_range("2026-10-18", "2026-11-03", freq="1h", tz="America/New_York")
    busy = pd.Series((times.hour >= 9) & (times.hour < 17)).astype(float) * 100 + 10
    past = pd.DataFrame({"series": "web", "timestamp": times.tz_convert("UTC"), "value": busy})
    before = past[past["timestamp"] < pd.Timestamp("2026-11-01T00:00Z")]
    made = forecast_series(before, timezone="America/New_York").frame
    local = made["timestamp"].dt.tz_convert("America/New_York")
    monday = made[(local.dt.day == 1)].assign(hour=local.dt.hour).groupby("hour")["q0.5"].mean()
    assert monday[10] > 60
    assert monday[7] < 50


def test_trust_is_low_for_noise_and_says_why():
    rng = np.random.default_rng(1)
    noise = history().assign(value=rng.exponential(100, 14 * 24))
    good = forecast_series(history()).details.iloc[0]
    poor = forecast_series(noise).details.iloc[0]
    assert good["trust"] > 0.9 > 0.5 > poor["trust"]
    assert "typical error" in poor["trust_reasons"]
    short = forecast_series(history().iloc[:72]).details.iloc[0]
    assert "only 3.0 days" in short["trust_reasons"]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"horizon": "soon"}, "is not a duration"),
        ({"horizon": "10min"}, "shorter than one period"),
        ({"quantiles": (0.5, 1.0)}, "not all in"),
        ({"quantiles": ()}, "not all in"),
        ({"at": "2026-11-10"}, "no time zone"),
        ({"at": "then"}, "is no time"),
        ({"at": "2020-01-01T00:00Z"}, "no history before"),
        ({"calendar": pd.DataFrame({"day": []})}, "unknown column 'day'"),
    ],
)
def test_bad_parameters_are_named(options, says):
    with pytest.raises(InputError, match=says):
        forecast(history(), **options)


def test_less_than_two_days_is_refused():
    with pytest.raises(InputError, match=r"47\.0 h of history"):
        forecast(history().iloc[:47])


@pytest.mark.parametrize(
    ("name", "origin"),
    [
        ("elb_request_count_8c0756", "2014-04-22T00:00Z"),
        ("nyc_taxi", "2014-09-24T00:00Z"),
        ("nyc_taxi", "2014-10-08T00:00Z"),
    ],
)
def test_a_real_trace_beats_yesterday(trace, name, origin):
    whole = trace(name)
    made = forecast_series(whole, at=origin)
    both = whole.merge(made.frame, on="timestamp")
    lagged = whole.assign(timestamp=whole["timestamp"] + pd.Timedelta("48h"))
    naive = both.merge(lagged, on="timestamp")
    ours = (both["value"] - both["q0.5"]).abs().mean()
    assert ours < (naive["value_x"] - naive["value_y"]).abs().mean()
    assert 0.75 <= (both["value"] <= both["q0.9"]).mean() <= 1.0


@pytest.mark.parametrize("zone", ["Mars/Base", {"web": "Berlin"}])
def test_an_unknown_time_zone_is_named(zone):
    with pytest.raises(InputError, match="is no time zone"):
        forecast_series(history(), timezone=zone)


def test_a_longer_neighbour_changes_nothing():
    both = pd.concat([history(days=28, series="api"), history(days=28).iloc[336:]])
    alone = history(days=28).iloc[336:].reset_index(drop=True)
    made = forecast(both.reset_index(drop=True))
    theirs = made[made["series"] == "web"].reset_index(drop=True)
    pd.testing.assert_frame_equal(theirs, forecast(alone), rtol=1e-9)


def test_a_series_that_begins_after_the_origin_is_named_and_the_others_are_forecast():
    late = history(series="late").iloc[300:]
    origin = START + pd.Timedelta(days=10)
    with pytest.warns(UserWarning, match=r"no forecast of 'late': 0\.0 h of history"):
        made = forecast(pd.concat([history(), late], ignore_index=True), at=origin)
    pd.testing.assert_frame_equal(made, forecast(history(), at=origin), rtol=1e-9)
