"""Adaptive levels: coverage holds after a shift; bounded, monotone, alone or in a batch."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from foresail.errors import InputError
from foresail.forecast.adaptive import BOUND, Adaptive, learn, read_levels, remap

LEVELS = (0.1, 0.5, 0.9, 0.95, 0.99)
STILL = 1500


def shifted(kind, seed=0, rows=6):
    """What came around a forecaster that goes on believing in N(100, 10)."""
    rng = np.random.default_rng(seed)
    before, after = (100 + 10 * rng.normal(size=(rows, STILL)) for _ in range(2))
    after = after + 20 if kind == "level" else 100 + 2 * (after - 100)
    said = 100 + 10 * ndtri(np.array(LEVELS))
    return np.concatenate([before, after], axis=1), np.tile(said, (rows, 1))


def covered(came, said):
    """Coverage over both halves, without and with adaptive levels."""
    state, inside = Adaptive.start([f"s{row}" for row in range(len(came))], LEVELS), []
    for time in range(came.shape[1]):
        asked = read_levels(said, LEVELS, state.levels())
        inside.append(came[:, time, None] <= asked)
        state = state.update(came[:, time], said)
    fixed = came[:, :, None] <= said[:, None, :]
    return fixed.swapaxes(0, 1), np.array(inside)


@pytest.mark.parametrize("kind", ["level", "variance"])
def test_coverage_holds_over_a_shift(kind):
    fixed, adaptive = covered(*shifted(kind))
    long_run = adaptive[200:].mean(axis=(0, 1))
    assert np.abs(long_run - LEVELS).max() < 0.02
    assert np.abs(adaptive[STILL + 100 :].mean(axis=(0, 1)) - LEVELS).max() < 0.02
    assert np.abs(fixed[STILL:].mean(axis=(0, 1)) - LEVELS).max() > 0.1
    assert abs(fixed[200:].mean(axis=(0, 1))[3] - 0.95) > 0.05


def test_coverage_stays_right_where_nothing_changes():
    came, said = shifted("variance")
    _, adaptive = covered(came[:, :STILL], said)
    assert np.abs(adaptive.mean(axis=(0, 1)) - LEVELS).max() < 0.02


def test_it_follows_a_shift_within_days():
    came, said = shifted("variance", rows=20)
    _, adaptive = covered(came[:, STILL - 300 : STILL + 160], said)
    assert adaptive[-100:, :, 2].mean() > 0.86  # 0.74 without


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_levels_are_bounded_and_rising_whatever_comes(data):
    number = st.floats(-1e6, 1e6) | st.just(float("nan"))
    came = np.array(data.draw(st.lists(number, min_size=1, max_size=60)))[None, :]
    seed = data.draw(st.integers(0, 99))
    said = np.sort(np.random.default_rng(seed).normal(size=(1, came.shape[1], 5)).round(1), axis=2)
    levels = Adaptive.start(["a"], LEVELS).update(came, said).levels()
    assert ((levels > 0) & (levels < 1)).all()
    assert (np.diff(levels, axis=1) >= 0).all()


def test_never_covered_or_always_covered_ends_at_the_bounds():
    said = np.tile(np.array([1.0, 2, 3, 4, 5]), (1, 100, 1))
    high = low = Adaptive.start(["a"], LEVELS)
    for _ in range(400):
        high = high.update(np.full((1, 100), 1e12), said)
        low = low.update(np.full((1, 100), -1e12), said)
    assert (high.levels() > 0.999).all()
    assert (low.levels() < 0.001).all()
    assert np.abs([high.scores, low.scores]).max() <= BOUND


def test_a_batch_learns_as_each_series_alone():
    came, said = shifted("variance", rows=3)
    said = np.repeat(said[:, None, :], came.shape[1], axis=1)
    both = Adaptive.start(["a", "b", "c"], LEVELS).update(came[:, :200], said[:, :200])
    for row, name in enumerate(both.series):
        some = slice(row, row + 1)
        alone = Adaptive.start([name], LEVELS).update(came[some, :200], said[some, :200])
        np.testing.assert_array_equal(both.levels()[some], alone.levels())


def test_unknown_actuals_teach_nothing_and_the_old_state_stays():
    _, said = shifted("level", rows=2)
    state = Adaptive.start(["a", "b"], LEVELS)
    after = state.update(np.array([np.nan, 500.0]), said)
    np.testing.assert_allclose(state.levels(), [LEVELS, LEVELS])
    np.testing.assert_array_equal(after.levels()[0], state.levels()[0])
    assert (after.levels()[1] > state.levels()[1]).all()


def test_an_idle_series_keeps_its_levels():
    state = Adaptive.start(["idle"], LEVELS)
    after = state.update(np.zeros((1, 50)), np.zeros((1, 50, 5)))
    np.testing.assert_array_equal(after.levels(), state.levels())


def test_many_zeros_lower_a_level_to_the_middle_of_the_flat_stretch_only():
    state, rng = Adaptive.start(["rare"], LEVELS), np.random.default_rng(0)
    for came in rng.choice([0.0, 5.5], size=2000, p=[0.9, 0.1]):
        state = state.update(np.array([came]), np.array([[0.0, 0, 5, 6, 8]]))
    levels = state.levels()
    assert (levels > 0.09).all()
    assert levels[0, 3] > 0.6


def test_json_gives_the_same_bits_back():
    came, said = shifted("variance", rows=2)
    state = Adaptive.start(["a", "b"], LEVELS).update(came[:, 0], said)
    again = Adaptive.from_json(state.to_json())
    assert again.series == state.series
    np.testing.assert_array_equal(again.scores, state.scores)
    np.testing.assert_array_equal(again.weights, state.weights)
    assert set(json.loads(state.to_json())) == {"levels", "steps", "series"}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"levels": [0.5], "series": {"a": {}}}'])
def test_what_is_no_state_is_refused(text):
    with pytest.raises(InputError, match="no state of adaptive levels"):
        Adaptive.from_json(text)


def test_sizes_that_do_not_match_are_refused():
    stored = json.loads(Adaptive.start(["a"], LEVELS).to_json())
    stored["series"]["a"]["scores"] = stored["series"]["a"]["scores"][:2]
    with pytest.raises(InputError, match="sizes do not match"):
        Adaptive.from_json(json.dumps(stored))


def test_wrong_levels_are_refused():
    with pytest.raises(InputError, match="not all in"):
        Adaptive.start(["a"], (0.5, 1.0))


def test_series_come_and_go():
    said = shifted("level", rows=2)[1]
    state = Adaptive.start(["a", "b"], LEVELS).update(np.array([500.0, 0.0]), said)
    other = state.of(["new", "b"])
    np.testing.assert_allclose(other.levels()[0], LEVELS)
    np.testing.assert_array_equal(other.levels()[1], state.levels()[1])


def frame(rows, steps=3):
    times = pd.date_range("2026-11-02", periods=steps, freq="h", tz="UTC")
    said = 100 + 10 * ndtri(np.array(LEVELS))
    made = pd.DataFrame({"series": np.repeat(rows, steps), "timestamp": list(times) * len(rows)})
    return made.assign(**{f"q{level:g}": value for level, value in zip(LEVELS, said, strict=True)})


def test_a_frame_is_remapped_and_learned_from():
    made = frame(["a", "b"])
    state = Adaptive.start(["a"], LEVELS)
    pd.testing.assert_frame_equal(remap(made, state), made)
    came = made[["series", "timestamp"]].assign(value=140.0)
    after = learn(state, made, came.sample(frac=1, random_state=0))
    assert (after.levels() > state.levels()).all()
    wider = remap(made, after)
    columns = [f"q{level:g}" for level in LEVELS]
    mine = made["series"] == "a"
    assert (wider.loc[mine, columns].to_numpy() > made.loc[mine, columns].to_numpy()).all()
    pd.testing.assert_frame_equal(wider[~mine], made[~mine])
    assert (np.diff(wider[columns].to_numpy(), axis=1) >= 0).all()
    assert (wider[columns].to_numpy() >= 0).all()
    with pytest.raises(InputError, match=r"no column q0\.99"):
        remap(made.drop(columns="q0.99"), state)


def test_levels_are_read_exactly_where_they_were_predicted():
    said = np.array([[1.0, 2.0, 4.0, 4.0, 9.0]])
    np.testing.assert_allclose(read_levels(said, LEVELS, np.array([LEVELS])), said)
    between = read_levels(said, LEVELS, np.array([[0.3, 0.92, 0.97, 0.999]]))
    assert 1 < between[0, 0] < 2
    assert between[0, 1] == 4
    assert 4 < between[0, 2] < 9 < between[0, 3]
    assert (read_levels(said[:, :1], (0.5,), np.array([[0.1, 0.9]])) == 1).all()


def test_a_day_that_was_forecast_at_once_moves_levels_less_than_a_day_hour_by_hour():
    _, said = shifted("level", rows=1)
    at_once = hourly = Adaptive.start(["a"], LEVELS)
    at_once = at_once.update(np.full((1, 24), 500.0), np.repeat(said[:, None], 24, axis=1))
    for _ in range(24):
        hourly = hourly.update(np.array([500.0]), said)
    assert (at_once.levels() < hourly.levels()).all()
    assert (at_once.levels() > np.array(LEVELS)).all()


@pytest.mark.parametrize("kind", ["level", "variance"])
def test_coverage_holds_with_forecasts_of_a_day_at_a_time(kind):
    came, said = shifted(kind, rows=10)
    days = came.reshape(10, -1, 25)
    state, inside = Adaptive.start([f"s{row}" for row in range(10)], LEVELS), []
    for day in range(days.shape[1]):
        asked = read_levels(said, LEVELS, state.levels())
        inside.append(days[:, day, :, None] <= asked[:, None, :])
        state = state.update(days[:, day], np.repeat(said[:, None], 25, axis=1))
    after = np.array(inside)[STILL // 25 + 8 :].mean(axis=(0, 1, 2))
    assert np.abs(after - LEVELS).max() < 0.02
