"""Forecasts corrected by what runs ahead: better where there is a lead, untouched elsewhere."""

from __future__ import annotations

from datetime import timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest

from foresail.forecast.leading import check_leading, judged_from, past_origins, with_leading
from foresail.forecast.losses import pinball
from foresail.forecast.rolling import rolling_forecasts

FIVE = timedelta(minutes=5)
DAY, LEAD = 288, 18
LEVELS = (0.1, 0.5, 0.9)
COUNT = 15 * DAY


def season(steps):
    return (1 - 0.7 * np.cos(steps * 2 * np.pi / DAY)) * np.where(steps // DAY % 7 >= 5, 0.6, 1.0)


def frame(name, values):
    times = pd.date_range("2026-11-02", periods=len(values), freq="5min", tz="UTC", unit="us")
    return pd.DataFrame({"series": name, "timestamp": times, "value": values})


def shop(seed=0):
    """Orders follow sign-ups by 90 minutes; a day more than is known to the forecast."""
    rng = np.random.default_rng(seed)
    count = COUNT + DAY
    mood = rng.normal(0, 0.17, count + LEAD)
    for at in range(1, count + LEAD):
        mood[at] += 0.92 * mood[at - 1]
    steps = np.arange(count + LEAD)
    sign_ups = rng.poisson(200 * season(steps) * np.exp(mood)).astype(float)
    noise = rng.lognormal(0, 0.05, count)
    orders = 500 * season(steps[LEAD:]) * np.exp(0.9 * mood[:count]) * noise
    return frame("shop/orders", orders), frame("SignUps", sign_ups[LEAD:])


def past_of(demand, asked=None):
    """Forecasts at past origins; notes which were asked for."""

    made = cache(lambda lead, origins: rolling_forecasts(demand, list(origins), lead, LEVELS))

    def past(series, lead, origins):
        if asked is not None:
            asked.append((series, lead, origins))
        return made(lead, tuple(origins))

    return past


def ahead(demand, hours="4h"):
    end = demand["timestamp"].iloc[-1] + FIVE
    return rolling_forecasts(demand, [end], hours, LEVELS).drop(columns="origin")


def loss(forecast, actual, steps):
    some = forecast.iloc[:steps]
    real = actual.set_index("timestamp")["value"].loc[some["timestamp"]].to_numpy()
    return sum(pinball(real, some[f"q{q:g}"].to_numpy(), q).sum() for q in LEVELS)


@pytest.fixture(scope="module")
def made():
    orders, sign_ups = shop()
    known = orders.iloc[:COUNT]
    plain = ahead(known)
    asked = []
    corrected, told = with_leading(plain, known, sign_ups.iloc[:COUNT], past_of(known, asked), FIVE)
    return orders, plain, corrected, told, asked


def test_the_lead_is_found_and_the_past_says_that_it_helps(made):
    _, _, _, [one], asked = made
    assert one.used
    assert abs(one.lead.periods - LEAD) <= 1
    assert one.pinball_ratio < 0.75
    assert one.explained > 0.5
    [(series, lead, _)] = asked
    assert (series, lead) == ("shop/orders", one.lead.lead)


def test_the_lead_is_not_found_on_what_judges_it(made):
    orders, _, _, [one], [(_, _, origins)] = made
    known, led = orders.iloc[:COUNT], shop()[1].iloc[:COUNT]
    cut = judged_from(known, led, FIVE)
    assert min(origins) >= cut
    assert cut - known["timestamp"].iloc[0] >= timedelta(days=7)
    late = led["timestamp"] >= cut
    other = led.assign(value=led["value"].where(~late, shop(seed=77)[1]["value"]))
    [same] = check_leading(known, other, past_of(known), FIVE)
    assert same.lead == one.lead  # what came later has no say in it
    assert not same.used  # but it judges
    late_only = led.assign(value=led["value"].where(late, shop(seed=77)[1]["value"]))
    [unfound] = check_leading(known, late_only, past_of(known), FIVE)
    assert not unfound.lead.found


def test_a_history_too_short_to_find_and_to_judge_is_told_without_forecasts():
    orders, sign_ups = (one.iloc[: 8 * DAY] for one in shop())
    asked = []
    [one] = check_leading(orders, sign_ups, past_of(orders, asked), FIVE)
    assert (one.used, asked) == (False, [])
    assert "too few past forecasts" in one.reason


def test_the_pinball_loss_is_clearly_lower_within_the_lead():
    before, after = 0.0, 0.0
    orders, sign_ups = shop()
    past = past_of(orders.iloc[:COUNT])
    for later in (0, 60, 120, 200):  # the past that it is checked on stays what it was
        known, led = orders.iloc[: COUNT + later], sign_ups.iloc[: COUNT + later]
        plain = ahead(known, "2h")
        corrected, _ = with_leading(plain, known, led, past, FIVE)
        before += loss(plain, orders, LEAD)
        after += loss(corrected, orders, LEAD)
    assert after < 0.8 * before


def test_only_the_lead_is_corrected_and_quantiles_stay_in_order(made):
    _, plain, corrected, [one], _ = made
    assert list(corrected.columns) == list(plain.columns)
    pd.testing.assert_frame_equal(
        corrected.iloc[one.lead.periods :], plain.iloc[one.lead.periods :]
    )
    inside = corrected.iloc[: one.lead.periods]
    assert not np.allclose(inside["q0.5"], plain["q0.5"].iloc[: one.lead.periods])
    assert (inside["q0.1"] <= inside["q0.5"]).all() and (inside["q0.5"] <= inside["q0.9"]).all()
    factor = inside["q0.9"] / plain["q0.9"].iloc[: one.lead.periods]
    assert factor.between(1 / 3, 3).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_changes_nothing_and_asks_for_no_past(seed):
    orders = shop()[0].iloc[:COUNT]
    others = shop(seed=seed + 50)[1].iloc[:COUNT]
    asked = []
    plain = ahead(orders)
    same, [one] = with_leading(plain, orders, others, past_of(orders, asked), FIVE)
    pd.testing.assert_frame_equal(same, plain)
    assert (one.used, asked) == (False, [])


def test_a_lead_that_did_not_help_past_forecasts_is_switched_off():
    orders, sign_ups = (one.iloc[:COUNT] for one in shop())
    perfect = orders.set_index("timestamp")["value"]

    def past(series, lead, origins):
        found = past_of(orders)(series, lead, origins)
        for level in LEVELS:  # forecasts that knew what came
            found[f"q{level:g}"] = perfect.reindex(found["timestamp"]).to_numpy()
        return found

    plain = ahead(orders)
    same, [one] = with_leading(plain, orders, sign_ups, past, FIVE)
    pd.testing.assert_frame_equal(same, plain)
    assert one.lead.found and not one.used
    assert "of the loss with it" in one.reason


def test_of_two_metrics_the_one_that_helps_more_is_used():
    orders, sign_ups = (one.iloc[:COUNT] for one in shop())
    rng = np.random.default_rng(9)
    blurred = sign_ups.assign(
        series="Visits", value=sign_ups["value"] * rng.lognormal(0, 0.4, len(sign_ups))
    )
    both = pd.concat([blurred, sign_ups])
    told = check_leading(orders, both, past_of(orders), FIVE)
    assert {one.leading: one.used for one in told} == {"Visits": False, "SignUps": True}


def test_few_past_forecasts_are_told():
    orders, sign_ups = (one.iloc[:COUNT] for one in shop())

    def past(series, lead, origins):
        return (
            past_of(orders)(series, lead, origins)
            .groupby("origin")
            .filter(lambda g: g.name.hour == 3)
        )

    [one] = check_leading(orders, sign_ups, past, FIVE)
    assert not one.used
    assert "too few past forecasts" in one.reason


def test_origins_are_on_the_grid_and_never_more_than_72():
    first, end = pd.Timestamp("2026-11-02T00:05Z"), pd.Timestamp("2026-11-17T00:00Z")
    for minutes in (5, 90, 700):
        lead = timedelta(minutes=minutes)
        found = past_origins(first, end, lead, FIVE)
        assert found == sorted(found)
        assert 20 <= len(found) <= 73
        assert found[-1] == end - lead and found[0] >= first
        assert all((end - one) % pd.Timedelta(FIVE) == pd.Timedelta(0) for one in found)
    assert past_origins(end, end, timedelta(hours=1), FIVE) == []
