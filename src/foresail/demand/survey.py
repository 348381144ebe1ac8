"""How good each signal of a tier is: what is missing, what was hidden, and which one counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd

FEW = 24  # periods, below which a correlation says nothing


def survey(
    signals: pd.DataFrame, capacity: Mapping[str, float], busy: pd.Series, period: timedelta
) -> pd.DataFrame:
    """Look at the signals of one tier.

    Parameters
    ----------
    signals
        series, timestamp (UTC), value, censored; one series for each signal.
    capacity
        Demand that one unit serves at 100 %, by series.
    busy
        Units at work by timestamp: utilisation x units in service; empty where not measured.
    period
        Length of a period.

    Returns
    -------
    DataFrame
        series; missing: share of periods without a value, from the first to the last of all
        signals; censored: share of values that are lower bounds; correlation with the units at
        work or, where these are not measured, with the most that any other signal asks for; NaN
        where there is neither; needed_most: share of times at which it asked for most units; peak:
        most units at 100 % that it asked for.
    """
    scaled = signals.assign(value=signals["value"] / signals["series"].map(capacity))
    units = scaled.pivot(index="timestamp", columns="series", values="value")
    names = [str(name) for name in dict.fromkeys(signals["series"])]
    span = units.index.max() - units.index.min()
    count = span // pd.Timedelta(period) + 1
    most = units.dropna(how="all").idxmax(axis=1)
    return pd.DataFrame(
        {
            "series": names,
            "missing": [1 - float(units[s].count()) / count for s in names],
            "censored": [
                float(signals.loc[signals["series"] == s, "censored"].mean()) for s in names
            ],
            "correlation": [_correlation(units[s], _need(units, s, busy)) for s in names],
            "needed_most": [float((most == s).mean()) for s in names],
            "peak": [float(units[s].max()) for s in names],
        }
    )


def _need(units: pd.DataFrame, series: str, busy: pd.Series) -> pd.Series:
    """Units that were at work, else the most that the other signals ask for."""
    others: pd.Series = units.drop(columns=series).max(axis=1)
    return busy if len(busy) else others


def _correlation(one: pd.Series, other: pd.Series) -> float:
    both = pd.concat([one, other], axis=1).dropna().to_numpy(dtype=float)
    if len(both) < FEW or not both.std(axis=0).all():
        return float("nan")
    return float(np.corrcoef(both.T)[0, 1])
