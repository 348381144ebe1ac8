"""Thresholds that are exceeded as rarely as asked, from the tail of past scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TAIL = 0.1  # share of scores whose clusters make up the tail
SHAPE, SHAPE_WEIGHT = 0.1, 10.0  # prior of the tail's shape, in clusters
SHAPES = (-0.3, 0.6)
CAUTION = 0.75  # upward standard errors of the shape: few clusters must not promise too much
LEAST_THRESHOLD = 1.0  # an alarm never lies inside the band itself


def tail_threshold(scores: Floats, per_week: float, *, weeks: float, gap: int = 1) -> float:
    """Score that is exceeded by `per_week` clusters a week, by a generalised Pareto tail.

    Parameters
    ----------
    scores
        Past scores in the order of time; NaN where nothing was measured.
    per_week
        Clusters a week that may exceed the threshold.
    weeks
        Time that the scores cover.
    gap
        Exceedances that are no more than this many positions apart are one cluster.

    Returns
    -------
    float
        The threshold; never under 1. Infinite when there are fewer than 20 scores.
    """
    known = np.flatnonzero(np.isfinite(scores))
    if len(known) < 20:
        return float("inf")
    values = scores[known]
    size = max(int(min(TAIL * len(values), 4 * np.sqrt(len(values)))), 3)
    base = float(np.sort(values)[-size - 1])
    over = np.flatnonzero(values > base)
    if not len(over):
        return max(base, LEAST_THRESHOLD)
    cluster = np.concatenate(([0], np.cumsum(np.diff(known[over]) > gap)))
    peaks = np.zeros(int(cluster[-1]) + 1)
    np.maximum.at(peaks, cluster, values[over] - base)
    often = len(peaks) / (weeks * per_week)
    scale, shape = _pareto(peaks)
    far = scale * np.log(often) if abs(shape) < 1e-6 else scale * (often**shape - 1) / shape
    return float(max(base + max(far, 0.0), LEAST_THRESHOLD))


def _pareto(excesses: Floats) -> tuple[float, float]:
    """Scale and shape of a generalised Pareto tail, the shape shrunk to its prior."""
    ordered, count = np.sort(excesses), len(excesses)
    mean = float(ordered.mean())
    share = (np.arange(count)[::-1]) / max(count - 1, 1)  # of the excesses that are larger
    weighted = float((share * ordered).mean()) if count > 1 else mean / 4
    spread = mean - 2 * weighted
    raw = 2 - mean / spread if spread > 1e-12 else SHAPES[0]
    shape = (count * raw + SHAPE_WEIGHT * SHAPE) / (count + SHAPE_WEIGHT)
    shape = float(np.clip(shape + CAUTION * (1 + SHAPE) / np.sqrt(count + SHAPE_WEIGHT), *SHAPES))
    return mean * (1 - shape), shape
