import numpy as np
import pandas as pd
import pytest

from foresail.coordination.ratio import measure_ratios


def day(periods=600, seed=1):
    rng = np.random.default_rng(seed)
    times = pd.date_range("2026-11-02", periods=periods, freq="5min", tz="UTC")
    level = 10 + 5 * np.sin(np.arange(periods) / 288 * 2 * np.pi) + rng.normal(0, 0.5, periods)
    return pd.Series(level, index=times), rng


def test_a_known_ratio_is_found_and_explains():
    web, rng = day()
    below = 0.4 * web * rng.lognormal(0, 0.03, len(web))
    ratios = measure_ratios(pd.DataFrame({"web": web}), below)
    assert ratios.values["web"] == pytest.approx(0.4, rel=0.02)
    assert ratios.explained > 0.95
    assert 1.0 < ratios.spread_at(0.9) < 1.1


def test_two_tiers_above_are_told_apart():
    web, rng = day()
    api = pd.Series(rng.uniform(2, 8, len(web)), index=web.index)
    ratios = measure_ratios(pd.DataFrame({"web": web, "api": api}), 0.4 * web + 1.5 * api)
    assert ratios.values == pytest.approx({"web": 0.4, "api": 1.5}, rel=1e-3)


def test_a_tenth_of_wild_periods_does_not_move_the_ratio():
    web, rng = day()
    below = 0.4 * web
    below[rng.random(len(web)) < 0.1] *= 6
    ratios = measure_ratios(pd.DataFrame({"web": web}), below)
    assert ratios.values["web"] == pytest.approx(0.4, rel=0.02)


def test_a_given_ratio_is_kept_and_the_rest_is_fitted():
    web, rng = day()
    api = pd.Series(rng.uniform(2, 8, len(web)), index=web.index)
    below = 0.4 * web + 1.5 * api
    ratios = measure_ratios(pd.DataFrame({"web": web, "api": api}), below, {"api": 1.5})
    assert ratios.values == pytest.approx({"web": 0.4, "api": 1.5}, rel=1e-3)


def test_noise_explains_nothing():
    web, rng = day()
    below = pd.Series(rng.uniform(1, 20, len(web)), index=web.index)
    assert measure_ratios(pd.DataFrame({"web": web}), below).explained < 0.2


def test_a_ratio_that_moved_in_the_last_third_does_not_explain():
    web, _ = day()
    moved = 0.4 * web * np.where(np.arange(len(web)) > 400, 3.0, 1.0)
    assert measure_ratios(pd.DataFrame({"web": web}), moved).explained < 0


@pytest.mark.parametrize("periods", [0, 47])
def test_too_few_periods_measure_nothing(periods):
    web, _ = day()
    assert measure_ratios(pd.DataFrame({"web": web[:periods]}), 0.4 * web) is None


def test_a_tier_that_does_nothing_measures_nothing():
    web, _ = day()
    assert measure_ratios(pd.DataFrame({"web": web}), 0 * web) is None
    assert measure_ratios(pd.DataFrame({"web": 0 * web}), web) is None
