"""The forecast of a tier from the forecasts of the tiers above it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from foresail.coordination.ratio import Ratios
from foresail.plan.capacity import quantile_columns


def driven_units(above: Mapping[str, pd.DataFrame], ratios: Ratios, name: str) -> pd.DataFrame:
    """Busy units of a tier that the tiers above will cause.

    The tiers above share their customers, so their quantiles are added as they are. What the
    ratios leave open is independent of that: distances from the median, on a logarithmic scale,
    add as roots of squares, as independent errors of a product do.

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
        series, timestamp and the same quantiles, non-decreasing.
    """
    first = next(iter(above.values()))
    columns = quantile_columns(first)
    flows = [
        frame.set_index("timestamp")[list(columns.values())] * ratios.values[tier]
        for tier, frame in above.items()
    ]
    total = flows[0]
    for flow in flows[1:]:
        total = total.add(flow, fill_value=0.0)
    values = total.to_numpy(dtype=float)
    middle = _median(values, np.array(list(columns)))
    centre = middle * ratios.spread_at(0.5)
    out = total.copy()
    for at, (level, column) in enumerate(columns.items()):
        out[column] = _at_level(values[:, at], middle, centre, ratios, level)
    ordered = np.maximum.accumulate(out.to_numpy(), axis=1)
    frame = pd.DataFrame(ordered, index=total.index, columns=out.columns).reset_index()
    frame.insert(0, "series", name)
    return frame


def _at_level(
    values: np.ndarray, middle: np.ndarray, centre: np.ndarray, ratios: Ratios, level: float
) -> np.ndarray:
    """Combine the tier's own spread with that of the demand above it at one quantile."""
    own = _log(ratios.spread_at(level) / max(ratios.spread_at(0.5), 1e-9))
    theirs = _log(np.divide(values, middle, out=np.ones_like(values), where=middle > 0))
    distance = np.sqrt(own**2 + theirs**2)
    return np.asarray(centre * np.exp(np.where(level < 0.5, -distance, distance)))


def _log(ratio: float | np.ndarray) -> np.ndarray:
    return np.log(np.maximum(ratio, 1e-9))


def _median(values: np.ndarray, levels: np.ndarray) -> np.ndarray:
    return np.array([np.interp(0.5, levels, row) for row in values])
