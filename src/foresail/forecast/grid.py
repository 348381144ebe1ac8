"""One series on its regular grid, with local clock and calendar; what every model is fitted to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Grid:
    """Values at every period from a start; NaN where nothing was measured.

    Parameters
    ----------
    start
        UTC start of the first period.
    period
        Length of a period.
    values
        Shape (n,); NaN is a gap.
    timezone
        IANA zone in which days and weeks are counted, so that 09:00 stays 09:00 over a DST change.
    holidays
        Local dates that behave like a Sunday.
    """

    start: pd.Timestamp
    period: pd.Timedelta
    values: Floats
    timezone: str = "UTC"
    holidays: frozenset[date] = frozenset()

    @classmethod
    def of(
        cls, rows: pd.DataFrame, period: timedelta, timezone: str, holidays: frozenset[date]
    ) -> Grid:
        """Lay the rows of one series on their grid."""
        times = pd.DatetimeIndex(rows["timestamp"])
        step = pd.Timedelta(period)
        places = ((times - times[0]) // step).to_numpy()
        values = np.full(int(places[-1]) + 1, np.nan)
        values[places] = rows["value"].to_numpy(dtype=float)
        return cls(times[0], step, values, timezone, holidays)

    @property
    def per_day(self) -> int:
        """Periods in a day of 24 hours, at least 1."""
        return max(round(DAY / self.period), 1)

    def head(self, count: int) -> Grid:
        """Keep only the first `count` periods: what was known at an origin."""
        return replace(self, values=self.values[:count])

    def local(self, first: int, count: int) -> pd.DatetimeIndex:
        """Local times of periods `first` to ``first + count``; may lie beyond the values."""
        utc = pd.date_range(self.start + first * self.period, periods=count, freq=self.period)
        return utc.tz_convert(self.timezone)

    def slots(self, first: int, count: int) -> tuple[Ints, Ints, Ints]:
        """Local day number, slot within the day and kind of weekday (0 to 6) of periods."""
        local = self.local(first, count)
        naive = local.tz_localize(None)
        day = (naive.normalize() - pd.Timestamp("1970-01-01")) // DAY
        slot = np.minimum((naive - naive.normalize()) // self.period, self.per_day - 1)
        weekday = local.day_of_week.to_numpy().copy()
        if self.holidays:
            weekday[[when.date() in self.holidays for when in local]] = 6
        return day.to_numpy(), np.asarray(slot), weekday.astype(np.int64)

    def filled(self) -> Floats:
        """Values with gaps filled for fitting: same time on the nearest days, else neighbours."""
        values = self.values.copy()
        for lag in (self.per_day, 7 * self.per_day):
            for shift in (lag, -lag):
                hole = np.isnan(values)
                if not hole.any():
                    return values
                moved = np.full_like(values, np.nan)
                if abs(shift) < len(values):
                    source = values[:-shift] if shift > 0 else values[-shift:]
                    moved[max(shift, 0) : len(values) + min(shift, 0)] = source
                values[hole] = moved[hole]
        return np.asarray(pd.Series(values).interpolate(limit_direction="both").fillna(0.0))

    def hourly(self) -> Grid:
        """Mean of each whole hour from the end backwards; itself when the period is no finer."""
        width = max(round(pd.Timedelta(hours=1) / self.period), 1)
        if width == 1:
            return self
        cut = len(self.values) % width
        blocks = self.filled()[cut:].reshape(-1, width).mean(axis=1)
        return replace(
            self,
            start=self.start + cut * self.period,
            period=self.period * width,
            values=blocks,
        )
