"""The forecast of a tier from the forecasts of the tiers above it."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from foresail.coordination.ratio import Ratios
from foresail.plan.capacity import quantile_columns

TINY = 1e-9  # of a unit: no demand


def driven_units(above: Mapping[str, pd.DataFrame], ratios: Ratios, name: str) -> pd.DataFrame:
    """Busy units of a tier that the tiers above will cause.

    The tiers above share their customers, so their quantiles are added as they are. What the
    ratios leave open is independent of that: distances from the median, on a logarithmic scale,
    add as roots of squares, as independent errors of a product do. What the last periods showed
    beside the ratios fades as the autoregression says, and the spread grows with it.

    Parameters
    ----------
    above
        Busy units of each tier above: timestamp and quantiles q0.1 ..., a cache already counted.
    ratios
        As measured on the past.
    name
        Series of the result.

    Returns
    -------
    DataFrame
        series, timestamp and the quantiles that all have, non-decreasing.
    """
    columns = _common([quantile_columns(frame) for frame in above.values()])
    flows = [
        frame.set_index("timestamp")[list(columns.values())] * ratios.values[tier]
        for tier, frame in above.items()
    ]
    total = flows[0]
    for flow in flows[1:]:
        total = total.add(flow, fill_value=0.0)
    values = total.to_numpy(dtype=float)
    middle = _median(values, np.array(list(columns)))
    out = total.copy()
    since = _periods_since(ratios.last, pd.DatetimeIndex(total.index))
    left = ratios.memory ** (since + np.arange(1, len(values) + 1))  # of the last wandering
    usual = ratios.spread_at(0.5) * np.exp(left * ratios.recent)
    for at, (level, column) in enumerate(columns.items()):
        own = abs(math.log(ratios.spread_at(level) / ratios.spread_at(0.5))) * np.sqrt(1 - left**2)
        out[column] = values[:, at] * usual * _widened(values[:, at], middle, own, level)
    ordered = np.maximum.accumulate(out.to_numpy(), axis=1)
    frame = pd.DataFrame(ordered, index=total.index, columns=out.columns).reset_index()
    frame.insert(0, "series", name)
    return frame


def _periods_since(last: pd.Timestamp | None, times: pd.DatetimeIndex) -> int:
    """Periods between the last one that was seen and the first one ahead; 0 where not known."""
    if last is None or len(times) < 2:
        return 0
    return max(round((times[0] - last) / (times[1] - times[0])) - 1, 0)


def _common(found: list[dict[float, str]]) -> dict[float, str]:
    """Quantiles, with their columns, that all tiers have."""
    return {
        level: name for level, name in found[0].items() if all(level in one for one in found[1:])
    }


def _widened(values: np.ndarray, middle: np.ndarray, own: np.ndarray, level: float) -> np.ndarray:
    """How much further from the median a quantile is for the tier's own spread."""
    theirs = np.abs(np.log(np.maximum(values, TINY)) - np.log(np.maximum(middle, TINY)))
    further = np.hypot(own, theirs) - theirs
    return np.asarray(np.exp(further if level >= 0.5 else -further))


def _median(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return np.array([np.interp(0.5, levels, row) for row in values])
