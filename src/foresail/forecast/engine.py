"""From hourly windows to quantiles: trials, weights, paths, bands; thousands of rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from foresail.forecast import bands, features
from foresail.forecast.arrays import Floats
from foresail.forecast.bands import Evidence
from foresail.forecast.gates import Gates
from foresail.forecast.origins import Trials
from foresail.forecast.window import DAY_HOURS, Window

# Measured demand leans a little further to the right than what is simulated: its median lies lower.
# In normal scores, fading to nothing one of them away; about the same whichever trace is left out.
LEAN = -0.02

_TOP, _NEXT = bands.LEVELS[-1], bands.LEVELS[-2]


@dataclass(frozen=True)
class Combined:
    """The experts' weighted paths, hour by hour, now and at past origins.

    Parameters
    ----------
    path
        Shape (rows, hours ahead).
    made, came
        Shape (rows, origins, 48): said at past origins; what came, NaN where unknown.
    weights
        Shape (rows, experts, lead buckets).
    traits
        Shape (rows, traits): what kind of series each is.
    """

    path: Floats
    made: Floats
    came: Floats
    weights: Floats
    traits: Floats

    def evidence(self, window: Window) -> Evidence:
        """Bring path and errors together with the history they came from."""
        return Evidence(self.path, self.made, self.came, window.values, DAY_HOURS)


def combine(window: Window, trials: Trials, gates: Gates) -> Combined:
    """Weigh the experts by what they did at past origins."""
    losses = features.expert_losses(trials, features.size(window.values))
    traits = features.series_traits(window, trials, losses)
    weights = gates.weigh_experts(losses, traits)
    hourly = weights[:, :, features.lead_bucket(trials.ahead.shape[2])]
    path = np.einsum("reh,reh->rh", hourly, trials.ahead)
    trial = weights[:, :, features.lead_bucket(trials.past.shape[3])]
    made = np.einsum("reh,rkeh->rkh", trial, np.nan_to_num(trials.past))
    return Combined(path, made, trials.actual, weights, traits)


def band_traits(traits: Floats, errors: Floats) -> Floats:
    """Describe to the gate of the bands the series and its errors."""
    return np.concatenate([traits[:, : features.TRAITS], errors], axis=1)


def quantile_paths(
    evidence: Evidence, traits: Floats, gates: Gates, levels: Sequence[float]
) -> Floats:
    """Quantiles around a path.

    Parameters
    ----------
    evidence
        The path and its errors at past origins, at any period.
    traits
        Of the series, as `combine` gives them.
    gates
        How to weigh the views of the errors.
    levels
        Rising, in (0, 1).

    Returns
    -------
    ndarray
        Shape (rows, steps, levels): non-crossing, never below zero.
    """
    found, errors = bands.views(evidence)
    bucket = features.lead_bucket(-(-evidence.steps * DAY_HOURS // evidence.slots))
    bucket = bucket[np.arange(evidence.steps) * DAY_HOURS // evidence.slots]
    path = evidence.path[:, None, :]
    members = []
    for weights, log in gates.weigh_bands(band_traits(traits, errors)):
        mixed = np.einsum("rvls,rvls->rls", weights[..., bucket], found)
        members.append(path + (mixed - path) * np.exp(log[..., bucket]))
    known = np.maximum.accumulate(np.maximum(np.mean(members, axis=0), 0.0), axis=1)
    return _at_levels(known, levels)


def _leaning(scores: Floats) -> Floats:
    return np.asarray(scores + LEAN * np.maximum(1 - np.abs(scores), 0.0))


def _at_levels(known: Floats, levels: Sequence[float]) -> Floats:
    """Interpolate in normal scores; beyond the last level the tail is exponential."""
    scores, wanted = ndtri(bands.LEVELS), _leaning(ndtri(np.asarray(levels)))
    result = np.empty((known.shape[0], known.shape[2], len(levels)))
    for at, (level, score) in enumerate(zip(ndtr(wanted), wanted, strict=True)):
        if level > _TOP:
            slope = (known[:, -1] - known[:, -2]) / np.log((1 - _NEXT) / (1 - _TOP))
            result[:, :, at] = known[:, -1] + slope * np.log((1 - _TOP) / (1 - level))
            continue
        right = int(np.clip(np.searchsorted(scores, score - 1e-12), 1, len(scores) - 1))
        share = (score - scores[right - 1]) / (scores[right] - scores[right - 1])
        low, high = known[:, right - 1], known[:, right]
        result[:, :, at] = low + share * (high - low)
    return np.maximum.accumulate(np.maximum(result, 0.0), axis=2)
