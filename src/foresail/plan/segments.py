"""Fewest wasted unit-hours within a number of steps, their cost and their least length.

An exact dynamic programme over segments: each is one step of the cover.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_NOISE = 1e-9  # share of a total that is float noise, not a better plan


def fewest_waste(
    needed: Ints,
    widths: Floats,
    max_steps: int | None = None,
    *,
    switch_cost: float = 0.0,
    min_dwell: float = 0.0,
) -> Ints:
    """Cover a step function from above by the steps of least total area and switching cost.

    A segment costs its highest need times its width. That cost is not Monge, so no shortcut of
    divide and conquer is exact; the recurrence is evaluated for all starts of a segment at once.
    The number of steps is bounded only where the best plan without a bound has too many.

    Parameters
    ----------
    needed
        Shape (T,): units needed in each interval, non-negative.
    widths
        Shape (T,): length of each interval, positive, in any one unit of time.
    max_steps
        Most steps allowed, at least 1; any number when None.
    switch_cost
        Cost of each step, in units times the unit of `widths`.
    min_dwell
        Least length of a step, in the unit of `widths`. Steps begin where intervals begin; a
        whole that is shorter than this is one step.

    Returns
    -------
    ndarray
        Shape (T,): the covering curve; at least `needed` everywhere. Of several best covers the
        one with fewest steps.
    """
    inner = needed[1:] != needed[:-1]
    if min_dwell > 0:  # a step that has to last may end where the need does not change
        inner = np.ones_like(inner)
    starts = np.flatnonzero(np.r_[True, inner])
    free = switch_cost == 0 and min_dwell == 0
    if free and (max_steps is None or len(starts) <= max_steps):
        return needed.copy()
    lengths = np.add.reduceat(widths, starts)
    covered = _cover(needed[starts], lengths, max_steps, switch_cost, min_dwell)
    return np.repeat(covered, np.diff(np.r_[starts, len(needed)]))


def dwell_cuts(starts: Floats, end: float, min_dwell: float) -> Floats:
    """Moments at which a step of a best plan may begin when none may be shorter than a dwell.

    In a best plan each step begins where the need changes, or is tied to such a moment by a chain
    of steps that last exactly the dwell: otherwise moving it would waste no more.

    Parameters
    ----------
    starts
        Shape (T,): where the need changes, the first one the start of all, rising.
    end
        End of the last interval, in the same unit of time, as `min_dwell`.

    Returns
    -------
    ndarray
        Shape (N,): rising; holds `starts`.
    """
    most = int((end - starts[0]) // min_dwell)
    moved = np.add.outer(np.r_[starts, end], np.arange(-most, most + 1) * min_dwell)
    return np.unique(moved[(moved >= starts[0]) & (moved < end)])


def _cover(
    runs: Ints, lengths: Floats, max_steps: int | None, switch_cost: float, min_dwell: float
) -> Ints:
    """Solve on runs; without a bound on steps first, since that plan is mostly short enough."""
    edges = np.r_[0.0, np.cumsum(lengths)]
    dwell = min(min_dwell, float(edges[-1]))
    if switch_cost > 0 or dwell > 0:
        free = _cheapest(runs, edges, switch_cost, dwell)
        if max_steps is None or np.count_nonzero(np.diff(free)) < max_steps:
            return free
    assert max_steps is not None  # only then is there a bound that the best plan exceeds
    return _bounded(runs, edges, max_steps, switch_cost, dwell)


def _cheapest(runs: Ints, edges: Floats, switch_cost: float, dwell: float) -> Ints:
    """Best cover in any number of steps; the fewest of equally good ones."""
    count = len(runs)
    best, steps = np.full(count + 1, np.inf), np.zeros(count + 1, dtype=np.int64)
    source = np.zeros(count + 1, dtype=np.int64)
    best[0] = 0.0
    for end in range(1, count + 1):
        options = best[:end] + _costs(runs, edges, end, switch_cost, dwell)
        least = options.min()
        if np.isfinite(least):
            equal = options <= least * (1 + _NOISE)
            start = int(np.argmin(np.where(equal, steps[:end], count + 1)))
            best[end], steps[end], source[end] = options[start], steps[start] + 1, start
    return _traced(runs, lambda end, _: int(source[end]), 0)


def _bounded(runs: Ints, edges: Floats, max_steps: int, switch_cost: float, dwell: float) -> Ints:
    """Best cover in at most `max_steps` steps."""
    count = len(runs)
    best = _best_costs(runs, edges, max_steps, switch_cost, dwell)

    def start(end: int, steps: int) -> int:
        costs = _costs(runs, edges, end, switch_cost, dwell)
        return int(np.argmin(best[steps - 1, :end] + costs))

    return _traced(runs, start, int(np.argmin(best[:, count])))


def _traced(runs: Ints, start_of: Callable[[int, int], int], steps: int) -> Ints:
    """Walk back from the end, segment by segment."""
    result = np.empty_like(runs)
    end = len(runs)
    while end:
        start = start_of(end, steps)
        result[start:end] = runs[start:end].max()
        end, steps = start, steps - 1
    return result


def _best_costs(
    runs: Ints, edges: Floats, max_steps: int, switch_cost: float, dwell: float
) -> Floats:
    """Least cost of the first j runs in exactly k steps, at [k, j]; infinite when impossible."""
    count = len(runs)
    best = np.full((max_steps + 1, count + 1), np.inf)
    best[0, 0] = 0.0
    buffer = np.empty((max_steps, count))
    for end in range(1, count + 1):
        costs = _costs(runs, edges, end, switch_cost, dwell)
        options = np.add(best[:-1, :end], costs, out=buffer[:, :end])
        options.min(axis=1, out=best[1:, end])
    return best


def _costs(runs: Ints, edges: Floats, end: int, switch_cost: float, dwell: float) -> Floats:
    """Cost of one segment from each start to `end`; infinite where it is too short."""
    highest = np.maximum.accumulate(runs[:end][::-1])[::-1]
    lengths = edges[end] - edges[:end]
    costs: Floats = highest * lengths + switch_cost
    if dwell > 0:
        costs[lengths < dwell * (1 - _NOISE)] = np.inf
    return costs
