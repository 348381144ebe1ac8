"""Order in time: a tier that others need is ready before them, and goes back after them."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd


def staggered(needed: pd.DataFrame, ahead: timedelta, after: timedelta) -> pd.DataFrame:
    """Rise earlier and fall later than a need says.

    Parameters
    ----------
    needed
        series, start, end (UTC), needed: consecutive, of one series.
    ahead, after
        How much earlier each rise and later each fall is to be.

    Returns
    -------
    DataFrame
        As `needed`: at each moment the highest need between `after` ago and `ahead` from now.
    """
    if not (ahead or after):
        return needed
    opens = pd.DatetimeIndex(needed["start"]) - ahead
    closes = pd.DatetimeIndex(needed["end"]) + after
    edges = opens.append(closes).unique().sort_values()
    values = needed["needed"].to_numpy()
    first = closes.searchsorted(edges[:-1], side="right")
    last = opens.searchsorted(edges[:-1], side="right")
    highest = [values[a:b].max() for a, b in zip(first, last, strict=True)]
    frame = pd.DataFrame(
        {
            "series": needed["series"].iloc[0],
            "start": edges[:-1],
            "end": edges[1:],
            "needed": np.asarray(highest, dtype=np.int64),
        }
    )
    new = np.r_[True, np.diff(frame["needed"]) != 0]
    merged = frame[new].reset_index(drop=True)
    merged["end"] = [*merged["start"].iloc[1:], frame["end"].iloc[-1]]
    return merged
