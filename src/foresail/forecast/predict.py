"""A block of series to quantiles at its own period: unit, calendar, hours, the shape inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import ndtri

from foresail.forecast.align import Block, days_of, hours_of, wall_grid, window_of
from foresail.forecast.arrays import TINY, Floats, Ints, mean, median
from foresail.forecast.bands import Evidence
from foresail.forecast.calendar_types import Calendar
from foresail.forecast.engine import Combined, combine, quantile_paths
from foresail.forecast.events import Effects, calendar_effects
from foresail.forecast.gates import Gates
from foresail.forecast.origins import Trials, run_trials
from foresail.forecast.window import DAY_HOURS, HOUR, Clock, Window

_SURE = 4.0  # standard errors by which a shape inside the hours must stand out to be kept
_LEAST_TIMES = 3  # that it must have been seen
_NORMAL_MAD = 1.4826
_MEDIAN_ERROR = 1.2533  # standard error of a median over that of a mean


@dataclass(frozen=True)
class Outcome:
    """What a block's forecast is and rests on.

    Parameters
    ----------
    times
        UTC starts of the periods ahead.
    quantiles
        Shape (rows, steps, levels).
    window
        Local hours of history, in the engine's unit, calendar effects taken out.
    combined, trials
        Paths and trials in that unit.
    unit
        Shape (rows,): power of two that the engine's values were divided by.
    effects
        Of the calendar, at the block's own period; None without one.
    """

    times: pd.DatetimeIndex
    quantiles: Floats
    window: Window
    combined: Combined
    trials: Trials
    unit: Floats
    effects: Effects | None


def predict(
    block: Block, steps: int, levels: Sequence[float], calendar: Calendar, gates: Gates
) -> Outcome:
    """Forecast every series of a block.

    Parameters
    ----------
    steps
        Periods ahead.
    levels
        Rising, in (0, 1).
    """
    clock = block.clock
    times = clock.future(steps)
    unit = _unit(block.values)
    effects = _effects(block, times, calendar)
    values = block.values / unit[:, None]
    if effects is not None:
        values = values / effects.past_factor
    scaled = replace(block, values=values)
    days = days_of(values.shape[1], clock.period)
    window, hidden = _uncensored(scaled, days)
    ahead = int(clock.places(times[-1:], HOUR)[0]) + 1 if clock.period <= HOUR else 0
    ahead = max(ahead, int(-(-steps * clock.period // HOUR)))
    trials = run_trials(window, -(-ahead // DAY_HOURS))
    combined = _as_bounds(combine(window, trials, gates), hidden)
    found = _at_period(scaled, window, combined, times, levels, gates, days)
    found = _with_effects(found, levels, effects) * unit[:, None, None]
    return Outcome(times, found, window, combined, trials, unit, effects)


def _unit(values: Floats) -> Floats:
    """Power of two near each series' size: any size is forecast alike, to the last bit."""
    with np.errstate(over="ignore"):
        size = np.max(np.where(np.isfinite(values), values, 0.0), axis=1)
    exponent = np.floor(np.log2(np.where(size > 0, size, 1.0)))
    return np.asarray(2.0**exponent)


def _effects(block: Block, times: pd.DatetimeIndex, calendar: Calendar) -> Effects | None:
    if not calendar:
        return None
    zone = block.clock.timezone
    past = block.clock.past(block.values.shape[1]).tz_convert(zone)
    seen = np.where(block.hidden, np.nan, block.values)
    return calendar_effects(calendar, seen, past, times.tz_convert(zone), block.names)


def _uncensored(block: Block, days: int) -> tuple[Window, np.ndarray]:
    """Hours with censored ones raised to what is usual then, and which they are.

    Demand that was hidden was at least what was seen: where the same hour of other days was
    higher, that is the better guess.
    """
    window = window_of(block, days)
    if not block.hidden.any():
        return window, np.zeros(window.values.shape, dtype=bool)
    share = hours_of(block.hidden.astype(np.float64), block.clock, days)
    hidden = np.nan_to_num(share) > 0
    open_hours = np.where(hidden, np.nan, window.values)
    by_day = open_hours.reshape(len(open_hours), -1, DAY_HOURS)
    usual = np.tile(median(by_day, 1), (1, by_day.shape[1]))
    raised = np.fmax(window.values, np.where(hidden, usual, -np.inf))
    raised = np.where(np.isfinite(window.values), raised, np.nan)
    return Window(raised, window.hour, window.weekday), hidden


def _as_bounds(combined: Combined, hidden: np.ndarray) -> Combined:
    """Forget errors at censored hours, unless even the bound was above what was said."""
    if not hidden.any():
        return combined
    horizon, count = combined.came.shape[2], combined.came.shape[1]
    padded = np.pad(hidden, ((0, 0), (0, horizon)))
    starts = hidden.shape[1] - DAY_HOURS * np.arange(1, count + 1)
    bound = padded[:, starts[:, None] + np.arange(horizon)[None, :]]
    came = np.where(bound & (combined.came < combined.made), np.nan, combined.came)
    return Combined(combined.path, combined.made, came, combined.weights, combined.traits)


def _at_period(
    block: Block,
    window: Window,
    combined: Combined,
    times: pd.DatetimeIndex,
    levels: Sequence[float],
    gates: Gates,
    days: int,
) -> Floats:
    """Quantiles at the block's own period; shape (rows, steps, levels)."""
    clock = block.clock
    inside = HOUR / clock.period
    if inside > 1 and inside == int(inside):
        evidence = _inside_hours(block, combined, days, int(inside))
        found = quantile_paths(evidence, combined.traits, gates, levels)
        return found[:, _ahead(clock, times, clock.period, found.shape[1])]
    hourly = quantile_paths(combined.evidence(window), combined.traits, gates, levels)
    return _over_hours(hourly, clock, times)


def _ahead(clock: Clock, times: pd.DatetimeIndex, unit: pd.Timedelta, count: int) -> Ints:
    """Places among `count` predicted ones; what autumn repeats from before the origin: a day on."""
    places = clock.places(times, unit)
    places = np.where(places < 0, places + round(DAY_HOURS * HOUR / unit), places)
    return np.clip(places, 0, count - 1)


def _over_hours(hourly: Floats, clock: Clock, times: pd.DatetimeIndex) -> Floats:
    """Mean of the hours that each period touches."""
    count = hourly.shape[1]
    if clock.period <= HOUR:
        return hourly[:, _ahead(clock, times, HOUR, count)]
    first = np.arange(len(times)) * (clock.period / HOUR)
    last = first + clock.period / HOUR
    hours = pd.date_range(clock.origin, periods=int(np.ceil(last[-1])), freq=HOUR)
    hourly = hourly[:, _ahead(clock, hours, HOUR, count)]
    count = len(hours)
    parts = [
        hourly[:, min(int(a), count - 1) : max(int(np.ceil(b)), int(a) + 1)].mean(axis=1)
        for a, b in zip(first, last, strict=True)
    ]
    return np.stack(parts, axis=1)


def _inside_hours(block: Block, combined: Combined, days: int, inside: int) -> Evidence:
    """Path and errors at the block's own period, from the hourly paths."""
    values = wall_grid(block.values, block.clock, days)
    hidden = np.nan_to_num(wall_grid(block.hidden.astype(np.float64), block.clock, days)) > 0
    shape = _shape_inside(np.where(hidden, np.nan, values), inside)
    path = _refine(combined.path, shape, inside)
    rows, count, hours = combined.made.shape
    made = _refine(combined.made.reshape(rows * count, hours), np.repeat(shape, count, 0), inside)
    made = made.reshape(rows, count, -1)
    came = _came(values, hidden, made)
    came[~np.isfinite(combined.came).any(axis=2)] = np.nan
    return Evidence(path, made, came, values, DAY_HOURS * inside)


def _came(values: Floats, hidden: np.ndarray, made: Floats) -> Floats:
    """Shape as `made`: what came after each origin; NaN where unknown, or only bounded below it."""
    count, horizon = made.shape[1:]
    starts = values.shape[1] - horizon // 2 * np.arange(1, count + 1)
    at = starts[:, None] + np.arange(horizon)[None, :]
    came = np.pad(values, ((0, 0), (0, horizon)), constant_values=np.nan)[:, at]
    bound = np.pad(hidden, ((0, 0), (0, horizon)))[:, at]
    return np.where(bound & (came < made), np.nan, came)


def _refine(hourly: Floats, shape: Floats, inside: int) -> Floats:
    """Smooth path through hourly means, with the usual shape inside the hours on it.

    Lines between the hours' centres, moved so that each hour keeps its mean.
    """
    rows, hours = hourly.shape
    centre = (np.arange(hours * inside) + 0.5) / inside - 0.5
    left = np.clip(np.floor(centre).astype(np.int64), 0, hours - 1)
    right = np.minimum(left + 1, hours - 1)
    share = np.clip(centre - left, 0.0, 1.0)
    smooth = hourly[:, left] * (1 - share) + hourly[:, right] * share
    blocks = smooth.reshape(rows, hours, inside)
    kept = np.maximum(blocks + (hourly - blocks.mean(axis=2))[:, :, None], 0.0).reshape(rows, -1)
    times = -(-kept.shape[1] // shape.shape[1])
    return np.asarray(kept * np.tile(shape, (1, times))[:, : kept.shape[1]])


def _shape_inside(values: Floats, inside: int) -> Floats:
    """Usual ratio to the hour's mean at each slot of the day, where it clearly stands out.

    Shape (rows, slots a day); 1 where no pattern recurs. A job at five past each hour, or at 09:05
    each day, is kept; noise is not.
    """
    rows = len(values)
    hours = values.reshape(rows, -1, inside)
    centre = mean(hours, 2)[:, :, None]
    smooth = _refine(_carried(centre[:, :, 0]), np.ones((rows, DAY_HOURS * inside)), inside)
    smooth = smooth.reshape(hours.shape)
    ratio = np.where((centre > 0) & (smooth > 0), hours / np.maximum(smooth, TINY), np.nan)
    by_hour = _clear(np.swapaxes(ratio, 0, 1))
    every = np.tile(np.where(by_hour > 0, by_hour, 1.0), (1, DAY_HOURS))
    by_day = ratio.reshape(rows, -1, DAY_HOURS * inside)
    daily = _clear(np.swapaxes(by_day / every[:, None, :], 0, 1))
    shape = every * daily
    level = np.repeat(shape.reshape(rows, DAY_HOURS, inside).mean(axis=2), inside, axis=1)
    return np.where(level > 0, shape / np.maximum(level, TINY), 1.0)


def _carried(values: Floats) -> Floats:
    """Fill gaps with the last value known before, else the first after; zero without any."""
    known = np.isfinite(values)
    last = np.maximum.accumulate(np.where(known, np.arange(values.shape[1]), -1), axis=1)
    place = np.where(last < 0, np.argmax(known, axis=1)[:, None], last)
    return np.nan_to_num(np.take_along_axis(values, place, axis=1))


def _clear(ratio: Floats) -> Floats:
    """Median over the first axis where it is surely not 1, else 1; shape (rows, slots).

    The spread of a few values is small by chance somewhere among many slots: the usual one of the
    row counts where it is larger.
    """
    middle = median(ratio, 0)
    own = _NORMAL_MAD * median(np.abs(ratio - middle), 0)
    spread = np.fmax(own, median(own, 1)[:, None])
    count = np.isfinite(ratio).sum(axis=0)
    doubt = _SURE * _MEDIAN_ERROR * spread / np.sqrt(np.maximum(count, 1)) + 1e-3
    kept = (np.abs(middle - 1) > doubt) & (count >= _LEAST_TIMES)
    return np.where(kept & np.isfinite(middle), np.clip(middle, 0.0, 100.0), 1.0)


def _with_effects(found: Floats, levels: Sequence[float], effects: Effects | None) -> Floats:
    """Multiply by the calendar's factor; its spread widens the quantiles on both sides."""
    if effects is None:
        return found
    centre = _median_of(found, levels)[:, :, None]
    factor = effects.future_factor[:, :, None]
    scores = ndtri(np.asarray(levels))[None, None, :]
    own = scores * effects.future_spread[:, :, None] * centre
    offset = found - centre
    wide = np.sign(scores) * np.sqrt(offset**2 + own**2)
    moved = np.where(effects.future_spread[:, :, None] > 0, centre + wide, found)
    return np.maximum.accumulate(np.maximum(moved * factor, 0.0), axis=2)


def _median_of(found: Floats, levels: Sequence[float]) -> Floats:
    """Level nearest the median."""
    nearest = int(np.argmin(np.abs(np.asarray(levels) - 0.5)))
    return found[:, :, nearest]


def missing_share(block: Block) -> Floats:
    """Share of the periods since a series began that were not measured; shape (rows,)."""
    return np.asarray(1 - np.isfinite(block.values).sum(axis=1) / block.known)
