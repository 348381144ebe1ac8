"""Latency as a function of load per unit: where a quantile of it crosses the SLO."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foresail.demand.load_fit import SEED, Estimate
from foresail.demand.loads import Array, Loads

DRAWS = 200
MOST_STEPS = 24
_TINY = 1e-9  # seconds: a latency of zero has no logarithm
_IN_TAIL = 4  # periods of a step that should lie above the quantile


@dataclass(frozen=True, slots=True)
class LatencyFit:
    """The quantile of latency by load, never falling: one point for each step of load.

    ``low`` and ``high`` are its band at the same loads; ``crossing`` is None where the SLO is not
    crossed within the loads seen, and ``below`` says on which side they all are.
    """

    load: Array
    latency: Array
    low: Array
    high: Array
    crossing: Estimate | None
    below: bool


def fit_latency(loads: Loads, slo: float, quantile: float) -> LatencyFit | None:
    """Find the load per unit at which a quantile of latency crosses the SLO.

    Loads are cut into steps of equally many periods; the quantile of each is made non-decreasing
    by isotonic regression (Barlow, Bartholomew, Bremner and Brunk, 1972), and read between the
    middles of steps. Latency may bend as it will, so that nothing is said outside the loads seen.
    The interval holds 95 of 100 draws of whole days.

    Parameters
    ----------
    loads
        Periods with latency, in seconds.
    slo
        Latency that the quantile may reach, in seconds.
    quantile
        Which quantile over periods.

    Returns
    -------
    LatencyFit or None
        None where there are too few periods for two steps.
    """
    steps = min(MOST_STEPS, int(len(loads) * (1 - quantile) / _IN_TAIL))
    if steps < 2 or loads.latency is None:
        return None
    x, y = _steps(loads.load, loads.latency, quantile, steps)
    days = loads.days
    rows = [np.flatnonzero(days == day) for day in range(int(days.max()) + 1)]
    rng = np.random.default_rng(SEED)
    crossed, drawn = np.empty(DRAWS), np.empty((DRAWS, steps))
    for at in range(DRAWS):
        some = np.concatenate([rows[day] for day in rng.integers(len(rows), size=len(rows))])
        xs, ys = _steps(loads.load[some], loads.latency[some], quantile, steps)
        crossed[at], drawn[at] = _crossing(xs, ys, slo), np.interp(x, xs, ys)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    value = _crossing(x, y, slo)
    below = bool(y[-1] <= slo)
    if not np.isfinite(value) or value <= 0:
        return LatencyFit(x, y, low, high, None, below)
    ends = np.sort(crossed)[[int(0.025 * DRAWS), int(0.975 * DRAWS)]]
    crossing = Estimate(value, min(float(ends[0]), value), max(float(ends[1]), value))
    return LatencyFit(x, y, low, high, crossing, below)


def _steps(load: Array, latency: Array, quantile: float, steps: int) -> tuple[Array, Array]:
    """Mean load and quantile of latency of each step, made non-decreasing.

    Latency rises within a step, too: its quantile is taken of the ratio to a non-decreasing path
    through all periods, so that the upper end of a step is not counted against its middle.
    """
    from sklearn.isotonic import isotonic_regression

    order = np.lexsort((latency, load))
    x, y = load[order], np.maximum(latency[order], _TINY)
    path = np.exp(isotonic_regression(np.log(y)))
    parts = np.array_split(np.arange(len(x)), steps)
    middle = np.array([x[part].mean() for part in parts])
    ratio = np.array([np.quantile(y[part] / path[part], quantile) for part in parts])
    usual = np.array([path[part].mean() for part in parts])
    return middle, np.asarray(isotonic_regression(usual * ratio), dtype=float)


def _crossing(x: Array, y: Array, slo: float) -> float:
    """Load at which a non-decreasing path exceeds a level: inf if never, 0 if it always does."""
    if y[-1] <= slo:
        return float("inf")
    if y[0] > slo:
        return 0.0
    after = int(np.argmax(y > slo))
    share = (slo - y[after - 1]) / (y[after] - y[after - 1])
    return float(x[after - 1] + share * (x[after] - x[after - 1]))
