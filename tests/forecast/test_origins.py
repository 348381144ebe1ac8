"""Trials at past origins: what came, which count, and that none knew what came later."""

from __future__ import annotations

import numpy as np
import pytest

from foresail.forecast.experts import NAMES
from foresail.forecast.origins import LEAST_HOURS, ORIGINS, TRIAL_DAYS, run_trials
from foresail.forecast.window import Window

HOURS = 14 * 24


def window(values, hour=5, weekday=2):
    values = np.atleast_2d(values)
    return Window(values, np.full(len(values), hour), np.full(len(values), weekday))


def noisy(seed=0, rows=1, hours=HOURS):
    rng = np.random.default_rng(seed)
    day = 1 + 0.5 * np.sin(2 * np.pi * np.arange(hours) / 24)
    return day * rng.gamma(20.0, 3.0, (rows, hours))


@pytest.mark.parametrize("days", [14, 28])
def test_shapes_and_what_came(days):
    values = noisy(hours=days * 24)
    trials = run_trials(window(values), 3)
    assert trials.ahead.shape == (1, len(NAMES), 72)
    assert trials.past.shape == (1, ORIGINS, len(NAMES), 24 * TRIAL_DAYS)
    assert trials.count.tolist() == [ORIGINS]
    for origin in range(ORIGINS):
        start = days * 24 - 24 * (origin + 1)
        came = values[0, start : start + 48]
        np.testing.assert_array_equal(trials.actual[0, origin, : len(came)], came)
    assert np.isnan(trials.actual[0, 0, 24:]).all()  # not yet
    errors = trials.errors[0, 3, 7]
    np.testing.assert_array_equal(errors, trials.actual[0, 3] - trials.past[0, 3, 7])


@pytest.mark.parametrize("origin", range(1, ORIGINS + 1))
def test_what_was_said_at_an_origin_does_not_change_with_what_came_later(origin):
    values = noisy()
    spoiled = values.copy()
    spoiled[0, HOURS - 24 * origin :] = np.random.default_rng(9).choice(
        [0.0, 1e6, np.nan], 24 * origin
    )
    first, second = run_trials(window(values), 2), run_trials(window(spoiled), 2)
    np.testing.assert_array_equal(first.past[:, origin - 1 :], second.past[:, origin - 1 :])
    if origin > 1:
        assert not np.array_equal(first.past[:, : origin - 1], second.past[:, : origin - 1])


@pytest.mark.parametrize("origin", [1, 3, ORIGINS])
def test_an_origin_says_what_it_would_have_said_then(origin):
    values = noisy()
    trials = run_trials(window(values), 2)
    cut = window(values, hour=5, weekday=2).before(24 * origin)
    then = run_trials(cut, 2)
    np.testing.assert_allclose(trials.past[0, origin - 1], then.ahead[0], rtol=1e-9)


def test_origins_with_too_little_before_them_do_not_count():
    values = noisy()
    values[0, : HOURS - LEAST_HOURS - 48] = np.nan
    trials = run_trials(window(values), 2)
    assert trials.count.tolist() == [2]
    assert np.isfinite(trials.actual[0, :2, :24]).all()
    assert np.isnan(trials.actual[0, 2:]).all()


def test_without_any_origin_the_paths_ahead_are_finite():
    values = np.full((2, HOURS), np.nan)
    values[0, -48:] = 7.0
    values[1, -1] = 3.0
    trials = run_trials(window(values), 2)
    assert trials.count.tolist() == [0, 0]
    assert np.isfinite(trials.ahead).all()
    assert np.isnan(trials.actual).all()


def test_what_counts_as_having_come_can_be_told():
    values = noisy()
    known = values.copy()
    known[0, -30:] = np.nan
    trials = run_trials(window(values), 2, known)
    assert np.isnan(trials.actual[0, 0]).all()
    plain = run_trials(window(values), 2)
    np.testing.assert_array_equal(trials.past, plain.past)


def test_rows_do_not_see_each_other_and_the_history_is_not_written_to():
    values = noisy(3, rows=4)
    values[1] *= 1e100
    values[2] = np.nan
    values[2, -3:] = 1.0
    kept = values.copy()
    together = run_trials(window(values), 2)
    np.testing.assert_array_equal(values, kept)
    for row in range(4):
        alone = run_trials(window(values[row]), 2)
        np.testing.assert_allclose(together.past[row], alone.past[0], rtol=1e-9)
        np.testing.assert_allclose(together.ahead[row], alone.ahead[0], rtol=1e-9)
        np.testing.assert_array_equal(together.actual[row], alone.actual[0])
