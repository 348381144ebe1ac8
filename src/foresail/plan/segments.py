"""Fewest wasted unit-hours with at most K steps: exact dynamic programming over segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def fewest_waste(needed: Ints, widths: Floats, max_steps: int) -> Ints:
    """Cover a step function from above with at most `max_steps` steps of least total area.

    A segment costs its highest need times its width. That cost is not Monge, so no shortcut of
    divide and conquer is exact; the recurrence is evaluated for all step counts at once.

    Parameters
    ----------
    needed
        Shape (T,): units needed in each interval, non-negative.
    widths
        Shape (T,): length of each interval, positive, in any one unit of time.
    max_steps
        Most steps allowed, at least 1.

    Returns
    -------
    ndarray
        Shape (T,): the covering curve; at least `needed` everywhere. Of several best covers the
        one with fewest steps.
    """
    starts = np.flatnonzero(np.r_[True, needed[1:] != needed[:-1]])
    if len(starts) <= max_steps:
        return needed.copy()
    runs = needed[starts]
    lengths = np.add.reduceat(widths, starts)
    covered = _cover(runs, lengths, max_steps)
    return np.repeat(covered, np.diff(np.r_[starts, len(needed)]))


def _cover(runs: Ints, lengths: Floats, max_steps: int) -> Ints:
    """Solve on runs of different need; a best segment starts and ends where the need changes."""
    edges = np.r_[0.0, np.cumsum(lengths)]
    best = _best_areas(runs, edges, max_steps)
    result = np.empty_like(runs)
    end, steps = len(runs), int(np.argmin(best[:, len(runs)]))
    while end:
        options = best[steps - 1, :end] + _areas(runs, edges, end)
        start = int(np.argmin(options))
        result[start:end] = runs[start:end].max()
        end, steps = start, steps - 1
    return result


def _best_areas(runs: Ints, edges: Floats, max_steps: int) -> Floats:
    """Least area of the first j runs in exactly k steps, at [k, j]; infinite when impossible."""
    count = len(runs)
    best = np.full((max_steps + 1, count + 1), np.inf)
    best[0, 0] = 0.0
    buffer = np.empty((max_steps, count))
    for end in range(1, count + 1):
        options = np.add(best[:-1, :end], _areas(runs, edges, end), out=buffer[:, :end])
        options.min(axis=1, out=best[1:, end])
    return best


def _areas(runs: Ints, edges: Floats, end: int) -> Floats:
    """Area of one segment from each start to `end`."""
    highest = np.maximum.accumulate(runs[:end][::-1])[::-1]
    area: Floats = highest * (edges[end] - edges[:end])
    return area
