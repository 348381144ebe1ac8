"""Trust: high where the past was forecast well, low with its reasons where not."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from foresail.forecast.engine import Combined, combine
from foresail.forecast.gates import load
from foresail.forecast.origins import Trials, run_trials
from foresail.forecast.trust import Trust, judge
from foresail.forecast.window import Window

HOURS = 14 * 24


def judged(values, days=14.0, missing=0.0):
    values = np.atleast_2d(values)
    window = Window(values, np.zeros(len(values), dtype=int), np.zeros(len(values), dtype=int))
    tried = run_trials(window, 2)
    rows = np.ones(len(values))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return judge(combine(window, tried, load()), tried, days * rows, missing * rows)


def demand(noise=0.03, seed=0):
    rng = np.random.default_rng(seed)
    day = 1 + 0.5 * np.sin(2 * np.pi * np.arange(HOURS) / 24)
    return 100 * day * np.exp(rng.normal(0, noise, HOURS))


def test_a_plain_season_is_trusted():
    trust = judged(demand())
    assert trust.score[0] > 0.95
    assert trust.error[0] < 0.06
    assert trust.skill[0] > 0.1
    assert 0.8 < trust.coverage[0] < 0.98


def test_pure_noise_is_not():
    trust = judged(np.random.default_rng(1).pareto(1.1, HOURS))
    assert trust.score[0] < 0.5
    assert trust.error[0] > 0.4


def test_short_or_hollow_histories_are_trusted_less():
    whole = judged(demand()).score[0]
    assert judged(demand(), days=3.5).score[0] == pytest.approx(whole / 2, abs=1e-3)
    assert judged(demand(), missing=0.25).score[0] == pytest.approx(whole * 0.75, abs=1e-3)


def test_without_any_origin_there_is_little_trust_and_no_coverage():
    values = np.full(HOURS, np.nan)
    values[-48:] = 10.0
    trust = judged(values, days=2.0)
    assert trust.score[0] < 0.05
    assert (trust.error[0], trust.skill[0]) == (1.0, 0.0)
    assert np.isnan(trust.coverage[0])
    assert "100% of demand" in trust.reasons(0)


@pytest.mark.parametrize("level", [0.0, 5.0])
def test_a_constant_is_trusted_in_full(level):
    trust = judged(np.full(HOURS, level))
    assert trust.error[0] == pytest.approx(0, abs=1e-6)
    assert trust.score[0] >= 0.6
    assert 0 <= trust.score[0] <= 1


def test_scores_lie_between_zero_and_one_for_anything():
    rng = np.random.default_rng(3)
    values = np.stack([rng.exponential(10.0**k, HOURS) for k in range(-5, 6)])
    values[rng.random(values.shape) < 0.4] = np.nan
    values[:, -1] = 1.0
    trust = judged(values)
    assert ((trust.score >= 0) & (trust.score <= 1)).all()
    assert ((trust.coverage >= 0) & (trust.coverage <= 1)).all()


def test_reasons_name_what_counts_and_nothing_else():
    one = np.ones(2)
    trust = Trust(one, 0.2 * one, np.array([0.31, -0.1]), one, np.array([20.0, 4.0]), 0.3 * one)
    assert trust.reasons(0) == (
        "typical error 20% of demand, +31% against yesterday's values, "
        "30% of the periods are missing"
    )
    assert "-10% against yesterday's values, only 4.0 days of history" in trust.reasons(1)


def test_rows_do_not_see_each_other():
    both = judged(np.stack([demand(), demand(seed=1) * 1e50]))
    alone = judged(demand())
    assert both.score[0] == alone.score[0]
    assert both.coverage[0] == alone.coverage[0]
    assert both.error[0] == pytest.approx(alone.error[0])


def combined(came, made):
    blank = np.zeros((len(came), 1))
    return Combined(blank, made, came, blank, blank)


def trials(past):
    return Trials(np.zeros((len(past), 1, 1)), past, np.zeros((len(past), 1, 1)))


def test_losing_to_yesterday_costs_a_third():
    came = np.full((2, 4, 48), 100.0)
    made = came + np.array([1.0, 3.0])[:, None, None]
    naive = (came + 2.0)[:, :, None, :]
    trust = judge(combined(came, made), trials(naive), 14 * np.ones(2), np.zeros(2))
    assert trust.skill.tolist() == [0.5, -0.5]
    assert trust.error.tolist() == [0.01, 0.03]
    assert trust.score.tolist() == [1.0, 0.667]


def test_coverage_is_that_of_each_origin_by_the_others():
    came = np.zeros((1, 4, 48))
    came[0, 0] = 100.0  # one origin that the others did not foresee
    came[0, 1:] = np.linspace(0, 1, 48)
    trust = judge(combined(came, came * 0), trials(came[:, :, None] * 0), np.ones(1), np.zeros(1))
    assert trust.coverage[0] == pytest.approx(0.75, abs=1e-9)
