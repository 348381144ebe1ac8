"""Losses on tidy frames: pinball, scaled pinball, coverage, MASE; one row per series.

Frames have series, timestamp and the named columns; rows are matched, never reordered.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def pinball(actual: Floats, predicted: Floats, quantile: float) -> Floats:
    """Pinball loss of each value (Koenker and Bassett, 1978)."""
    error = actual - predicted
    return np.maximum(quantile * error, (quantile - 1) * error)


def scaled_pinball(frame: pd.DataFrame, column: str, quantile: float) -> pd.Series:
    """Compute 2 * sum of pinball / sum of absolute actuals, per series.

    Parameters
    ----------
    frame
        series, value (actual) and `column` (predicted quantile).
    """
    loss = pinball(frame["value"].to_numpy(), frame[column].to_numpy(), quantile)
    sums = frame.assign(_loss=2 * loss, _size=frame["value"].abs()).groupby("series")
    return sums["_loss"].sum() / sums["_size"].sum()


def coverage(frame: pd.DataFrame, column: str) -> pd.Series:
    """Share of actual values at or below a predicted quantile, per series."""
    return (frame["value"] <= frame[column]).groupby(frame["series"]).mean()


def mase(frame: pd.DataFrame, column: str, history: pd.DataFrame, season: int) -> pd.Series:
    """Mean absolute error over that of the seasonal naive in the history (Hyndman, 2006).

    Parameters
    ----------
    frame
        series, value (actual) and `column` (predicted median).
    history
        series, timestamp, value; what was known before.
    season
        Seasonal lag in periods: one day.
    """
    error = (frame["value"] - frame[column]).abs().groupby(frame["series"]).mean()
    steps = history.groupby("series")["value"].diff(season).abs()
    return error / steps.groupby(history["series"]).mean()
