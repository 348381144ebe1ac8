"""The learned gates fit the engine they came with; weights are weights; the artefact is plain."""

from __future__ import annotations

from importlib.resources import files

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
