"""Leads of one metric over another: found where one was made, and nowhere else."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.demand.deviation import deviations
from foresail.demand.lead import find_lead

FIVE = timedelta(minutes=5)
DAY = 288


def season(steps, weekend=0.6):
    daily = 1 - 0.7 * np.cos(steps * 2 * np.pi / DAY)
    return daily * np.where(steps // DAY % 7 >= 5, weekend, 1.0)


def unusual(count, seed, keep=0.95, spread=0.4):
    """Days that are busier or calmer than usual for some hours: an autoregression."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, spread * np.sqrt(1 - keep**2), count)
    for at in range(1, count):
        noise[at] += keep * noise[at - 1]
    return noise


def shop(days=14, lead=18, seed=0, rate=60.0, share=0.8, keep=0.95):
    """Sign-ups, counted; and orders that follow them by `lead` periods of five minutes."""
    rng = np.random.default_rng(seed + 500)
    count = days * DAY
    steps = np.arange(count + lead)
    mood = unusual(count + lead, seed, keep)
    sign_ups = rng.poisson(rate * season(steps) * np.exp(mood)).astype(float)
    orders = (
        500 * season(steps[lead:]) * np.exp(share * mood[:count]) * rng.lognormal(0, 0.1, count)
    )
    times = pd.date_range("2026-11-02", periods=count, freq="5min", tz="UTC", unit="us")
    return pd.Series(sign_ups[lead:], times), pd.Series(orders, times)


@settings(deadline=None, max_examples=8)
@given(
    lead=st.integers(1, 100),
    seed=st.integers(0, 1000),
    rate=st.sampled_from([40.0, 200.0, 1000.0]),
    keep=st.sampled_from([0.8, 0.95, 0.99]),
)
def test_a_lead_is_found_within_one_period(lead, seed, rate, keep):
    found = find_lead(*shop(lead=lead, seed=seed, rate=rate, keep=keep), FIVE)
    assert abs(found.periods - lead) <= 1
    assert found.lead == found.periods * FIVE
    assert found.p_value < 0.01
    assert found.strength > 0.3


def test_orders_that_follow_sign_ups_by_90_minutes():
    found = find_lead(*shop(), FIVE)
    assert (found.periods, found.reason) == (18, "runs ahead by 90 min")


def test_chance_is_seldom_taken_for_a_lead():
    found = [find_lead(shop(seed=s)[0], shop(seed=s + 99)[1], FIVE).found for s in range(20)]
    assert sum(found) <= 1


def test_the_same_season_is_no_lead():
    steps = np.arange(14 * DAY)
    rng = np.random.default_rng(3)
    times = pd.date_range("2026-11-02", periods=len(steps), freq="5min", tz="UTC")
    one = pd.Series(rng.poisson(50 * season(steps + 24)).astype(float), times)
    other = pd.Series(rng.poisson(80 * season(steps)).astype(float), times)
    assert not find_lead(one, other, FIVE).found


def test_what_follows_or_moves_together_does_not_lead():
    sign_ups, orders = shop()
    assert find_lead(orders, sign_ups, FIVE).reason == "no lead: it follows by 90 min"
    assert find_lead(orders, orders * 2, FIVE).reason == "no lead: they move together"


def test_a_lead_beyond_what_is_looked_at_is_not_found():
    assert not find_lead(*shop(lead=60), FIVE, timedelta(hours=2)).found


@pytest.mark.parametrize("kept", [0.9, 0.6])
def test_gaps_do_not_hide_a_lead(kept):
    sign_ups, orders = shop()
    rng = np.random.default_rng(5)
    some = [s[rng.random(len(s)) < kept] for s in (sign_ups, orders)]
    assert abs(find_lead(*some, FIVE).periods - 18) <= 1


def test_a_metric_that_is_demand_itself_only_earlier():
    _, orders = shop()
    earlier = orders.shift(-18).dropna()
    found = find_lead(earlier, orders, FIVE)
    assert (found.periods, found.p_value) == (18, 0)


@pytest.mark.parametrize(("period", "lead"), [("1min", 45), ("15min", 6), ("1h", 3)])
def test_other_periods_do_as_well(period, lead):
    length = pd.Timedelta(period).to_pytimedelta()
    day = timedelta(days=1) // length
    rng = np.random.default_rng(2)
    count = 14 * day
    mood = unusual(count + lead, 2, keep=0.9)
    wave = 1 - 0.7 * np.cos(np.arange(count + lead) * 2 * np.pi / day)
    times = pd.date_range("2026-11-02", periods=count, freq=period, tz="UTC")
    ahead = pd.Series((wave * np.exp(mood))[lead:] * rng.lognormal(0, 0.1, count), times)
    after = pd.Series(wave[lead:] * np.exp(mood[:count]) * rng.lognormal(0, 0.1, count), times)
    assert find_lead(ahead, after, length).lead == lead * length


def test_too_little_is_told():
    sign_ups, orders = shop(days=4)
    assert "fewer than 4 days" in find_lead(sign_ups, orders, FIVE).reason
    empty = orders.iloc[:0]
    few = pd.Series(1.0, pd.date_range("2026-11-02", periods=30, freq="12h", tz="UTC"))
    assert "60 periods" in find_lead(few, few, timedelta(hours=12)).reason
    minute = timedelta(minutes=1)
    assert "within is shorter than a period" in find_lead(*shop(), FIVE, minute).reason
    assert "fewer than 4 days" in find_lead(empty, orders, FIVE).reason
    long = shop(days=14)[1]
    flat = pd.Series(1.0, long.index)
    assert "never leaves" in find_lead(flat, long, FIVE).reason


def test_what_is_usual_is_known_only_from_the_days_before():
    _, orders = shop()
    whole = deviations(orders, FIVE)
    for days in (6, 10):
        early = deviations(orders.iloc[: days * DAY + 100], FIVE)
        pd.testing.assert_series_equal(early, whole.loc[early.index], check_freq=False)


def test_a_usual_course_is_not_unusual_at_any_level_and_a_busy_hour_is():
    steps = np.arange(14 * DAY)
    times = pd.date_range("2026-11-02", periods=len(steps), freq="5min", tz="UTC")
    calm = pd.Series(season(steps, weekend=1.0) * 70, times)
    found = deviations(calm, FIVE).dropna()
    assert len(found) > 9 * DAY
    assert found.abs().max() < 0.05
    busy = calm.copy()
    busy.iloc[-12:] *= 2
    assert deviations(busy, FIVE).iloc[-12:].min() > 0.5
