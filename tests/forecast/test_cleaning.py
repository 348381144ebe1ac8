"""Short incidents are limited; what recurs or lasts stays; nothing looks ahead or aside."""

from __future__ import annotations

import numpy as np
import pytest

from foresail.forecast.cleaning import limit_incidents
from foresail.forecast.origins import run_trials
from foresail.forecast.window import Window

HOURS = 14 * 24


def demand(seed=0, noise=3.0, hours=HOURS, wave=30.0):
    rng = np.random.default_rng(seed)
    day = wave * np.sin(2 * np.pi * np.arange(hours) / 24)
    return (100 + day + rng.normal(0, noise, hours))[None, :]


def gappy(values, share, seed=9):
    gaps = np.random.default_rng(seed).random(values.shape) < share
    return np.where(gaps, np.nan, values)


def test_ordinary_noise_is_hardly_touched():
    values = demand()
    assert np.mean(limit_incidents(values) != values) < 0.05
    assert np.abs(limit_incidents(values) - values).max() < 6


@pytest.mark.parametrize("size", [80.0, -90.0, 1e6])
@pytest.mark.parametrize("length", [1, 3, 6])
def test_a_single_short_incident_is_limited(size, length):
    values, spoiled = demand(), demand()
    spoiled[0, 150 : 150 + length] += size
    cleaned = limit_incidents(spoiled)
    assert np.abs(cleaned[0, 150 : 150 + length] - values[0, 150 : 150 + length]).max() < 30


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.66])
# bug: with gaps the level was the median of mostly nothing, and shifts were cut off
def test_a_level_shift_longer_than_half_a_day_stays(share):
    values = demand(wave=0.0)
    values[0, 200:248] += 80
    values = gappy(values, share)
    cleaned = limit_incidents(values)
    inside = np.isfinite(values[0, 206:242])
    assert np.abs((cleaned - values)[0, 206:242][inside]).max() < 12
    assert np.isnan(cleaned[np.isnan(values)]).all()


def test_every_third_hour_keeps_its_shift_and_loses_its_spike():
    whole = demand(wave=0.0)
    whole[0, 200:260] += 80
    whole[0, 99] += 300
    values = np.full_like(whole, np.nan)
    values[:, ::3] = whole[:, ::3]
    cleaned = limit_incidents(values)
    assert np.nanmean(cleaned[0, 207:252]) == pytest.approx(180, abs=6)
    assert cleaned[0, 99] < 130


def test_a_spike_that_recurs_each_day_is_part_of_the_shape():
    values = demand()
    values[0, 9::24] += 200
    assert np.abs(limit_incidents(values) - values)[0, 9::24].max() < 6


def test_a_spike_each_monday_at_nine_is_kept_and_one_on_one_monday_is_not():
    values = demand()
    values[0, [9, 9 + 168]] += 200
    np.testing.assert_array_equal(limit_incidents(values)[0, [9, 177]], values[0, [9, 177]])
    once = demand()
    once[0, 9 + 168] += 200
    assert limit_incidents(once)[0, 177] < once[0, 177] - 150


@pytest.mark.parametrize("other", [60.0, -200.0])
def test_a_week_later_it_must_be_the_same_kind_of_spike(other):
    values = demand()
    values[0, 9] += 200
    values[0, 177] += other
    cleaned = limit_incidents(values)
    assert cleaned[0, 9] < values[0, 9] - 150


def test_an_outage_and_the_retry_storm_after_it_are_limited():
    usual, values = demand(), demand()
    values[0, 140:144] = 0.0
    values[0, 144:146] += 250
    cleaned = limit_incidents(values)
    assert np.abs(cleaned - usual)[0, 140:146].max() < 35


def test_a_hole_stays_a_hole_and_the_storm_after_it_is_limited():
    values = demand()
    values[0, 140:150] = np.nan
    values[0, 150:152] += 250
    cleaned = limit_incidents(values)
    assert np.isnan(cleaned[0, 140:150]).all()
    assert cleaned[0, 150:152].max() < 200


@pytest.mark.parametrize("level", [0.0, 7.0, 1e90])
def test_a_constant_stays_and_its_one_spike_goes(level):
    values = np.full((1, HOURS), level)
    assert limit_incidents(values) == pytest.approx(values, rel=1e-12)
    values[0, 100] = 3 * level + 1
    assert limit_incidents(values)[0, 100] == pytest.approx(level, rel=1e-9, abs=1e-9)


def test_rows_do_not_see_each_other():
    good = demand()
    odd = np.stack([good[0] * 1e200, np.zeros(HOURS), gappy(good, 0.9)[0], good[0] * 1e-200])
    both = limit_incidents(np.concatenate([odd[:2], good, odd[2:]]))
    np.testing.assert_array_equal(both[2], limit_incidents(good)[0])


@pytest.mark.parametrize("days", [4, 7, 8, 28])
def test_any_whole_number_of_days(days):
    values = demand(hours=days * 24)
    cleaned = limit_incidents(values)
    assert cleaned.shape == values.shape
    assert np.isfinite(cleaned).all()


@pytest.mark.parametrize("origin", [1, 2, 5])
def test_at_each_origin_cleaning_knows_nothing_later(origin):
    values, hour = demand(), np.zeros(1, dtype=np.int64)
    spoiled = values.copy()
    spoiled[0, HOURS - 24 * origin :] *= 50
    first, second = (run_trials(Window(v, hour, hour), 2) for v in (values, spoiled))
    np.testing.assert_array_equal(first.past[:, origin - 1 :], second.past[:, origin - 1 :])
    assert not np.array_equal(first.ahead, second.ahead)


@pytest.mark.parametrize("hours", [14, 24])
def test_more_than_half_a_day_is_no_short_incident(hours):
    values = demand(wave=0.0)
    values[0, 200 : 200 + hours] += 80
    inside = slice(200 + 2, 200 + hours - 2)
    assert np.abs(limit_incidents(values) - values)[0, inside].max() < 12
