"""How much of a tier's work each tier above it causes, measured from their past demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST_PERIODS = 48
HUBER = 1.345  # 95 % efficiency on normal errors (Huber, 1964; the usual tuning constant)
ROUNDS = 20
LATELY = 3  # periods
MOST_MEMORY = 0.999
LEAST_SPREAD = 1e-3  # what is seen may be zero; a factor on a logarithmic scale may not
LEVELS = np.arange(1, 100) / 100


@dataclass(frozen=True, slots=True)
class Ratios:
    """Busy units of a tier per busy unit of each tier above it.

    ``explained`` is the share of the variance on the last third of the periods that the ratios,
    fitted on the first two thirds, explain; ``spread`` what was seen over what they say, at the
    quantiles 0.01 to 0.99. What is seen wanders around what they say: ``recent`` is the logarithm
    of the one over the other of late, ``memory`` the share of it that is left a period later;
    ``last`` is the time of the last period that was seen.
    """

    values: dict[str, float]
    explained: float
    spread: Floats
    periods: int
    recent: float = 0.0
    memory: float = 0.0
    last: pd.Timestamp | None = None

    def spread_at(self, level: float) -> float:
        """Seen over said, at a quantile."""
        return max(float(np.interp(level, LEVELS, self.spread)), LEAST_SPREAD)


def measure_ratios(
    above: pd.DataFrame, below: pd.Series, known: Mapping[str, float] | None = None
) -> Ratios | None:
    """Fit non-negative ratios robustly: least squares with Huber's weights, without an intercept.

    Parameters
    ----------
    above
        Busy units of each tier above, one column a tier, indexed by time; a cache between the
        tiers already counted.
    below
        Busy units of the tier below, by time. Times that are missing, unknown or censored on
        either side are to be left out.
    known
        Ratios that are given, not to be measured: of these the past tells the spread only.

    Returns
    -------
    Ratios or None
        None when fewer than 48 periods are known on both sides, or nothing flows; unless all
        ratios are given, which then have no spread.
    """
    both = above.join(below.rename("below"), how="inner").dropna()
    both = both[(both[above.columns] > 0).any(axis=1)]
    given = np.array([(known or {}).get(str(tier), np.nan) for tier in above.columns])
    if len(both) < LEAST_PERIODS or float(both["below"].abs().sum()) == 0:
        return _as_given(above, given, len(both))
    x, y = both[above.columns].to_numpy(dtype=float), both["below"].to_numpy(dtype=float)
    values = _values(x, y, given)
    said = x @ values
    if not said.any():
        return None
    over = y[said > 0] / said[said > 0]
    if known:  # who gives a ratio knows better than the past
        over = over / max(float(np.median(over)), LEAST_SPREAD)
    spread = np.quantile(over, LEVELS)
    recent, memory = _wander(over)
    ratios = dict(zip(map(str, above.columns), map(float, values), strict=True))
    return Ratios(
        ratios, _explained(x, y, given), spread, len(both), recent, memory, both.index[-1]
    )


def _as_given(above: pd.DataFrame, given: Floats, periods: int) -> Ratios | None:
    """Take given ratios as they are, when all are given; the past tells nothing of them."""
    if np.isnan(given).any():
        return None
    values = dict(zip(map(str, above.columns), map(float, given), strict=True))
    return Ratios(values, 0.0, np.ones(len(LEVELS)), periods)


def _wander(over: Floats) -> tuple[float, float]:
    """Fit a first-order autoregression to the logarithms; the mean of the last three begins it."""
    logs = np.log(np.maximum(over, LEAST_SPREAD))
    away = logs - np.median(logs)
    around = float(away @ away)
    memory = float(away[1:] @ away[:-1]) / around if around > 0 else 0.0
    return float(away[-LATELY:].mean()), min(max(memory, 0.0), MOST_MEMORY)


def _values(x: Floats, y: Floats, given: Floats) -> Floats:
    """Fit the ratios that are not given, on what the given ones leave."""
    open_ = np.isnan(given)
    values = np.where(open_, 0.0, given)
    if open_.any():
        values[open_] = _fit(x[:, open_], np.maximum(y - x @ values, 0.0))
    return values


def _fit(x: Floats, y: Floats) -> Floats:
    """Reweight until the ratios stand still; errors grow with the level, so weigh by it."""
    from scipy.optimize import nnls  # whoever only reads what was learned has no need of scipy

    level = np.maximum(np.abs(y), 0.1 * np.abs(y).mean())
    weights = 1 / level
    values: Floats = nnls(x * weights[:, None], y * weights)[0]
    for _ in range(ROUNDS):
        error = np.abs(y - x @ values) / level
        scale = max(1.4826 * float(np.median(error)), 1e-9)
        huber = np.sqrt(np.minimum(1.0, HUBER / np.maximum(error / scale, 1e-12)))
        fresh: Floats = nnls(x * (weights * huber)[:, None], y * weights * huber)[0]
        if np.allclose(fresh, values, rtol=1e-6, atol=1e-12):
            break
        values = fresh
    return values


def _explained(x: Floats, y: Floats, given: Floats) -> float:
    """R squared on the last third, against its own mean; below zero is worse than the mean."""
    cut = 2 * len(y) // 3
    error = y[cut:] - x[cut:] @ _values(x[:cut], y[:cut], given)
    around = y[cut:] - y[cut:].mean()
    total = float(around @ around)
    return 1 - float(error @ error) / total if total > 0 else float(not error.any())
