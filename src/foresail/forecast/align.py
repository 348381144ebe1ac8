"""From a tidy history to matrices: series that end together, in one time zone, stand together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast.arrays import Floats, Ints
from foresail.forecast.window import DAY_HOURS, HOUR, Clock, Window, slot_mean

SHORTEST_DAYS, LONGEST_DAYS = 14, 28  # of history that experts look at


@dataclass(frozen=True)
class Block:
    """Series on one grid of periods before one origin.

    Parameters
    ----------
    names
        Series, in the order of the rows.
    values
        Shape (rows, periods), the origin at the end; NaN is a gap.
    hidden
        Shape (rows, periods): demand was at least the value (censored).
    clock
        Origin, period and time zone.
    known
        Shape (rows,): periods from the first observation to the origin.
    origins
        Each row's own origin, where the rows are one series at many origins between which the
        clocks do not change. All at the clock's when None.
    """

    names: tuple[str, ...]
    values: Floats
    hidden: np.ndarray
    clock: Clock
    known: Ints
    origins: pd.DatetimeIndex | None = None

    def rows(self, some: slice) -> Block:
        """Take some of the series."""
        return replace(
            self,
            names=self.names[some],
            values=self.values[some],
            hidden=self.hidden[some],
            known=self.known[some],
            origins=None if self.origins is None else self.origins[some],
        )

    @property
    def week_hour(self) -> Ints:
        """Local hour of the week at each row's origin; shape (rows,)."""
        if self.origins is None:
            here = self.clock.local
            return np.full(len(self.names), here.weekday() * DAY_HOURS + here.hour)
        local = self.origins.tz_convert(self.clock.timezone)
        return np.asarray(local.day_of_week * DAY_HOURS + local.hour, dtype=np.int64)


def blocks(
    history: pd.DataFrame, period: timedelta, timezone: str | Mapping[str, str]
) -> Iterator[Block]:
    """Lay a checked history on grids, one for each origin, time zone and number of days.

    Parameters
    ----------
    history
        Columns series, timestamp (UTC), value, and censored (bool) where known.
    period
        Its period.
    timezone
        IANA zone of all series, or of each.
    """
    codes, names = pd.factorize(history["series"])
    ticks = pd.DatetimeIndex(history["timestamp"]).as_unit("us").asi8
    step = int(period / timedelta(microseconds=1))
    last = np.full(len(names), np.iinfo(np.int64).min)
    first = np.full(len(names), np.iinfo(np.int64).max)
    np.maximum.at(last, codes, ticks)
    np.minimum.at(first, codes, ticks)
    zones = _zones(names, timezone)
    value = history["value"].to_numpy(dtype=np.float64)
    hidden = (
        history["censored"].astype("boolean").fillna(False).to_numpy(dtype=bool)
        if "censored" in history
        else np.zeros(len(history), dtype=bool)
    )
    known = (last - first) // step + 1
    lengths, which = np.unique(known, return_inverse=True)
    days = np.array([days_of(int(length), pd.Timedelta(period)) for length in lengths])[which]
    for end, zone, age in sorted({*zip(last.tolist(), zones, days.tolist(), strict=True)}):
        members = np.flatnonzero((last == end) & (zones == zone) & (days == age))
        place = np.full(len(names), -1)
        place[members] = np.arange(len(members))
        rows = place[codes]
        inside = rows >= 0
        length = (end - int(first[members].min())) // step + 1
        shape = (len(members), length)
        column = length - 1 - (end - ticks[inside]) // step
        grid, cover = np.full(shape, np.nan), np.zeros(shape, dtype=bool)
        grid[rows[inside], column] = value[inside]
        cover[rows[inside], column] = hidden[inside]
        origin = pd.Timestamp(end + step, unit="us", tz="UTC")
        yield Block(
            tuple(names[members]),
            grid,
            cover,
            Clock(origin, pd.Timedelta(period), zone),
            known[members],
        )


def _zones(names: pd.Index, timezone: str | Mapping[str, str]) -> np.ndarray:
    for zone in {timezone} if isinstance(timezone, str) else set(timezone.values()):
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            cure = "use an IANA name, like Europe/Berlin"
            raise InputError(f"{zone!r} is no time zone", cure=cure) from error
    if isinstance(timezone, str):
        return np.full(len(names), timezone, dtype=object)
    return np.array([timezone.get(str(name), "UTC") for name in names], dtype=object)


def days_of(periods: int, period: pd.Timedelta) -> int:
    """Whole days of history to look at: two weeks, up to four where there are as many."""
    days = int(-(-periods * period // pd.Timedelta(days=1)))
    return int(np.clip(days, SHORTEST_DAYS, LONGEST_DAYS))


def wall_grid(values: Floats, clock: Clock, days: int) -> Floats:
    """Lay values on the local wall clock: shape (rows, days x slots), periods below an hour.

    Over a change of the clocks a slot keeps its local time: the doubled hour of autumn is
    averaged, the missing one of spring is a gap.
    """
    slots = days * round(pd.Timedelta(days=1) / clock.period)
    count = min(values.shape[1], slots + round(2 * HOUR / clock.period))
    places = clock.places(clock.past(count), clock.period)
    return slot_mean(values[:, values.shape[1] - count :], places, slots)


def hours_of(values: Floats, clock: Clock, days: int) -> Floats:
    """Mean of each local hour; periods longer than an hour count for each of theirs."""
    if clock.period <= HOUR:
        count = min(values.shape[1], round((days * DAY_HOURS + 2) * HOUR / clock.period))
        places = clock.places(clock.past(count), HOUR)
        return slot_mean(values[:, values.shape[1] - count :], places, days * DAY_HOURS)
    times = Clock(clock.origin, HOUR, clock.timezone).past(days * DAY_HOURS + 2)
    column = values.shape[1] + np.asarray((times - clock.origin) // clock.period, dtype=np.int64)
    found = values[:, np.maximum(column, 0)]
    found[:, column < 0] = np.nan
    return slot_mean(found, clock.places(times, HOUR), days * DAY_HOURS)


def window_of(block: Block, days: int) -> Window:
    """See the series through their local hours."""
    hours = hours_of(block.values, block.clock, days)
    week_hour = block.week_hour
    return Window(hours, week_hour % DAY_HOURS, week_hour // DAY_HOURS)
