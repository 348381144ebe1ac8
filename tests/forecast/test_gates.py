"""The learned gates fit the engine they came with; weights are weights; the artefact is plain."""

from __future__ import annotations

import importlib.util
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from foresail.forecast import bands, experts, features
from foresail.forecast.bands import LEVELS, VIEWS
from foresail.forecast.engine import band_traits
from foresail.forecast.experts import NAMES
from foresail.forecast.features import BUCKETS, TRAITS
from foresail.forecast.gates import ARTEFACT, load
from foresail.forecast.origins import run_trials
from foresail.forecast.window import Window

TRAINING = Path(__file__).parents[2] / "models" / "gates"
RETRAIN = "retrain: python models/gates/train.py"


@pytest.fixture(scope="module")
def seen():
    """Losses, traits and traits of errors of a few series, as the engine would have them."""
    values = np.random.default_rng(0).gamma(9.0, 10.0, (5, 336))
    values[1], values[2] = 0.0, 3.0
    window = Window(values, np.zeros(5, dtype=int), np.arange(5))
    trials = run_trials(window, 2)
    losses = features.expert_losses(trials, features.size(values))
    traits = features.series_traits(window, trials, losses)
    made = trials.past[:, :, 3]
    evidence = bands.Evidence(trials.ahead[:, 3], made, trials.actual, values, 24)
    return losses, traits, bands.views(evidence)[1]


def test_the_artefact_is_plain_arrays():
    with files("foresail.forecast").joinpath(ARTEFACT).open("rb") as file:
        stored = dict(np.load(file, allow_pickle=False))
    assert all(value.dtype == np.float32 for value in stored.values())
    assert all(np.isfinite(value).all() for value in stored.values())
    assert sum(value.nbytes for value in stored.values()) < 500_000
    assert {key.split("/")[0] for key in stored} == {"experts", "bands"}


def test_members_are_as_they_were_stored():
    gates = load()
    assert len(gates.experts) == len(gates.bands) >= 1
    assert len({tuple(sorted(p)) for p in gates.experts}) == 1
    assert load() is gates


def test_the_gate_of_the_experts_fits_what_it_is_shown(seen):
    losses, traits, _ = seen
    for p in load().experts:
        hidden = p["in_bias"].shape[0]
        count = len(NAMES)
        assert {name: value.shape for name, value in p.items()} == {
            "bias": (count, BUCKETS),
            "loss": (losses.shape[2], BUCKETS),
            "in": (traits.shape[1], hidden),
            "in_bias": (hidden,),
            "out": (hidden, count * BUCKETS),
            "out_bias": (count * BUCKETS,),
            "sharp": (hidden, BUCKETS),
            "sharp_bias": (BUCKETS,),
        }, RETRAIN


def test_the_gate_of_the_bands_fits_what_it_is_shown(seen):
    _, traits, errors = seen
    shown = band_traits(traits, errors)
    assert shown.shape[1] == TRAITS + errors.shape[1]
    for p in load().bands:
        hidden = p["in_bias"].shape[0]
        assert {name: value.shape for name, value in p.items()} == {
            "bias": (len(VIEWS), len(LEVELS), BUCKETS),
            "stretch": (len(LEVELS), BUCKETS),
            "in": (shown.shape[1], hidden),
            "in_bias": (hidden,),
            "out": (hidden, len(VIEWS) * len(LEVELS)),
            "out_bias": (len(VIEWS) * len(LEVELS),),
            "wide": (hidden, len(LEVELS) * BUCKETS),
            "wide_bias": (len(LEVELS) * BUCKETS,),
        }, RETRAIN


# What the gates were learned with: whoever changes a name or its order must learn them anew.
def test_what_the_gates_were_learned_with():
    assert len(NAMES) == len(set(NAMES)) == 30
    assert (NAMES[0], NAMES[6], NAMES[20], NAMES[-1]) == (
        "yesterday", "last-week", "smooth", "harmonic-fast+8h",
    ), RETRAIN  # fmt: skip
    assert VIEWS == (
        "all", "lead", "slot", "level", "root", "latest", "hour", "week", "fortnight", "two-days",
    ), RETRAIN  # fmt: skip
    assert LEVELS.tolist() == [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99], RETRAIN
    assert (features.LEADS, TRAITS) == ((3, 10, 24), 15), RETRAIN
    assert set(features._COMPARED) <= set(experts.NAMES)


@pytest.mark.parametrize("strange", [False, True])
def test_weights_are_positive_and_sum_to_one(seen, strange):
    losses, traits, errors = seen
    if strange:  # the bounds of what features can be
        rng = np.random.default_rng(1)
        losses = rng.choice([-6.0, 3.0], losses.shape)
        traits, errors = (
            rng.choice([-6.0, 6.0], traits.shape),
            rng.choice([-5.0, 5.0], errors.shape),
        )
    weights = load().weigh_experts(losses, traits)
    assert weights.shape == (5, len(NAMES), BUCKETS)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-12)
    for views, log in load().weigh_bands(band_traits(traits, errors)):
        assert views.shape == (5, len(VIEWS), len(LEVELS), BUCKETS)
        assert (views >= 0).all()
        np.testing.assert_allclose(views.sum(axis=1), 1.0, rtol=1e-12)
        assert log.shape == (5, len(LEVELS), BUCKETS)
        assert -1 <= log.min() <= log.max() <= 1.5


def test_who_was_wrong_weighs_less():
    traits = np.zeros((2, load().experts[0]["in"].shape[0]))
    losses = np.zeros((2, len(NAMES), load().experts[0]["loss"].shape[0]))
    losses[1, 4] = 2.0
    first, second = load().weigh_experts(losses, traits)
    assert (second[4] < 0.6 * first[4]).all()


# How they are learned: models/gates.


def training(name, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    found = importlib.util.spec_from_file_location(f"gates_{name}", TRAINING / f"{name}.py")
    module = importlib.util.module_from_spec(found)
    monkeypatch.setitem(sys.modules, found.name, module)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def simulate(monkeypatch):
    return training("simulate", monkeypatch)


def test_simulated_windows_have_their_shapes(simulate):
    drawn = simulate.sample(30, 4, seed=3)
    assert drawn.past.shape == (120, 336)
    assert drawn.future.shape == (120, 48)
    assert drawn.hour.shape == drawn.weekday.shape == drawn.group.shape == (120,)
    assert set(drawn.hour) <= set(range(24))
    assert set(drawn.weekday) <= set(range(7))
    assert drawn.group.tolist() == np.repeat(np.arange(30), 4).tolist()


def test_simulated_demand_is_a_finite_number_or_before_the_start(simulate):
    drawn = simulate.sample(60, 2, seed=4)
    assert np.isfinite(drawn.future).all()
    assert (drawn.future >= 0).all()
    known = np.isfinite(drawn.past)
    assert (drawn.past[known] >= 0).all()
    assert known[:, -8 * 24 :].all()
    assert (np.diff(known.astype(int), axis=1) >= 0).all()  # what is missing lies before the start
    assert not known.all()


def test_the_same_seed_draws_the_same_and_another_does_not(simulate):
    first, second, other = (simulate.sample(10, 2, seed=one) for one in (5, 5, 6))
    for name in ("past", "future", "hour", "weekday", "group"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert not np.array_equal(first.future, other.future)


def test_windows_of_one_series_go_on_from_one_another(simulate):
    drawn = simulate.sample(20, 4, seed=7)
    for series in range(20):
        mine = np.flatnonzero(drawn.group == series)
        both = np.concatenate([drawn.past[mine[0]], drawn.future[mine[0]]])
        assert np.nanmax(both) > 0


def test_hours_of_the_week_go_with_the_simulated_days(simulate):
    """Demand that is low at weekends is low at the hours that are told to be weekends."""
    drawn = simulate.sample(300, 1, seed=8)
    lower = []
    for row in range(300):
        window = Window(drawn.past[row : row + 1], drawn.hour[row : row + 1], drawn.weekday[[row]])
        rest = window.weekend(-336, 336)[0]
        values = drawn.past[row]
        lower.append(np.nanmedian(values[rest]) / (np.nanmedian(values[~rest]) + 1e-12))
    assert np.mean(np.array(lower) < 0.9) > 2 * np.mean(np.array(lower) > 1 / 0.9)


def test_all_kinds_of_series_occur(simulate, monkeypatch):
    seen, plain = [], simulate._level
    monkeypatch.setattr(simulate, "_level", lambda rng, kind: seen.append(kind) or plain(rng, kind))
    rng = np.random.default_rng(0)
    for _ in range(300):
        series = simulate.draw(rng)
        assert series.values.shape == (simulate.HOURS,)
        assert 0 <= series.start < 168
    assert sum(simulate.KINDS.values()) == pytest.approx(1)
    assert set(seen) == set(simulate.KINDS)
    for kind, share in simulate.KINDS.items():
        assert seen.count(kind) / 300 == pytest.approx(share, abs=0.1), kind


def test_some_are_intermittent_some_are_counts_and_some_have_outages(simulate):
    rng = np.random.default_rng(1)
    values = [simulate.draw(rng).values for _ in range(200)]
    assert any((one == 0).mean() > 0.15 for one in values)
    assert any((one == np.round(one)).all() and one.any() for one in values)
    assert any((one > 0).all() for one in values)


def test_a_tiny_training_gives_gates_that_can_be_used(monkeypatch, tmp_path, seen):
    pytest.importorskip("torch", reason="PyTorch is not installed: the training is not tried")
    train = training("train", monkeypatch)
    drawn = train.sample(12, train.WINDOWS, 1)
    first = train.learn_experts(train.expert_task(drawn), seed=0, steps=3).parameters_by_name()
    gates = train.Gates(({name: value.astype(float) for name, value in first.items()},), ())
    second = train.learn_bands(train.band_task(drawn, gates), seed=0, steps=3).parameters_by_name()
    for learned, stored in ((first, load().experts[0]), (second, load().bands[0])):
        assert {name: value.shape for name, value in learned.items()} == {
            name: value.shape for name, value in stored.items()
        }
        assert all(np.isfinite(value).all() for value in learned.values())
    weights = gates.weigh_experts(*seen[:2])
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
