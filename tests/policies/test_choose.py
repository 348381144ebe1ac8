"""Strategies are compared on days that their settings were not chosen on."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.policies.choose import compare, duel
from foresail.replay.case import Rules

RULES = Rules(slo=0.8, boot=timedelta(minutes=15), minimum=2, maximum=60)


def units(days=10, noise=0.03, names=("web/RequestCount",)):
    times = pd.date_range("2026-11-02T00:00Z", periods=days * 96, freq="15min")
    rng = np.random.default_rng(0)
    wave = 20 + 15 * np.sin((times.hour + times.minute / 60 - 9) * np.pi / 12)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "series": name,
                    "timestamp": times,
                    "value": wave * (1 - 0.2 * at) * np.exp(rng.normal(0, noise, len(times))),
                }
            )
            for at, name in enumerate(names)
        ]
    )


@pytest.fixture(scope="module")
def compared():
    return compare(units(), RULES, 0.02)


def test_every_strategy_is_there_and_the_cheapest_that_kept_the_limit_comes_first(compared):
    assert {o.strategy for o in compared.outcomes} == {
        "tracking", "predictive", "scheduled", "hybrid",
    }  # fmt: skip
    kept = [o for o in compared.outcomes if o.kept]
    assert list(compared.outcomes[: len(kept)]) == kept
    assert kept
    costs = [o.scored.unit_hours for o in kept]
    assert costs == sorted(costs)
    assert all(o.scored.under_capacity <= 0.02 for o in kept)


def test_settings_are_chosen_before_they_are_scored(compared):
    assert compared.chosen_from < compared.scored_from < compared.until
    later = units()
    after = later["timestamp"] >= compared.scored_from
    later.loc[after, "value"] *= 3  # what happens later changes no setting
    again = {o.strategy: (o.quantile, o.target) for o in compare(later, RULES, 0.02).outcomes}
    assert again == {o.strategy: (o.quantile, o.target) for o in compared.outcomes}


def test_a_predictive_policy_follows_one_signal_and_is_played_on_all():
    two = compare(units(names=("most", "less")), RULES, 0.02)
    predictive = {o.signal: o for o in two.outcomes if o.strategy == "predictive"}
    assert set(predictive) == {"most", "less"}
    assert predictive["most"].scored != predictive["less"].scored


def test_too_short_a_history_is_told():
    with pytest.raises(InputError, match=r"days of demand are too few"):
        compare(units(days=4), RULES, 0.02)


def test_awss_own_forecast_is_played_beside_foresails_over_the_same_hours():
    demand = units()
    needed = demand.set_index("timestamp")["value"].resample("h").max() / 0.7
    made = {
        share: duel(
            demand, RULES, needed * share, quantile=0.9, target=0.7, buffer=timedelta(minutes=15)
        )
        for share in (0.5, 1.0, 2.0)
    }
    assert made[2.0].aws.unit_hours > 1.4 * made[1.0].aws.unit_hours
    assert made[0.5].aws.under_capacity >= made[1.0].aws.under_capacity
    assert len({one.foresail for one in made.values()}) == 1


@pytest.mark.parametrize("hours", [0, 3])
def test_a_forecast_of_no_hour_that_passed_is_no_duel(hours):
    times = pd.date_range("2027-01-01T00:00Z", periods=hours, freq="h")
    told = pd.Series(1.0, index=times)
    made = duel(units(), RULES, told, quantile=0.9, target=0.7, buffer=timedelta(0))
    assert made is None
