"""Quantiles around a median path, from its own errors at rolling origins (conformal).

Split conformal prediction (Vovk et al., 2005) on errors relative to a local scale, by how far
ahead they were made, with the finite-sample correction on the effective number of errors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from foresail.forecast.grid import Floats

BUCKETS_HOURS = (6.0, 24.0)
LEAST_ERRORS = 40
EFFECTIVE = 6.0  # errors of neighbouring periods are alike: about this many per origin-bucket


def quantile_paths(
    path: Floats, made: Floats, actual: Floats, quantiles: Sequence[float], hours: float
) -> Floats:
    """Quantiles of the future around a median path.

    Parameters
    ----------
    path
        Shape (steps,): median predicted now.
    made, actual
        Shape (origins, steps): what was predicted at past origins, and what came (NaN: unknown).
    quantiles
        Levels, rising.
    hours
        Length of a period in hours.

    Returns
    -------
    ndarray
        Shape (steps, quantiles): non-crossing and never below zero.
    """
    scale = _scale(path, made)
    errors = (actual - made) / _scale(made, made)
    ahead = (np.arange(len(path)) + 0.5) * hours
    bucket = np.searchsorted(BUCKETS_HOURS, ahead)
    result = np.empty((len(path), len(quantiles)))
    for one in np.unique(bucket):
        inside = bucket == one
        sample = _sample(errors, inside)
        result[inside] = path[inside, None] + scale[inside, None] * _levels(
            sample, quantiles, origins=len(errors)
        )
    return np.maximum.accumulate(np.maximum(result, 0.0), axis=1)


def _scale(path: Floats, made: Floats) -> Floats:
    """Local size of errors: demand's noise grows with its level, but not from nothing."""
    typical = float(np.nanmean(made)) if made.size else float(np.mean(path))
    return np.sqrt(np.maximum(path, 0.0) * max(typical, 1e-9)) * 0.75 + 0.25 * max(typical, 1e-9)


def _sample(errors: Floats, inside: np.ndarray) -> Floats:
    """Errors made this far ahead; all of them when those are few."""
    chosen = errors[:, inside]
    known: Floats = chosen[np.isfinite(chosen)]
    if len(known) < LEAST_ERRORS:
        known = errors[np.isfinite(errors)]
    return known


def _levels(sample: Floats, quantiles: Sequence[float], origins: int) -> Floats:
    """Corrected error quantiles: the tails are widened as few independent errors demand."""
    if not len(sample):
        return np.zeros(len(quantiles))
    count = max(origins * EFFECTIVE, 1.0)
    corrected = [min(max(q + (q - 0.5) / count, 0.0), 1.0) for q in quantiles]
    return np.asarray(np.quantile(sample, corrected))
