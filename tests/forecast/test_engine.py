"""From windows to quantiles: within the experts, non-crossing, any levels, nothing from later."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from foresail.forecast import bands
from foresail.forecast.engine import Combined, _leaning, combine, quantile_paths
from foresail.forecast.gates import load
from foresail.forecast.origins import run_trials
from foresail.forecast.window import Window

HOURS = 14 * 24
LEVELS = (0.001, 0.05, 0.3, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999)


def window(values):
    values = np.atleast_2d(values)
    return Window(values, np.full(len(values), 9), np.full(len(values), 3))


def noisy(seed=0, rows=1):
    day = 1 + 0.5 * np.sin(2 * np.pi * np.arange(HOURS) / 24)
    return day * np.random.default_rng(seed).gamma(20.0, 3.0, (rows, HOURS))


def made(values, levels=LEVELS, days=2):
    one = window(values)
    trials = run_trials(one, days)
    combined = combine(one, trials, load())
    return combined, trials, quantile_paths(
        combined.evidence(one), combined.traits, load(), levels
    )  # fmt: skip


def test_a_path_lies_within_the_experts():
    combined, trials, found = made(noisy(rows=3), days=5)
    assert found.shape == (3, 120, len(LEVELS))
    assert (combined.path >= trials.ahead.min(axis=1) - 1e-9).all()
    assert (combined.path <= trials.ahead.max(axis=1) + 1e-9).all()
    assert (combined.made <= trials.past.max(axis=2) + 1e-9).all()
    np.testing.assert_array_equal(combined.came, trials.actual)


@pytest.mark.parametrize("days", [1, 2, 7, 14])
def test_quantiles_rise_are_finite_and_never_negative(days):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, _, found = made(np.concatenate([noisy(1), noisy(2) ** 4, noisy(3) * 0]), days=days)
    assert found.shape == (3, 24 * days, len(LEVELS))
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert (np.diff(found, axis=2) >= 0).all()


@settings(max_examples=20, deadline=None)
@given(levels=st.lists(st.floats(0.001, 0.9999), min_size=1, max_size=6, unique=True))
def test_a_level_does_not_depend_on_which_others_are_asked_for(levels):
    levels = sorted(levels)
    whole = made(noisy(), levels)[2]
    for at, level in enumerate(levels):
        one = made(noisy(), [level])[2]
        np.testing.assert_allclose(whole[:, :, at], one[:, :, 0], rtol=1e-9)


def test_between_the_learned_levels_lines_in_normal_scores():
    found = made(noisy(), (0.9, 0.92, 0.95))[2][0]
    share = (ndtri(0.92) - ndtri(0.9)) / (ndtri(0.95) - ndtri(0.9))
    np.testing.assert_allclose(found[:, 1], found[:, 0] + share * (found[:, 2] - found[:, 0]))


def test_the_median_is_read_a_little_lower_and_outer_levels_as_they_are():
    scores = _leaning(ndtri(np.array([0.1, 0.5, 0.9, 0.99])))
    np.testing.assert_allclose(ndtr(scores), [0.1, 0.492, 0.9, 0.99], atol=1e-4)


def test_beyond_the_last_level_the_tail_is_exponential():
    found = made(noisy(), (0.95, 0.99, 0.998, 0.9996))[2][0]
    step = found[:, 1] - found[:, 0]
    np.testing.assert_allclose(found[:, 2] - found[:, 1], step)
    np.testing.assert_allclose(found[:, 3] - found[:, 2], step)


def test_learned_levels_are_themselves():
    known = made(noisy(), tuple(bands.LEVELS))[2]
    for at, level in enumerate(bands.LEVELS):
        np.testing.assert_allclose(known[:, :, at], made(noisy(), [level])[2][:, :, 0])


def test_rows_do_not_see_each_other():
    values = np.concatenate([noisy(1), noisy(2) * 1e60, np.zeros((1, HOURS)), noisy(4)])
    values[0, np.random.default_rng(0).random(HOURS) < 0.9] = np.nan
    values[0, -1] = 1.0
    whole = made(values)[2]
    for row in range(4):
        np.testing.assert_allclose(whole[row], made(values[row])[2][0], rtol=1e-9)


def test_twice_the_same_bits():
    np.testing.assert_array_equal(made(noisy(rows=5))[2], made(noisy(rows=5))[2])


def test_without_origins_there_are_quantiles_all_the_same():
    values = np.full((1, HOURS), np.nan)
    values[0, -48:] = noisy()[0, -48:]
    combined, _, found = made(values)
    assert np.isfinite(found).all()
    assert (found[:, :, 5] > found[:, :, 3]).all()
    assert np.isfinite(combined.weights).all()


def test_evidence_is_at_the_hour():
    one = Combined(*(np.zeros(shape) for shape in ((1, 48), (1, 8, 48), (1, 8, 48))), None, None)
    evidence = one.evidence(window(noisy()))
    assert (evidence.slots, evidence.steps) == (24, 48)
    assert evidence.last(2).shape == (1, 48)


def test_weights_are_those_of_the_lead():
    combined, trials, _ = made(noisy(rows=2), days=3)
    for hour, bucket in ((0, 0), (2, 0), (3, 1), (9, 1), (10, 2), (23, 2), (24, 3), (71, 3)):
        mixed = (combined.weights[:, :, bucket] * trials.ahead[:, :, hour]).sum(axis=1)
        np.testing.assert_allclose(combined.path[:, hour], mixed)
    past = (combined.weights[:, None, :, 1] * trials.past[:, :, :, 5]).sum(axis=2)
    np.testing.assert_allclose(combined.made[:, :, 5], past)
