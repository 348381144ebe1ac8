"""What the gates see: free of unit, finite for anything, right for plain cases."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from foresail.forecast import experts
from foresail.forecast.features import (
    BUCKETS,
    TRAITS,
    expert_losses,
    lead_bucket,
    series_traits,
    size,
)
from foresail.forecast.origins import run_trials
from foresail.forecast.window import Window

HOURS = 14 * 24
VIEWS = 8


def window(values, hour=0, weekday=0):
    values = np.atleast_2d(np.asarray(values, dtype=float))
    return Window(values, np.full(len(values), hour), np.full(len(values), weekday))


def seen(values, **origin):
    one = window(values, **origin)
    trials = run_trials(one, 2)
    losses = expert_losses(trials, size(one.values))
    return losses, series_traits(one, trials, losses)


def demand(seed=0):
    day = 1 + 0.5 * np.sin(2 * np.pi * np.arange(HOURS) / 24)
    return day * np.random.default_rng(seed).gamma(30.0, 2.0, HOURS)


def odd():
    rng = np.random.default_rng(5)
    spike = np.zeros(HOURS)
    spike[200] = 1.0
    short, sparse, last = (np.full(HOURS, np.nan) for _ in range(3))
    short[-48:] = rng.random(48)
    sparse[::30], last[-1] = 3.0, 2.0
    sparse[-1] = 3.0
    rare = np.where(rng.random(HOURS) < 0.02, 1.0, 0.0)
    return np.array([np.zeros(HOURS), np.ones(HOURS), spike, short, sparse, last, rare])


def test_leads_fall_into_buckets():
    bucket = lead_bucket(48)
    assert np.flatnonzero(np.diff(bucket)).tolist() == [2, 9, 23]
    assert set(bucket) == set(range(BUCKETS))
    assert lead_bucket(400)[-1] == BUCKETS - 1


def test_shapes():
    losses, traits = seen(demand())
    assert losses.shape == (1, len(experts.NAMES), VIEWS)
    assert traits.shape[1] == TRAITS + 13 * 3


def test_anything_gives_finite_features_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses, traits = seen(odd())
    assert np.isfinite(losses).all()
    assert np.isfinite(traits).all()
    assert np.abs(traits).max() <= 6


@pytest.mark.parametrize("unit", [2.0**30, 1000.0, 0.01])
def test_the_unit_of_the_demand_is_not_seen(unit):
    for plain, scaled in zip(seen(demand()), seen(demand() * unit), strict=True):
        np.testing.assert_allclose(scaled, plain, atol=1e-6)


def test_rows_do_not_see_each_other():
    together = seen(np.concatenate([odd(), demand()[None, :], odd() * 1e80]))
    alone = seen(demand())
    for whole, one in zip(together, alone, strict=True):
        np.testing.assert_allclose(whole[7], one[0], rtol=1e-9, atol=1e-12)


def test_who_is_right_has_the_least_loss():
    week = np.tile(np.random.default_rng(1).uniform(10, 100, 168), 2)
    losses, _ = seen(week)
    told = dict(zip(experts.NAMES, losses[0, :, 0], strict=True))
    flat, _ = seen(50 + np.random.default_rng(2).normal(0, 5, HOURS))
    level = dict(zip(experts.NAMES, flat[0, :, 0], strict=True))
    assert level["level-mean-7d"] < level["days-mean"] < level["yesterday"] < 0.5
    assert told["last-week"] < told["yesterday"]


def test_the_week_ahead_is_announced():
    friday, monday = (seen(demand(), weekday=day)[1][0, 10:TRAITS] for day in (5, 0))
    assert friday[-1] == 1.0  # Saturday and Sunday ahead
    assert friday[:BUCKETS].min() == 1.0
    assert monday[-1] == 0.0


def test_a_jump_in_the_last_hours_is_seen():
    calm, jumped = demand(), demand()
    jumped[-3:] *= 3
    before, after = seen(calm)[1][0], seen(jumped)[1][0]
    assert after[0] > before[0] + 1
    assert after[2] > 1


def test_zeros_are_counted():
    half = demand()
    half[::2] = 0.0
    assert seen(half)[1][0, 6] == 0.5
