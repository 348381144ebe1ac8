"""Take hourly series apart, robustly and all at once; robust statistics of the rows of a matrix.

A series is its daily levels' seven-day moving median (trend), weekday effects and the different
hours of weekends (week), an hour-of-day profile (day), and what remains.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WEEK_DAYS = 14  # days from which a weekday has been seen twice


@dataclass(frozen=True)
class Parts:
    """A matrix of series taken apart: (series, days, 24), or (series, days) for daily figures.

    ``value`` = ``trend`` + ``week`` + ``day`` + ``rest`` wherever it is known; ``level`` (daily)
    holds the levels without the weekday effect, ``trend`` is daily, too.
    """

    value: Floats
    level: Floats
    trend: Floats
    week: Floats
    day: Floats
    rest: Floats


def decompose(values: Floats, hour: NDArray[Any], weekday: NDArray[Any]) -> Parts:
    """Take an hourly matrix apart (see the module); local days of 23 hours have a gap."""
    cube, kinds = _cube(values, hour, weekday)
    level = median(cube)
    level = median(cube - _profile(cube - level[..., None])[:, None, :])
    effect = np.zeros_like(level)
    if cube.shape[1] >= WEEK_DAYS:
        effect = _weekdays(level - _moving(level), kinds)[:, kinds]
    level = level - effect
    trend = _moving(level)
    off = cube - (trend + effect)[..., None]
    day = np.broadcast_to(_profile(off)[:, None, :], cube.shape)
    week = effect[..., None] + _weekend(off - day, kinds)
    return Parts(cube, level, trend, week, day, cube - trend[..., None] - week - day)


def _profile(off: Floats) -> Floats:
    """Median of each hour over the days, centred: (series, 24)."""
    return _centred(median(np.swapaxes(off, 1, 2)))


def _weekend(off: Floats, kinds: NDArray[np.int64]) -> Floats:
    """How the hours of working days and of weekends differ from those of all days."""
    shapes = np.zeros_like(off)
    for kind in (kinds < 5, kinds >= 5):
        if off.shape[1] >= WEEK_DAYS and kind.sum() > 2:
            shapes[:, kind] = _profile(off[:, kind])[:, None, :]
    return shapes


def _cube(
    values: Floats, hour: NDArray[Any], weekday: NDArray[Any]
) -> tuple[Floats, NDArray[np.int64]]:
    """Lay hours out as (series, local days, 24), and tell each day's weekday."""
    if not len(hour):
        return np.full((len(values), 1, 24), np.nan), np.zeros(1, dtype=np.int64)
    number = np.concatenate(([0], np.cumsum(np.diff(weekday) != 0)))
    cube = np.full((len(values), int(number[-1]) + 1, 24), np.nan)
    cube[:, number, hour] = values
    kinds = np.zeros(cube.shape[1], dtype=np.int64)
    kinds[number] = weekday
    return cube, kinds


def median(values: Floats) -> Floats:
    """Median over the last axis without NaN; NaN where there is nothing."""
    return quantile(values, 0.5)


def quantile(values: Floats, level: float) -> Floats:
    """Quantile over the last axis without NaN, interpolated; NaN where there is nothing."""
    if not values.shape[-1]:
        return np.full(values.shape[:-1], np.nan)
    ordered = np.sort(values, axis=-1)  # NaN last
    count = np.isfinite(values).sum(axis=-1)
    place = level * np.maximum(count - 1, 0)
    low = np.floor(place).astype(np.int64)[..., None]
    high = np.ceil(place).astype(np.int64)[..., None]
    below = np.take_along_axis(ordered, low, axis=-1)[..., 0]
    above = np.take_along_axis(ordered, high, axis=-1)[..., 0]
    return np.asarray(below + (above - below) * (place - low[..., 0]))


def _centred(profile: Floats) -> Floats:
    filled = np.nan_to_num(profile)
    return np.asarray(filled - filled.mean(axis=-1, keepdims=True))


def _moving(level: Floats) -> Floats:
    """Centred seven-day median; the first and last full window is held at the ends."""
    days = level.shape[1]
    width = min(7, days)
    windows = np.lib.stride_tricks.sliding_window_view(level, width, axis=1)
    middle = median(windows)
    before = (days - middle.shape[1]) // 2
    ends = ((0, 0), (before, days - middle.shape[1] - before))
    moved = np.pad(middle, ends, mode="edge")
    return np.where(np.isfinite(moved), moved, median(level)[:, None])


def _weekdays(deviation: Floats, kinds: NDArray[np.int64]) -> Floats:
    """Median deviation of each weekday, centred; nothing for weekdays never measured.

    Of two middle values the nearer to zero counts, and none when they disagree in sign: two
    weeks' mean would take a single odd day for a habit.
    """
    effects = []
    for kind in range(7):
        days = deviation[:, kinds == kind]
        low, high = _middle(days)
        agree = np.where(np.abs(low) < np.abs(high), low, high)
        effects.append(np.where(low * high > 0, agree, 0.0))
    return _centred(np.stack(effects, axis=1))


def _middle(values: Floats) -> tuple[Floats, Floats]:
    """Lower and upper median over the last axis without NaN; NaN where there is nothing."""
    if not values.shape[-1]:
        nothing = np.full(values.shape[:-1], np.nan)
        return nothing, nothing
    ordered = np.sort(values, axis=-1)
    last = np.maximum(np.isfinite(values).sum(axis=-1) - 1, 0)[..., None]
    low = np.take_along_axis(ordered, last // 2, axis=-1)[..., 0]
    return low, np.take_along_axis(ordered, (last + 1) // 2, axis=-1)[..., 0]


def flattened(cube: Floats) -> Floats:
    """Hours in a row: (series, days, 24) as (series, hours)."""
    return cube.reshape(len(cube), cube.shape[1] * cube.shape[2])


def quotient(above: Any, below: Any) -> Floats:
    """Quotient, zero where the denominator is nothing."""
    bottom = np.asarray(below, dtype=np.float64)
    good = np.isfinite(bottom) & (np.abs(bottom) > 1e-12)
    return np.where(good, np.nan_to_num(above) / np.where(good, bottom, 1.0), 0.0)


def row_mean(rows: Floats) -> Floats:
    """Mean of each row without NaN; zero where there is nothing."""
    known = np.isfinite(rows)
    return np.asarray(np.where(known, rows, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def row_variance(rows: Floats) -> Floats:
    """Variance of each row without NaN; zero where there is nothing."""
    known = np.isfinite(rows)
    off = np.where(known, rows - row_mean(rows)[:, None], 0.0)
    return np.asarray((off**2).sum(axis=1) / np.maximum(known.sum(axis=1), 1))


def deviation(rows: Floats) -> Floats:
    """Robust standard deviation: 1.4826 times the median absolute deviation."""
    return np.nan_to_num(1.4826 * median(np.abs(rows - median(rows)[:, None])))


def winsorised(rows: Floats) -> Floats:
    """Cut values beyond 5 robust deviations, but never more than 2.5 % of them."""
    middle = np.nan_to_num(median(rows))
    usual = np.nan_to_num(quantile(np.abs(rows - middle[:, None]), 0.975))
    reach = np.maximum(5 * deviation(rows), usual)
    return np.clip(rows, (middle - reach)[:, None], (middle + reach)[:, None])
