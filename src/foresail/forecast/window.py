"""Many series on one hourly grid of local wall-clock hours, aligned at their origins.

Whatever the period of a history, days and weeks are seen through its hours. Hours count backwards
from the origin in local time, so that 09:00 stays 09:00 over a change of the clocks: the doubled
hour of autumn is averaged, the missing hour of spring is a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from foresail.forecast.arrays import Floats, Ints

HOUR = pd.Timedelta(hours=1)
DAY_HOURS = 24
WEEK_HOURS = 168
SATURDAY = 5
_TICK = pd.Timedelta(microseconds=1)


@dataclass(frozen=True)
class Window:
    """Hourly values of rows before their origins.

    Parameters
    ----------
    values
        Shape (rows, hours), hours a whole number of days, the origin at the end; NaN is a gap.
    hour, weekday
        Shape (rows,): local hour (0 to 23) and weekday (0 is Monday) that begins at the origin.
    """

    values: Floats
    hour: Ints
    weekday: Ints

    @property
    def days(self) -> Floats:
        """Shape (rows, days, 24): by age, the youngest first; a slot is 24 h from its twin."""
        rows, hours = self.values.shape
        return self.values.reshape(rows, hours // DAY_HOURS, DAY_HOURS)[:, ::-1]

    def weekend(self, first: int, count: int) -> np.ndarray:
        """Tell which of `count` hours from `first` on (relative to the origin) are at a weekend."""
        hours = np.arange(first, first + count)
        day = (self.hour[:, None] + hours[None, :]) // DAY_HOURS
        return np.asarray((self.weekday[:, None] + day) % 7 >= SATURDAY)

    def before(self, hours: int) -> Window:
        """Give the same rows as they were known `hours` earlier."""
        values = np.full_like(self.values, np.nan)
        values[:, hours:] = self.values[:, : self.values.shape[1] - hours]
        shifted = self.hour - hours
        return Window(values, shifted % DAY_HOURS, (self.weekday + shifted // DAY_HOURS) % 7)


@dataclass(frozen=True)
class Clock:
    """Where the periods of one series lie among its local hours.

    Parameters
    ----------
    origin
        UTC end of the last known period.
    period
        Length of a period.
    timezone
        IANA zone in which days and weeks are counted.
    """

    origin: pd.Timestamp
    period: pd.Timedelta
    timezone: str = "UTC"

    def past(self, count: int) -> pd.DatetimeIndex:
        """UTC starts of the last `count` periods."""
        return pd.date_range(end=self.origin - self.period, periods=count, freq=self.period)

    def future(self, count: int) -> pd.DatetimeIndex:
        """UTC starts of the next `count` periods."""
        return pd.date_range(self.origin, periods=count, freq=self.period)

    @property
    def local(self) -> pd.Timestamp:
        """Local time of the origin."""
        return self.origin.tz_convert(self.timezone)

    def places(self, times: pd.DatetimeIndex, unit: pd.Timedelta) -> Ints:
        """Whole units of local time from the origin to each time; negative before it."""
        wall, here = times, self.origin
        if self.timezone != "UTC":
            wall = times.tz_convert(self.timezone).tz_localize(None)
            here = self.local.tz_localize(None)
        ticks = wall.as_unit("us").asi8 - here.as_unit("us").asm8.astype(np.int64)
        return np.asarray(ticks // round(unit / _TICK), dtype=np.int64)


def slot_mean(values: Floats, slots: Ints, count: int) -> Floats:
    """Average the periods of each of the last `count` slots.

    Parameters
    ----------
    values
        Shape (rows, periods), with gaps.
    slots
        Shape (periods,): slot of each period, -1 is the last before the origin.
    count
        Slots to keep.
    """
    inside = (slots >= -count) & (slots < 0)
    order = np.argsort(slots[inside], kind="stable")  # an hour comes twice in autumn
    place, kept = slots[inside][order] + count, values[:, inside][:, order]
    result = np.full((len(values), count), np.nan)
    if len(place):
        there, starts = np.unique(place, return_index=True)
        known = np.isfinite(kept)
        total = np.add.reduceat(np.where(known, kept, 0.0), starts, axis=1)
        number = np.add.reduceat(known.astype(np.float64), starts, axis=1)
        result[:, there] = np.where(number > 0, total / np.maximum(number, 1.0), np.nan)
    return result
