"""How far a series is from what is usual at that time of day: seasons and levels taken out."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
SAME_KIND = 2  # days of the same kind (workday or weekend) that say what is usual
LOOK_BACK = 14  # days
SMOOTH = timedelta(hours=1)
DAY = timedelta(days=1)
_LITTLE = 0.05  # of the usual day's mean: added to both sides, so that zeros and ones do not shout
_MOST = 3.0  # log of the largest ratio that counts


def deviations(values: pd.Series, period: timedelta, zone: str = "UTC") -> pd.Series:
    """Log ratio of a series to its usual course, less its mean over the day before.

    Usual is the median of the same time of day on up to 14 days before, workdays and weekends
    apart, smoothed over an hour; nothing of the same day or later counts, so that each value is as
    it was known then. On the first two workdays, and days of weekends, nothing is usual yet.

    Parameters
    ----------
    values
        By UTC timestamp on a grid of `period`, which divides a day; zero or more; NaN is a gap.
    period
        Length of a period.
    zone
        IANA zone in which days are counted, with the offset of the last timestamp.

    Returns
    -------
    Series
        By timestamp, on the whole grid; NaN where the value or what is usual is unknown.
    """
    grid = _grid(values, period)
    found = values.reindex(grid).to_numpy(dtype=float)
    usual, little = _usual(found, *_calendar(grid, period, zone), period)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log((found + little) / (usual + little))
    ratio = np.where(np.isfinite(ratio), ratio, np.nan).clip(-_MOST, _MOST)
    series = pd.Series(ratio, index=grid)
    steps = max(round(DAY / period), 2)
    level = series.rolling(steps, min_periods=max(steps // 4, 1)).mean().shift(1)
    return series - level


def _grid(values: pd.Series, period: timedelta) -> pd.DatetimeIndex:
    first, last = values.index.min(), values.index.max()
    return pd.date_range(first, last, freq=pd.Timedelta(period), name="timestamp", unit="us")


def _calendar(
    grid: pd.DatetimeIndex, period: timedelta, zone: str
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Find the number of the local day, slot within it, and whether the day is of a weekend."""
    offset = ZoneInfo(zone).utcoffset(grid[-1].to_pydatetime().replace(tzinfo=None)) or timedelta(0)
    ticks = grid.as_unit("us").asi8 // 1_000_000 + int(offset.total_seconds())
    days = ticks // 86_400
    slots = ticks % 86_400 // int(period.total_seconds())
    weekend = (days + 3) % 7 >= 5  # the epoch was a Thursday
    return days - days[0], slots, weekend


def _usual(
    found: Array,
    days: NDArray[np.int64],
    slots: NDArray[np.int64],
    weekend: NDArray[np.bool_],
    period: timedelta,
) -> tuple[Array, Array]:
    """Tell what is usual at each time, and how much is little on such a day."""
    table = np.full((int(days[-1]) + 1, max(round(DAY / period), 1)), np.nan)
    table[days, slots] = found
    kinds = np.zeros(len(table), dtype=bool)
    kinds[days] = weekend
    rows = [_usual_day(table, kinds, day, period) for day in range(len(table))]
    little = np.array([_LITTLE * np.nanmean(row) if np.isfinite(row).any() else 0 for row in rows])
    usual = np.array(rows)[days, slots]
    return np.asarray(usual, dtype=float), np.asarray(little[days], dtype=float)


def _usual_day(table: Array, kinds: NDArray[np.bool_], day: int, period: timedelta) -> Array:
    before = np.arange(max(day - LOOK_BACK, 0), day)
    alike = table[before[kinds[before] == kinds[day]]]
    middle = np.full(table.shape[1], np.nan)
    known = np.isfinite(alike).sum(axis=0) >= min(len(alike), SAME_KIND)
    if len(alike) < SAME_KIND or not known.any():
        return middle
    middle[known] = np.nanmedian(alike[:, known], axis=0)
    return _smooth(middle, period)


def _smooth(usual: Array, period: timedelta) -> Array:
    """Mean over an hour, around the clock."""
    width = max(round(SMOOTH / period), 1) | 1  # odd, so that it is centred
    around = np.pad(usual, min(width // 2, len(usual) - 1), mode="wrap")
    smooth = pd.Series(around).rolling(width, center=True, min_periods=1).mean().to_numpy()
    inside = smooth[(len(around) - len(usual)) // 2 :][: len(usual)]
    return np.where(np.isfinite(usual), inside, np.nan)
