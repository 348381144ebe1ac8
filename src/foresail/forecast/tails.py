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

SEEN_DAYS, RECENT_DAYS = 14, 3  # whose range, and whose errors, are the last resort
WEEK_DAYS = 7  # less than that has not seen every day of the week


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


def seen_lately(
    days: NDArray[np.int64], values: Floats, off: Floats, width: Floats
) -> tuple[Floats, Floats]:
    """Highest value of the last two weeks and the error that is usual lately, for each period.

    A value beyond everything seen is news even to a forecast that has just become unsure: right
    after a shift up, a band reaches down to the old level, and beyond it by as much again. How far
    beyond is told in errors that were made, not in those that were feared.

    Parameters
    ----------
    days
        Number of each period's day; a day knows only the days before it.
    values, off, width
        What was measured, how far that lay above the median of its band, and the band's half-width
        above; for what lies below, all of them mirrored.

    Returns
    -------
    tuple
        The highest value of two weeks, and the larger of the 95 % quantile of the errors of
        three days and the median half-width of two weeks. Both are infinite where less than a
        week is known.

    Notes
    -----
    Range of the past as a limit: records of an exchangeable series become rare, n periods hold the
    next highest with a chance of 1 / (n + 1) (Arnold, Balakrishnan and Nagaraja, *Records*, 1998).
    """
    known = np.isfinite(off) & np.isfinite(width)
    furthest, error = np.full(len(days), np.inf), np.full(len(days), np.inf)
    for number in np.unique(days):
        past = known & (days < number) & (days >= number - SEEN_DAYS)
        late = past & (days >= number - RECENT_DAYS)
        if not late.any() or number - days[past].min() < WEEK_DAYS:
            continue
        today = days == number
        furthest[today] = values[past].max()
        made = float(np.quantile(np.maximum(off[late], 0), 0.95))
        error[today] = max(made, float(np.median(width[past])))
    return furthest, error


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
