"""Forecasts at many past origins in one go, each knowing only what was known then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast.align import LONGEST_DAYS, Block, blocks, days_of
from foresail.forecast.api import check_quantiles, chunks, steps_ahead
from foresail.forecast.calendar import Spec, parse_calendar
from foresail.forecast.calendar_types import Calendar
from foresail.forecast.gates import load
from foresail.forecast.predict import predict
from foresail.forecast.verdicts import LEAST_HISTORY, split_usable
from foresail.forecast.window import Clock

_AROUND = pd.Timedelta(days=LONGEST_DAYS + 1)


def rolling_forecasts(
    history: pd.DataFrame,
    origins: Sequence[pd.Timestamp] | pd.DatetimeIndex,
    horizon: str | timedelta = "48h",
    quantiles: Sequence[float] = (0.5, 0.9, 0.95),
    *,
    calendar: Spec = None,
    timezone: str = "UTC",
) -> pd.DataFrame:
    """Forecast at each of many origins, as `foresail.forecast` with that `at` would.

    Parameters
    ----------
    history
        As `foresail.forecast` takes it.
    origins
        Times (tz-aware) on the history's grid of periods; those with less than two days of a
        series before them are left out.
    horizon, quantiles, calendar, timezone
        As `foresail.forecast.api.forecast_series` takes them; one zone for all.

    Returns
    -------
    DataFrame
        series, origin, timestamp (UTC), q0.5 ...

    Notes
    -----
    Unlike ``at``, which ends a series at its last known period, a series is taken to reach each
    origin: periods missing before it are gaps.
    """
    levels = check_quantiles(quantiles)
    good, _ = split_usable(history)
    steps = steps_ahead(horizon, good.period)
    whole = parse_calendar(calendar)
    times = _on_grid(origins)
    frames = [
        _frame(part, steps, levels, whole)
        for block in blocks(good.frame, good.period, timezone)
        for row in range(len(block.names))
        for stacked in _stack(block.rows(slice(row, row + 1)), times, steps, whole)
        for part in chunks(stacked, steps)
    ]
    if not frames:
        raise InputError("no origin has two days of history before it", cure="pass later origins")
    found = pd.concat(frames, ignore_index=True)
    return found.sort_values(["series", "origin", "timestamp"], kind="stable", ignore_index=True)


def _on_grid(origins: Sequence[pd.Timestamp] | pd.DatetimeIndex) -> pd.DatetimeIndex:
    times = pd.DatetimeIndex(list(origins))
    if times.tz is None:
        raise InputError("the origins have no time zone", cure="localise them: tz_localize('UTC')")
    return times.tz_convert("UTC")


def _stack(
    block: Block, origins: pd.DatetimeIndex, steps: int, calendar: Calendar
) -> Iterator[Block]:
    """Rows of one series cut at its origins; together where the clocks do not change around."""
    clock = block.clock
    count = block.values.shape[1]
    ends = count - np.asarray((clock.origin - origins) // clock.period, dtype=np.int64)
    least = int(LEAST_HISTORY / clock.period)
    known = ends - count + block.known[0]
    usable = (ends <= count) & (known >= least)
    plain = usable & ~_clocks_change(clock, origins, steps)
    if calendar:
        plain[:] = False
    looked_at = np.array([days_of(int(one), clock.period) for one in known])
    for days in np.unique(looked_at[plain]):
        alike = plain & (looked_at == days)
        yield _together(block, origins[alike], ends[alike])
    for one in np.flatnonzero(usable & ~plain):
        yield _together(block, origins[one : one + 1], ends[one : one + 1])


def _clocks_change(clock: Clock, origins: pd.DatetimeIndex, steps: int) -> np.ndarray:
    """Tell the origins with a change of the clocks in the history looked at or in the horizon."""
    if clock.timezone == "UTC":
        return np.zeros(len(origins), dtype=bool)
    first = origins.min() - _AROUND
    days = pd.date_range(first, origins.max() + steps * clock.period + _AROUND, freq="6h")
    offset = _offset(days, clock.timezone)
    changes = days[1:][offset[1:] != offset[:-1]]
    found = np.zeros(len(origins), dtype=bool)
    for change in changes:
        after = origins + steps * clock.period + pd.Timedelta(hours=6) >= change
        found |= np.asarray((origins - _AROUND <= change) & after)
    return found


def _offset(times: pd.DatetimeIndex, timezone: str) -> np.ndarray:
    return times.tz_convert(timezone).tz_localize(None).asi8 - times.tz_localize(None).asi8


def _together(block: Block, origins: pd.DatetimeIndex, ends: np.ndarray) -> Block:
    """One block: a row for each origin, at the clock of the first."""
    clock = replace(block.clock, origin=origins[0])
    width = min(int(ends.max()), round(_AROUND / clock.period))
    columns = ends[:, None] + np.arange(-width, 0)[None, :]
    values = np.where(columns >= 0, block.values[0, np.maximum(columns, 0)], np.nan)
    hidden = (columns >= 0) & block.hidden[0, np.maximum(columns, 0)]
    return Block(
        tuple(block.names) * len(ends),
        values,
        hidden,
        clock,
        np.minimum(block.known[0] - (block.values.shape[1] - ends), width),
        origins,
    )


def _frame(block: Block, steps: int, levels: list[float], calendar: Calendar) -> pd.DataFrame:
    quantiles = predict(block, steps, levels, calendar, load()).quantiles
    assert block.origins is not None
    origin = block.origins[np.repeat(np.arange(len(block.names)), steps)]
    ahead = np.tile(np.arange(steps), len(block.names)) * block.clock.period
    columns = {f"q{level:g}": quantiles[:, :, at].ravel() for at, level in enumerate(levels)}
    return pd.DataFrame(
        {
            "series": np.repeat(np.asarray(block.names, dtype=object), steps),
            "origin": origin.as_unit("us"),
            "timestamp": (origin + pd.TimedeltaIndex(ahead)).as_unit("us"),
            **columns,
        }
    ).astype({"series": "str"})
