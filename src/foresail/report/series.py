"""Frames into light plot data: local axis, regular grids, honest thinning, runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

Points = dict[str, Any]
_BUCKETS = ("1h", "3h", "6h", "1D", "7D")


@dataclass(frozen=True, slots=True)
class Axis:
    """A time axis in local time at one fixed UTC offset.

    Plot libraries know no time zones. Wall-clock times would run backwards when clocks are set
    back, so the axis keeps the offset in force at `origin`.
    """

    zone: ZoneInfo
    origin: datetime

    @property
    def offset(self) -> timedelta:
        """UTC offset that the axis keeps."""
        return self.origin.astimezone(self.zone).utcoffset() or timedelta()

    @property
    def label(self) -> str:
        """Name of the zone and its offset: ``America/New_York (UTC-05:00)``."""
        sign = "-" if self.offset < timedelta() else "+"
        minutes = int(abs(self.offset).total_seconds()) // 60
        return f"{self.zone.key} (UTC{sign}{minutes // 60:02d}:{minutes % 60:02d})"

    def times(self, values: Any) -> list[str]:
        """Axis positions of tz-aware times, as ISO text without a zone."""
        index = pd.DatetimeIndex(values).tz_convert("UTC").tz_localize(None) + self.offset
        return [str(t) for t in index.strftime("%Y-%m-%d %H:%M:%S")]

    def at(self, value: datetime) -> str:
        """Axis position of one tz-aware time."""
        return self.times([value])[0]

    def clock_changes(self, start: datetime, end: datetime) -> bool:
        """Whether the local offset differs from the axis's anywhere between two times."""
        days = pd.date_range(start, end, freq="1D").append(pd.DatetimeIndex([end]))
        return any(day.astimezone(self.zone).utcoffset() != self.offset for day in days)


def rounded(values: Any) -> list[float | None]:
    """Plain numbers with five significant digits; missing and infinite ones become None."""
    numbers = np.asarray(values, dtype=float)
    return [float(f"{v:.5g}") if np.isfinite(v) else None for v in numbers]


def period_of(times: pd.Series) -> pd.Timedelta:
    """Most common distance between timestamps; one hour when there is only one."""
    steps = times.sort_values().diff().dropna()
    return pd.Timedelta(steps.mode().iloc[0]) if len(steps) else pd.Timedelta("1h")


def regular(frame: pd.DataFrame, column: str, axis: Axis) -> Points:
    """Points on a regular grid (start, step, values), gaps as None."""
    if frame.empty:
        return {"x": [], "y": []}
    values = frame.set_index("timestamp")[column].sort_index()
    period = period_of(frame["timestamp"])
    grid = values.reindex(pd.date_range(values.index[0], values.index[-1], freq=period))
    if grid.notna().sum() < values.notna().sum():  # off the grid: keep each time as it is
        return {"x": axis.times(values.index), "y": rounded(values)}
    dx = period / pd.Timedelta(milliseconds=1)
    return {"x0": axis.at(grid.index[0]), "dx": dx, "y": rounded(grid)}


def buckets(frame: pd.DataFrame, most: int) -> tuple[str | None, pd.DataFrame]:
    """Thin a long series to mean, lowest and highest per bucket.

    Returns
    -------
    (str or None, DataFrame)
        The bucket's width (None when the series was short enough) and a frame indexed by
        timestamp with columns mean, min, max; buckets without data are missing rows of NaN.
    """
    values = frame.set_index("timestamp")["value"].sort_index()
    if len(values) <= most:
        full = values.reindex(
            pd.date_range(
                values.index.min(), values.index.max(), freq=period_of(frame["timestamp"])
            )
        )
        return None, pd.DataFrame({"mean": full, "min": full, "max": full})
    span = values.index[-1] - values.index[0]
    width = next((b for b in _BUCKETS if span / pd.Timedelta(b) <= most), _BUCKETS[-1])
    return width, values.resample(width).agg(["mean", "min", "max"])


def band(lower: pd.Series, upper: pd.Series, axis: Axis) -> Points:
    """One closed polygon per run without gaps, for a trace filled ``toself``."""
    known = (lower.notna() & upper.notna()).to_numpy()
    x: list[str | None] = []
    y: list[float | None] = []
    for first, last in runs(known):
        part = slice(first, last)
        times = axis.times(lower.index[part])
        x += [*times, *reversed(times), times[0], None]
        low, high = rounded(lower.iloc[part]), rounded(upper.iloc[part])
        y += [*high, *reversed(low), high[0], None]
    return {"x": x[:-1], "y": y[:-1]}


def runs(flags: Any) -> list[tuple[int, int]]:
    """First and one-past-last position of each run of True."""
    edges = np.diff(np.concatenate(([0], np.asarray(flags, dtype=np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def staircase(times: pd.Series, values: pd.Series, end: datetime, axis: Axis) -> Points:
    """Points where a step function changes, held until `end`; nothing is lost."""
    if not len(values):
        return {"x": [], "y": []}
    kept = (values != values.shift()).to_numpy()
    x = [*axis.times(times[kept]), axis.at(end)]
    return {"x": x, "y": rounded([*values[kept], values.iloc[-1]])}
