"""Many tiers forecast in one call: as each would be alone, and one that fails, fails alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.config import parse_config
from foresail.errors import InputError
from foresail.forecast import api
from foresail.pipeline import tiers
from foresail.pipeline.forecasting import Asked, forecast_each, forecast_one

NOW = datetime(2026, 11, 20, 15, 3, tzinfo=UTC)
LEVELS = (0.1, 0.5, 0.9, 0.95)


def service(name, zone="UTC", calendar=()):
    demand = {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"}
    target = {"type": "ec2-auto-scaling-group", "name": name}
    tier = {"name": "web", "target": target, "demand": demand, "max": 9,
            "unit_capacity": "9 requests/s"}  # fmt: skip
    return {"name": name, "timezone": zone, "calendar": list(calendar), "tiers": [tier]}


def tiers_of(*services):
    return tiers(parse_config({"services": list(services)}, source="test"))


def demand(tier, days=9.0, period="5min", series="RequestCount", seed=0):
    times = pd.date_range(end="2026-11-20T15:00Z", periods=round(days * 288), freq=period)[:-1]
    hours = np.arange(len(times)) / 12
    noise = np.random.default_rng(seed).normal(0, 20, len(times))
    value = 300 + 200 * np.cos(2 * np.pi * hours / 24 + seed) + noise
    return pd.DataFrame({"series": f"{tier.name}/{series}", "timestamp": times,
                         "value": np.maximum(value, 0), "censored": False})  # fmt: skip


def asked(tier, frame, at=NOW, levels=LEVELS):
    return Asked(tier, frame, timedelta(hours=24), levels, at)


@pytest.fixture
def fleet():
    """Six tiers of several zones, calendars and periods; the last has two series."""
    zones = ["UTC", "Asia/Tokyo", "America/New_York", "UTC", "UTC", "UTC"]
    calendars = [(), (), (), ("US",), (), ()]
    made = tiers_of(*(service(f"s{n}", zones[n], calendars[n]) for n in range(6)))
    wanted = [asked(tier, demand(tier, seed=n)) for n, tier in enumerate(made)]
    wanted[4] = asked(made[4], demand(made[4], days=3, period="15min"))
    twice = [demand(made[5], seed=8), demand(made[5], seed=9, series="Errors")]
    wanted[5] = asked(made[5], pd.concat(twice, ignore_index=True))
    return wanted


@pytest.fixture
def calls(monkeypatch):
    made, real = [], api.forecast_series

    def count(history, **options):
        made.append(history["series"].nunique())
        return real(history, **options)

    monkeypatch.setattr(api, "forecast_series", count)
    return made


def test_each_forecast_is_what_it_would_be_alone(fleet, calls):
    together = forecast_each(fleet)
    assert calls == [5, 1, 1]  # five series at 5 min without a calendar; that with one; 15 min
    for one, found in zip(fleet, together, strict=True):
        alone = forecast_one(one)
        for name in ("frame", "details", "learned"):
            expected, got = getattr(alone, name), getattr(found, name)
            pd.testing.assert_frame_equal(got, expected, rtol=1e-9, check_dtype=len(expected) > 0)
        assert found.period == alone.period


def test_other_origins_and_levels_are_other_calls(fleet, calls):
    early = replace(fleet[0], at=NOW - timedelta(hours=1))
    fewer = replace(fleet[2], levels=(0.5,))
    forecast_each([early, fleet[1], fewer])
    assert calls == [1, 1, 1]


def test_too_little_history_fails_alone_and_in_its_own_words(fleet, calls):
    short = asked(fleet[1].tier, demand(fleet[1].tier, days=0.5))
    found = forecast_each([fleet[0], short, fleet[2]])
    assert [isinstance(one, InputError) for one in found] == [False, True, False]
    with pytest.raises(InputError) as alone:
        forecast_one(short)
    assert str(found[1]) == str(alone.value)
    assert calls[0] == 3


def test_a_forecaster_that_throws_on_one_fails_one(fleet, monkeypatch):
    real, bad = api.forecast_series, fleet[2].tier.name

    def throw(history, **options):
        if history["series"].str.startswith(bad).any():
            raise FloatingPointError("overflow")
        return real(history, **options)

    monkeypatch.setattr(api, "forecast_series", throw)
    found = forecast_each(fleet)
    assert isinstance(found[2], FloatingPointError)
    assert not any(isinstance(one, Exception) for one in [*found[:2], *found[3:]])


def test_a_forecast_that_is_no_number_fails(fleet, monkeypatch):
    real, bad = api.forecast_series, fleet[1].tier.name

    def spoil(history, **options):
        made = real(history, **options)
        spoilt = made.frame["series"].str.startswith(bad)
        return replace(made, frame=made.frame.assign(**{
            "q0.9": made.frame["q0.9"].mask(spoilt & (made.frame.index % 7 == 3))}))  # fmt: skip

    monkeypatch.setattr(api, "forecast_series", spoil)
    found = forecast_each(fleet[:3])
    assert [isinstance(one, InputError) for one in found] == [False, True, False]
    assert "s1/web: its forecast is not a number everywhere" in str(found[1])


def test_demand_without_a_period_fails_alone(fleet):
    single = asked(fleet[1].tier, fleet[1].demand.iloc[:1])
    found = forecast_each([fleet[0], single])
    assert not isinstance(found[0], Exception)
    assert "single observation" in str(found[1])
