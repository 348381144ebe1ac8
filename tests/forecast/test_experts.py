"""Experts: each rule on demand for which it is right; finite, linear, one row at a time."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.forecast import experts
from foresail.forecast.experts import NAMES, predict
from foresail.forecast.window import Window

DAYS = 14
SMOOTHING = ("smooth", "level", "harmonic", "+")


def window(values, hour=0, weekday=0):
    values = np.atleast_2d(np.asarray(values, dtype=float))
    rows = len(values)
    return Window(values, np.full(rows, hour), np.full(rows, weekday))


def paths(values, days=2, **origin):
    found = predict(window(values, **origin), days)
    return dict(zip(NAMES, found[0], strict=True))


def week(seed=0, days=DAYS):
    """Demand that repeats its week; the first hour is Monday midnight."""
    one = np.random.default_rng(seed).uniform(10, 100, 168)
    return np.tile(one, -(-days // 7))[: days * 24]


def noisy(seed=0, rows=3, days=DAYS):
    return np.random.default_rng(seed).gamma(2.0, 30.0, (rows, days * 24))


def test_names_are_unique_and_each_has_a_path():
    assert len(set(NAMES)) == len(NAMES)
    found = predict(window(noisy()), 3)
    assert found.shape == (3, len(NAMES), 72)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("level", [0.0, 1.0, 1234.5])
def test_of_a_constant_all_say_the_same(level):
    for name, path in paths(np.full(DAYS * 24, level)).items():
        assert path == pytest.approx(np.full(48, level), rel=1e-4, abs=1e-12), name


@pytest.mark.parametrize("days", [1, 7, 14])
def test_last_week_repeats_a_week(days):
    assert (
        paths(week(), days)["last-week"].tolist() == np.tile(week()[:168], 2)[: days * 24].tolist()
    )


def test_day_rules_repeat_a_day():
    day = np.random.default_rng(1).uniform(10, 100, 24)
    found = paths(np.tile(day, DAYS))
    for name in NAMES:
        if name.startswith(("yesterday", "days", "daytype", "last-week")):
            assert found[name] == pytest.approx(np.tile(day, 2), rel=1e-9), name


def test_harmonics_follow_a_smooth_day():
    t = np.arange((DAYS + 2) * 24)
    wave = 100 + 30 * np.sin(2 * np.pi * t / 24 + 0.4) + 10 * np.cos(4 * np.pi * t / 24)
    found = paths(wave[: DAYS * 24])
    for name in ("harmonic", "harmonic-fast", "harmonic-fast+8h"):
        assert np.abs(found[name] - wave[-48:]).max() < 3, name


@pytest.mark.parametrize("weekday", range(7))
def test_daytype_tells_weekends_from_working_days(weekday):
    first = (weekday - DAYS) % 7
    rest = (first + np.arange((DAYS + 7) * 24) // 24) % 7 >= 5
    demand = np.where(rest, 20.0, 100.0)
    found = paths(demand[: DAYS * 24], 7, weekday=weekday)
    assert found["daytype"] == pytest.approx(demand[DAYS * 24 :])


def test_a_weekend_in_the_middle_of_a_local_day_begins_at_midnight():
    known = window(np.ones(DAYS * 24), hour=18, weekday=4)  # Friday, 18:00
    assert known.weekend(0, 7).tolist() == [[False] * 6 + [True]]


def test_corrections_fade_or_stay():
    values = np.full(DAYS * 24, 100.0)
    values[-3:] = 140.0
    found = paths(values)
    assert found["days-median-7+kept"] == pytest.approx(140.0)
    assert found["days-median-7+day"] == pytest.approx(100.0)
    assert found["days-median-7+24h"][23] == pytest.approx(120.0)
    assert found["yesterday+4h"][3] - found["yesterday"][3] == pytest.approx(20.0)
    assert found["level-last-3h"] == pytest.approx(140.0)


def test_days_scaled_follows_a_level_that_doubled_yesterday():
    day = 100 + 50 * np.sin(2 * np.pi * np.arange(24) / 24)
    values = np.tile(day, DAYS)
    values[-24:] *= 2
    assert paths(values)["days-scaled"] == pytest.approx(np.tile(2 * day, 2), rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), share=st.floats(0.0, 0.98), start=st.integers(0, 13))
def test_with_any_gaps_all_paths_are_finite(seed, share, start):
    rng = np.random.default_rng(seed)
    values = noisy(seed, 2)
    values[rng.random(values.shape) < share] = np.nan
    values[:, : start * 24] = np.nan
    values[:, -1 - seed % 30] = 5.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isfinite(predict(window(values, seed % 24, seed % 7), 3)).all()


@pytest.mark.parametrize("days", [14, 28])
def test_rows_and_their_origins_do_not_see_each_other(days):
    rng = np.random.default_rng(0)
    values = noisy(1, 6, days)
    values[1] *= 1e150
    values[2] *= 1e-150
    values[3, rng.random(days * 24) < 0.8] = np.nan
    hour, weekday = rng.integers(0, 24, 6), rng.integers(0, 7, 6)
    together = predict(Window(values, hour, weekday), 2)
    for row in range(6):
        some = slice(row, row + 1)
        alone = predict(Window(values[some], hour[some], weekday[some]), 2)
        size = np.nanmax(values[row])
        np.testing.assert_allclose(together[row], alone[0], rtol=1e-9, atol=1e-12 * size)


def test_experts_do_not_write_on_the_history():
    values = noisy()
    kept = values.copy()
    predict(window(values), 2)
    np.testing.assert_array_equal(values, kept)


@pytest.mark.parametrize("factor", [2.0**40, 2.0**-900])
def test_twice_the_demand_is_twice_the_path_bit_for_bit(factor):
    values = noisy(2)
    first, second = predict(window(values), 2), predict(window(values * factor), 2)
    np.testing.assert_array_equal(first * factor, second)


def test_more_days_ahead_only_go_on():
    first, second = predict(window(noisy()), 2), predict(window(noisy()), 9)
    np.testing.assert_allclose(second[:, :, :48], first, rtol=1e-9)


def test_four_weeks_are_used_where_there_are_any():
    values = week(days=28)
    values[:168] += 1000
    changed = experts.predict(window(values), 7)[0, NAMES.index("last-week")]
    assert np.abs(changed - week()[:168]).max() < 30
    assert np.abs(changed - week()[:168]).min() > 0
