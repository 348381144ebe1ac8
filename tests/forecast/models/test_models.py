"""What holds for every model: accuracy, quantiles, no leak, alone as in a batch, odd series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from foresail.forecast.models import make, models, window_quantiles
from foresail.forecast.models.calibration import roll
from foresail.forecast.window import Window

LEVELS = (0.05, 0.5, 0.9, 0.99)
ALONE = [name for name in models() if name != "gradient-boosting"]  # pooled: a batch teaches
ROLLED = [name for name in models() if name != "mixture"]  # which weighs with today's weights
FITTED = ["harmonic-arma", "holt-winters", "mstl-ets"]  # one series at a time
every = pytest.mark.parametrize("name", models())


def quick(name):
    """The model, with fewer trees where there are trees."""
    return make(name, **({"iterations": 15} if name == "gradient-boosting" else {}))


def answer(name, window):
    """Quantiles; only the path (last axis of one) of models that take their time for each row."""
    if name in FITTED:
        return make(name).fit(window).predict(2)[:, :, None]
    return window_quantiles(quick(name), window, 2, LEVELS)


def some(window, rows):
    return Window(window.values[rows], window.hour[rows], window.weekday[rows])


@every
def test_it_is_as_good_as_the_naive_on_a_seasonal_series(name, seasonal):
    # Saturday after a Friday for those who know the week, Wednesday for those who do not
    weekday = 2 if name in {"holt-winters", "seasonal-naive-day"} else 5
    window, came = seasonal(rows=3, noise=6.0, weekday=weekday)
    naive = np.abs(make("seasonal-naive-day").fit(window).predict(2) - came).mean()
    assert np.abs(quick(name).fit(window).predict(2) - came).mean() <= naive + 1e-9


@every
def test_quantiles_are_finite_do_not_cross_and_surround_the_path(name, seasonal):
    window, came = seasonal(rows=2, noise=8.0)
    found = window_quantiles(quick(name), window, 3, LEVELS)
    assert found.shape == (2, 72, 4)
    assert np.isfinite(found).all()
    assert (found >= 0).all()
    assert (np.diff(found, axis=2) >= 0).all()
    assert (came <= found[:, :48, 3]).mean() > 0.85
    assert (came <= found[:, :48, 0]).mean() < 0.3


@every
def test_the_same_input_gives_the_same_bits(name, seasonal):
    window, _ = seasonal(rows=2)
    first, second = (answer(name, window) for _ in range(2))
    np.testing.assert_array_equal(first, second)


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 1000), back=st.integers(1, 3))
@pytest.mark.parametrize("name", ROLLED)
def test_what_came_after_an_origin_never_changes_what_was_said_at_it(name, seasonal, seed, back):
    window, _ = seasonal(rows=1, seed=seed)
    spoiled = window.values.copy()
    spoiled[:, -24 * back :] = np.random.default_rng(seed).uniform(0, 1e4, (1, 24 * back))
    first, second = (
        roll(quick(name), Window(values, window.hour, window.weekday), 1)
        for values in (window.values, spoiled)
    )
    np.testing.assert_array_equal(first.made[:, back - 1 :], second.made[:, back - 1 :])


@every
def test_values_after_an_origin_are_not_there(name, seasonal):
    window, _ = seasonal(rows=2)
    spoiled = Window(window.values.copy(), window.hour, window.weekday)
    spoiled.values[:, -30:] = 1e6
    first, second = (answer(name, one.before(30)) for one in (window, spoiled))
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", ALONE)
def test_a_row_is_forecast_alone_as_in_a_batch(name, seasonal):
    window, _ = seasonal(rows=3)
    window.values[1, 40:60] = np.nan
    window.values[2] = 0.0
    both = answer(name, window)
    for row in range(3):
        alone = answer(name, some(window, slice(row, row + 1)))
        np.testing.assert_allclose(both[row], alone[0], rtol=1e-9, atol=1e-9)


@every
def test_odd_series_spoil_no_other(name, seasonal):
    window, came = seasonal(rows=6)
    values = window.values
    values[1] = 0.0
    values[2, :-50] = np.nan
    values[3, ::2] = np.nan
    values[4] = np.nan
    values[5] *= 1e290
    found = answer(name, window)
    assert np.isfinite(found).all()
    assert np.abs(found[0, :, found.shape[2] // 3] - came[0]).mean() < 25
    np.testing.assert_allclose(found[1], 0.0, atol=1.0)


@pytest.mark.parametrize("name", FITTED)
def test_a_series_that_cannot_be_fitted_repeats_its_last_day_and_says_why(name, seasonal):
    window, _ = seasonal(rows=3)
    window.values[1] = 7.0
    window.values[2, :-50] = np.nan
    model = make(name).fit(window)
    path = model.predict(2)
    np.testing.assert_array_equal(path[1], np.full(48, 7.0))
    np.testing.assert_array_equal(path[2], np.tile(window.values[2, -24:], 2))
    assert set(model.fallbacks_) == {1, 2}
    assert model.fallbacks_[1] == "the series is constant"
    assert "h of history" in model.fallbacks_[2]


@pytest.mark.parametrize("name", FITTED)
def test_a_library_that_raises_is_a_reason_not_a_failure(name, seasonal, monkeypatch):
    window, _ = seasonal(rows=3)
    model = make(name)
    fit_one = type(model)._fit_one

    def raises(self, values, row):
        if row == 1:
            raise np.linalg.LinAlgError("SVD did not converge")
        return fit_one(self, values, row)

    monkeypatch.setattr(type(model), "_fit_one", raises)
    model.fit(window)
    path = model.predict(1)
    assert model.fallbacks_ == {1: "SVD did not converge"}
    np.testing.assert_array_equal(path[1], window.values[1, -24:])
    assert not np.array_equal(path[0], window.values[0, -24:])


def test_a_prediction_that_runs_away_is_replaced(seasonal, monkeypatch):
    window, _ = seasonal(rows=2)
    model = make("holt-winters").fit(window)
    monkeypatch.setattr(type(model), "_ahead", lambda *_: np.full(24, np.inf))
    np.testing.assert_array_equal(model.predict(1), window.values[:, -24:])
    assert model.fallbacks_ == dict.fromkeys((0, 1), "the prediction ran away")


def test_ridge_says_when_too_little_is_known(seasonal):
    window, _ = seasonal(rows=2)
    window.values[1, :-30] = np.nan
    model = make("ridge").fit(window)
    assert model.fallbacks_ == {1: "less than 48 h are known"}
    assert np.isfinite(model.predict(2)).all()


def test_boosting_learns_from_other_series(seasonal):
    """Pooled: a young series is forecast better beside old ones that it resembles."""
    window, came = seasonal(rows=6, noise=3.0, weekday=4)
    window.values[0, : -3 * 24] = np.nan
    alone = quick("gradient-boosting").fit(some(window, slice(0, 1))).predict(2)
    pooled = quick("gradient-boosting").fit(window).predict(2)[:1]
    assert np.abs(pooled - came[:1]).mean() < np.abs(alone - came[:1]).mean()


def test_a_week_and_a_day_are_repeated(seasonal):
    window, _ = seasonal(rows=1)
    window.values[0, -3] = np.nan
    day = make("seasonal-naive-day").fit(window).predict(3)[0]
    week = make("seasonal-naive-week").fit(window).predict(8)[0]
    assert day[21] == window.values[0, -27]  # a gap takes the day before
    np.testing.assert_array_equal(day[24:48], day[:24])
    np.testing.assert_array_equal(week[:100], window.values[0, -168:-68])
    np.testing.assert_array_equal(week[168:], week[:24])
