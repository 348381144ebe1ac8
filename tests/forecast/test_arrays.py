"""Arithmetic with gaps against numpy's own, and on what it warns about: nothing known."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from foresail.forecast.arrays import first_known, mean, median, quantiles, weighted_mean

LEVELS = (0.001, 0.1, 0.5, 0.9, 0.9999)
elements = st.one_of(st.just(np.nan), st.floats(-1e6, 1e6))
matrices = hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=2), elements=elements)


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def numpys(function, values, axis):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(values, axis=axis)


@settings(deadline=None)
@given(values=matrices, axis=st.sampled_from([0, 1]))
def test_mean_and_median_are_numpys(values, axis):
    np.testing.assert_allclose(mean(values, axis), numpys(np.nanmean, values, axis), atol=1e-6)
    np.testing.assert_array_equal(median(values, axis), numpys(np.nanmedian, values, axis))


@settings(deadline=None)
@given(values=matrices)
def test_equal_weights_make_a_mean_and_missing_values_weigh_nothing(values):
    ones = np.ones(values.shape)
    np.testing.assert_allclose(weighted_mean(values, ones, 1), mean(values, 1), atol=1e-9)
    heavy = np.where(np.isnan(values), 1e9, 1.0)
    np.testing.assert_array_equal(weighted_mean(values, heavy, 1), weighted_mean(values, ones, 1))


def test_weights_by_hand():
    values, weights = np.array([[1.0, 5.0, np.nan]]), np.array([[3.0, 1.0, 10.0]])
    assert weighted_mean(values, weights, 1).tolist() == [2.0]
    assert np.isnan(weighted_mean(values, np.zeros((1, 3)), 1))


@settings(deadline=None)
@given(values=matrices)
def test_quantiles_rise_within_the_values_and_pass_over_gaps(values):
    found = quantiles(values, LEVELS)
    assert found.shape == (len(values), len(LEVELS))
    for row, known in zip(found, values, strict=True):
        here = known[np.isfinite(known)]
        if not len(here):
            assert np.isnan(row).all()
            continue
        assert (np.diff(row) >= 0).all()
        assert here.min() <= row[0] <= row[-1] <= here.max()
        np.testing.assert_array_equal(row, quantiles(here[None, :], LEVELS)[0])


def test_quantiles_lie_at_rank_level_times_n_plus_one():
    values = np.arange(1.0, 20.0)[None, ::-1]  # 1 to 19
    assert quantiles(values, (0.05, 0.5, 0.9, 0.95, 0.99))[0] == pytest.approx([1, 10, 18, 19, 19])


def test_a_new_value_lies_below_a_quantile_as_often_as_it_says():
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(40_000, 20))
    inside = drawn[:, :1] <= quantiles(drawn[:, 1:], (0.1, 0.5, 0.9))
    assert inside.mean(axis=0) == pytest.approx([0.1, 0.5, 0.9], abs=0.006)


def test_the_first_that_knows_answers():
    nan = np.nan
    first, second = np.array([[1.0, nan, nan]]), np.array([[9.0, 2.0, nan]])
    found = first_known(first, second, np.array([[7.0]]))
    assert found.tolist() == [[1.0, 2.0, 7.0]]
    assert np.isnan(first[0, 1])  # what was passed is not written to
    wide = first_known(np.full((1, 1), nan), np.zeros((2, 3)))
    assert wide.shape == (2, 3)
