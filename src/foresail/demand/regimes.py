"""Two regimes: the single time at which what a unit serves changed, if there is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.demand.load_fit import LoadFit, fit_loads
from foresail.demand.loads import Array, Loads

LEAST_CHANGE = 0.05  # of the load at the SLO: less is not worth leaving data out
_CANDIDATES = 200
_LEAST_DAYS = 2
_SUPREMUM = 1.5  # the best of many breaks is wider of the truth than one: 1.96 becomes about 3


@dataclass(frozen=True, slots=True)
class Break:
    """When what a unit serves changed, and the load at the SLO before and after."""

    at: pd.Timestamp
    before: float
    after: float


def find_break(loads: Loads, slo: float) -> Break | None:
    """Find the best single break in time of the line, if it holds.

    The break is where two lines leave the least squares (Quandt, 1960); it holds where the load
    at the SLO differs by more than 5 %, and by more than one and a half times what its intervals
    allow, since the best of many candidates is tested (Andrews, 1993). Each side has two days.
    """
    kept = ~loads.saturated
    seen = loads.part(kept)
    at = _best(seen)
    if at is None:
        return None
    early = loads.times < at
    if min(kept[early].sum(), kept[~early].sum()) < 8:
        return None
    old, new = fit_loads(loads.part(early)), fit_loads(loads.part(~early))
    before, after = old.load_at(slo), new.load_at(slo)
    if before is None or after is None or not np.isfinite([before.high, after.high]).all():
        return None
    change = abs(np.log(after.value / before.value))
    wide = float(np.hypot(_wide(old, slo), _wide(new, slo)))
    if change < max(np.log1p(LEAST_CHANGE), _SUPREMUM * wide):
        return None
    return Break(at, before.value, after.value)


def _wide(fit: LoadFit, slo: float) -> float:
    found = fit.load_at(slo)
    return float(np.log(found.high / found.value)) if found is not None else np.inf


def _best(loads: Loads) -> pd.Timestamp | None:
    """Time of the break that leaves least, at least two days from either end."""
    if loads.utilization is None or len(loads) < 16:
        return None
    edge = pd.Timedelta(days=_LEAST_DAYS)
    first = int(loads.times.searchsorted(loads.times[0] + edge))
    last = int(loads.times.searchsorted(loads.times[-1] - edge))
    if first >= last or first < 8 or len(loads) - last < 8:
        return None
    left = _Left(loads.load / (loads.load.max() or 1.0), _limited(loads))
    places = np.unique(np.linspace(first, last, _CANDIDATES).astype(int))
    places = _finer(left, places, first, last)
    costs = [left(0, place) + left(place, len(loads)) for place in places]
    return pd.Timestamp(loads.times[int(places[int(np.argmin(costs))])])


def _finer(left: _Left, places: NDArray[np.int64], first: int, last: int) -> NDArray[np.int64]:
    """All places around the best of some."""
    costs = [left(0, place) + left(place, left.count) for place in places]
    best = int(places[int(np.argmin(costs))])
    step = max((last - first) // _CANDIDATES, 1) + 1
    return np.arange(max(best - step, first), min(best + step, last) + 1)


def _limited(loads: Loads) -> Array:
    """Utilisation with what is far off brought near, so that an incident makes no break."""
    assert loads.utilization is not None
    load, y = loads.load, loads.utilization
    groups = np.array_split(np.argsort(load, kind="stable"), max(min(20, len(y) // 20), 1))
    limited = y.copy()
    for group in groups:
        low, high = np.quantile(y[group], [0.01, 0.99])
        limited[group] = np.clip(y[group], low, high)
    return limited


class _Left:
    """Squares that a line leaves of any stretch of periods, from running sums."""

    def __init__(self, x: Array, y: Array) -> None:
        self.count = len(x)
        terms = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])
        self._sums = np.vstack([np.zeros(6), np.cumsum(terms, axis=0)])

    def __call__(self, first: int, last: int) -> float:
        n, x, y, xx, xy, yy = self._sums[last] - self._sums[first]
        sx, sxy, sy = xx - x * x / n, xy - x * y / n, yy - y * y / n
        return float(sy - sxy * sxy / sx) if sx > 1e-12 * max(xx, 1e-300) else float(sy)
