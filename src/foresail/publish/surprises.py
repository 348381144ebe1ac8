"""Demand of the last periods against the forecast that was made before them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import pandas as pd

from foresail.store.forecasts import StoredForecast

LOW = 0.1


@dataclass(frozen=True, slots=True)
class Surprise:
    """A demand metric that stayed on one side of its band: the last period, and since when."""

    service: str
    tier: str
    signal: str
    side: Literal["above", "below"]
    since: datetime
    periods: int
    demand: float
    foreseen: float
    quantile: float
    forecast: str


def surprises(
    before: StoredForecast, demand: pd.DataFrame, *, quantile: float, periods: int
) -> list[Surprise]:
    """Find demand metrics whose last periods all lie outside the band on one side.

    Parameters
    ----------
    before
        Forecast that was stored earlier.
    demand
        signal, timestamp (UTC), value; measured since.
    quantile
        Upper edge of the band; the lower is q0.1.
    periods
        How many of the last periods must lie outside.

    Returns
    -------
    list of Surprise
        At most one per metric; none for a metric of which less was measured since.
    """
    both = demand.merge(before.frame, on=["signal", "timestamp"]).dropna(subset=["value"])
    both = both[both["timestamp"] >= pd.Timestamp(before.facts.made)].sort_values("timestamp")
    found = (
        _surprise(before, str(name), rows.tail(periods), quantile)
        for name, rows in both.groupby("signal", sort=False)
        if len(rows) >= periods
    )
    return [one for one in found if one is not None]


def _surprise(
    before: StoredForecast, signal: str, rows: pd.DataFrame, quantile: float
) -> Surprise | None:
    value = rows["value"].to_numpy(dtype=np.float64)
    above = bool((value > rows[f"q{quantile:g}"].to_numpy(dtype=np.float64)).all())
    below = bool((value < rows[f"q{LOW:g}"].to_numpy(dtype=np.float64)).all())
    if not above and not below:
        return None
    edge = quantile if above else LOW
    return Surprise(
        service=before.facts.service,
        tier=before.facts.tier,
        signal=signal,
        side="above" if above else "below",
        since=rows["timestamp"].iloc[0].to_pydatetime(),
        periods=len(rows),
        demand=float(value[-1]),
        foreseen=float(rows[f"q{edge:g}"].iloc[-1]),
        quantile=edge,
        forecast=before.facts.id,
    )
