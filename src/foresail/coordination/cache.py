"""The cache between two tiers: the share of calls that it lets through, by hour of the day."""

from __future__ import annotations

import pandas as pd

LOOK_BACK = pd.Timedelta(days=7)


def let_through(hit_rate: pd.DataFrame, *, percent: bool | None = None) -> pd.Series:
    """Share of calls that miss the cache, by time.

    Parameters
    ----------
    hit_rate
        timestamp, value: the hits.
    percent
        Whether they are in percent, or else a share; when None, a value above 1 tells.
    """
    values = hit_rate.set_index("timestamp")["value"]
    in_percent = float(values.max()) > 1 if percent is None else percent
    return (1 - (values / 100 if in_percent else values)).clip(0, 1)


def usual(through: pd.Series, times: pd.DatetimeIndex, zone: str) -> pd.Series:
    """Median of the last seven days at each time's local hour; the overall one for unseen hours."""
    recent = through[through.index > through.index.max() - LOOK_BACK]
    by_hour = recent.groupby(pd.DatetimeIndex(recent.index).tz_convert(zone).hour).median()
    hours = pd.Series(times.tz_convert(zone).hour, index=times)
    return hours.map(by_hour).fillna(float(recent.median()))
