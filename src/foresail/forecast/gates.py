"""The gates: two small networks that weigh experts, and views of their errors.

A mixture of experts (Jacobs et al., 1991; for forecasts FFORMA: Montero-Manso et al., 2020). What
an expert did at the past origins of a series counts most; what the gate learned before is how far
to trust that, by lead, with few origins, after a shift. The weights are positive and sum to one,
so that a forecast never leaves the range of the experts. They were learned on simulated series
only (``models/gates``); no measured demand is in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
from scipy.special import softmax

from foresail.forecast.arrays import Floats
from foresail.forecast.features import BUCKETS

ARTEFACT = "gates.npz"
Parameters = dict[str, Floats]


@dataclass(frozen=True)
class Gates:
    """Learned parameters, averaged over the members of a small ensemble."""

    experts: tuple[Parameters, ...]
    bands: tuple[Parameters, ...]

    def weigh_experts(self, losses: Floats, traits: Floats) -> Floats:
        """Weights of the experts; shape (rows, experts, lead buckets), summing to 1."""
        return np.asarray(np.mean([_weigh(p, losses, traits) for p in self.experts], axis=0))

    def weigh_bands(self, traits: Floats) -> list[tuple[Floats, Floats]]:
        """Per member: weights (rows, views, levels, leads), log stretch (rows, levels, leads)."""
        return [_stretch(p, traits) for p in self.bands]


def _weigh(p: Parameters, losses: Floats, traits: Floats) -> Floats:
    hidden = np.tanh(traits @ p["in"] + p["in_bias"])
    prior = p["bias"] + (hidden @ p["out"] + p["out_bias"]).reshape(len(traits), -1, BUCKETS)
    sharpness = np.exp(hidden @ p["sharp"] + p["sharp_bias"])[:, None, :]
    return np.asarray(softmax(prior - sharpness * (losses @ p["loss"]), axis=1))


def _stretch(p: Parameters, traits: Floats) -> tuple[Floats, Floats]:
    hidden = np.tanh(traits @ p["in"] + p["in_bias"])
    levels = p["stretch"].shape[0]
    by_view = (hidden @ p["out"] + p["out_bias"]).reshape(len(traits), -1, levels, 1)
    weights = softmax(p["bias"] + by_view, axis=1)
    log = p["stretch"] + (hidden @ p["wide"] + p["wide_bias"]).reshape(len(traits), levels, BUCKETS)
    return np.asarray(weights), np.clip(log, -1.0, 1.5)


@lru_cache(maxsize=1)
def load() -> Gates:
    """Read the gates that come with the package."""
    with files("foresail.forecast").joinpath(ARTEFACT).open("rb") as file:
        stored = dict(np.load(file, allow_pickle=False))
    members: dict[str, dict[str, Parameters]] = {"experts": {}, "bands": {}}
    for key, value in stored.items():
        kind, member, name = key.split("/")
        if kind in members:
            members[kind].setdefault(member, {})[name] = value.astype(np.float64)
    return Gates(tuple(members["experts"].values()), tuple(members["bands"].values()))
