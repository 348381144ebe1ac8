"""What kind of demand a series is: one word for its pattern, and the strength of its parts.

Everything is computed from the values alone, for a matrix of series at once. Each series is
scaled by its own largest value first, so that neither units nor neighbours matter.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.errors import InputError
from foresail.forecast.parts import (
    WEEK_DAYS,
    Bools,
    Floats,
    Parts,
    decompose,
    deviation,
    flattened,
    median,
    quantile,
    quotient,
    row_mean,
    row_variance,
    winsorised,
)

PATTERNS = ("anomalous", "spike", "steady_increase", "seasonal", "cyclical", "flat")
CHUNK = 2000  # series at a time: bounds memory, changes no result

LEAST_DAYS = 2.0  # less than this says nothing
SIDE_DAYS = 3  # a new level must last longer than a weekend
SEASONAL = 0.4
TREND = 0.5
STEADY_Z = 2.58
STEADY_GROWTH = 0.1
SHIFT_FIT = 0.8
SHIFT_JUMP = 0.2
SPIKE_SDS = 6.0
SPIKE_RARE = 0.1
SPIKE_SHARE = 0.5
ODD_SDS = 4.0
ODD_SHARE = 0.25
CYCLE_LAG = 3
CYCLE_MEMORY = 0.5
CYCLE_SIZE = 0.05
NOISY = 0.5
INTERVAL = 1.32
FULL = 0.99
FULL_SHARE = 0.05


def describe(values: Floats, hour: NDArray[Any], weekday: NDArray[Any]) -> pd.DataFrame:
    """Describe each series of an hourly matrix.

    Parameters
    ----------
    values
        Shape (S, T): demand, zero or more; NaN where nothing was measured. Up to nine weeks.
    hour
        Shape (T,): local hour of the day, 0 to 23.
    weekday
        Shape (T,): local weekday, 0 (Monday) to 6.

    Returns
    -------
    DataFrame
        One row per series:

        ``pattern``
            One word; the first that holds of

            * anomalous: a quarter or more of the last day's hours lie over 4 robust standard
              deviations from where the days before put them;
            * spike: at most 10 % of the hours lie over 6 robust standard deviations above the
              other parts, and carry half or more of all variation;
            * steady_increase: daily levels rise by 10 % or more over the history, significantly
              (Mann-Kendall, 1 %), nearer to a line than to a step, and the trend carries more
              variation than the seasons;
            * seasonal: day and week together explain 40 % or more (`strength_season`);
            * cyclical: rises and falls that last but keep no calendar (Hyndman and Athanasopoulos,
              FPP3, 2.3, tell seasonal from cyclic this way): what remains is correlated by 0.5 or
              more at a lag of three hours and is 5 % of the level or more; or the trend explains
              half or more, moves by 10 % of the level, and is no single step;
            * flat: none of it; the best guess is a constant.
        ``flags``
            Words joined by ``, ``: short (under two days: nothing else is said), idle (no demand
            in the last week), intermittent (average demand interval of 1.32 or more: Syntetos,
            Boylan and Croston, 2005), saturated (5 % or more of the hours within 1 % of the
            highest: demand may be hidden), level_shifted, trending_up, trending_down, noisy
            (what remains is over half of the level).
        ``strength_trend``, ``strength_day``, ``strength_week``, ``strength_season``
            1 - Var(rest) / Var(part + rest), from 0 to 1 (Wang, Smith and Hyndman, 2006), with
            the rest's variance winsorised (robust) and corrected for the parameters fitted.
        ``burstiness``
            (s - m) / (s + m) of the deviation s of what remains and the mean m: -1 regular,
            0 Poisson-like, towards 1 bursty (Goh and Barabasi, 2008).
        ``spike_share``
            Share of all variation in short spikes.
        ``level_shift``, ``shift_ratio``
            Share of the daily levels' variation that one step explains, and level after it over
            before (NaN where there is no step; Bai, 1994, least squares).
        ``growth``
            Relative change of the daily level over the history, by Sen's slope (1968).
        ``zero_share``, ``known_days``
            Share of measured hours without demand; measured hours / 24.

    Notes
    -----
    A random walk passes for steady growth more often than Mann-Kendall's level promises.
    """
    values = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if values.ndim != 2 or values.shape[1] != len(hour) or len(hour) != len(weekday):
        raise InputError(
            f"values {values.shape}, hours ({len(hour)},) and weekdays ({len(weekday)},) differ",
            cure="pass a (series, hours) matrix and one local hour and weekday per column",
        )
    hours, days = np.asarray(hour, dtype=np.int64), np.asarray(weekday, dtype=np.int64)
    chunks = [
        _describe(values[first : first + CHUNK], hours, days)
        for first in range(0, max(len(values), 1), CHUNK)
    ]
    return pd.concat(chunks, ignore_index=True)


def _describe(values: Floats, hour: NDArray[Any], weekday: NDArray[Any]) -> pd.DataFrame:
    clean = np.where(np.isfinite(values), values, np.nan)
    top = np.max(np.nan_to_num(np.abs(clean)), axis=1, initial=0.0)
    scaled = clean / np.where(top > 0, top, 1.0)[:, None]
    figures = _figures(scaled, hour, weekday)
    words = _words(figures)
    frame = pd.DataFrame({"pattern": words, "flags": _flags(figures)} | figures)
    return frame.drop(columns=[name for name in frame if str(name).startswith("_")])


def _figures(scaled: Floats, hour: NDArray[Any], weekday: NDArray[Any]) -> dict[str, Any]:
    parts = decompose(scaled, hour, weekday)
    flat = scaled
    known = np.isfinite(flat)
    count = known.sum(axis=1)
    mean = row_mean(flat)
    figures: dict[str, Any] = _strengths(parts, count)
    spread = np.sqrt(row_variance(flattened(parts.rest)))
    figures["burstiness"] = quotient(spread - mean, spread + mean)
    figures |= _spikes(parts) | _levels(parts.level, mean)
    figures["zero_share"] = quotient((flat == 0).sum(axis=1), count)
    figures["known_days"] = count / 24
    figures["_odd"] = _odd(parts)
    figures["_memory"] = _memory(parts.rest)
    figures["_noise"] = quotient(deviation(flattened(parts.rest)), mean)
    figures["_reach"] = quotient(np.ptp(parts.trend, axis=1), mean)
    figures["_idle"] = (np.nan_to_num(flat[:, -7 * 24 :]) == 0).all(axis=1)
    figures["_full"] = _full(flat)
    return figures


def _strengths(parts: Parts, count: NDArray[Any]) -> dict[str, Floats]:
    rest = winsorised(flattened(parts.rest))
    level = flattened(np.broadcast_to(parts.trend[..., None], parts.value.shape))
    week, day = flattened(parts.week), flattened(parts.day)
    weekly = 30 * (parts.value.shape[1] >= WEEK_DAYS)
    fitted = 24 + weekly + parts.value.shape[1] / 7
    freedom = np.maximum(count / np.maximum(count - fitted, 1), 1.0)
    noise = row_variance(rest) * freedom

    def strength(part: Floats) -> Floats:
        return np.clip(np.where(count > 0, 1 - _over(noise, row_variance(part + rest)), 0.0), 0, 1)

    return {
        "strength_trend": strength(level),
        "strength_day": strength(day),
        "strength_week": strength(week),
        "strength_season": strength(day + week),
    }


def _over(noise: Floats, whole: Floats) -> Floats:
    """Share of the noise in the whole; all of it where nothing varies."""
    return np.where(whole > 1e-15, noise / np.where(whole > 1e-15, whole, 1.0), 1.0)


def _spikes(parts: Parts) -> dict[str, Floats]:
    rest, value = flattened(parts.rest), flattened(parts.value)
    size = deviation(rest)[:, None]
    middle = np.nan_to_num(median(rest))[:, None]
    level = np.nan_to_num(median(value))[:, None]
    high = (rest - middle > SPIKE_SDS * size) & (rest > 0.5 * level) & (rest > 1e-9)
    off = np.nan_to_num(
        value - flattened(np.broadcast_to(parts.trend[..., None], parts.value.shape))
    )
    share = quotient((np.where(high, off, 0.0) ** 2).sum(axis=1), (off**2).sum(axis=1))
    rare = quotient(high.sum(axis=1), np.isfinite(value).sum(axis=1))
    return {"spike_share": np.clip(share, 0, 1), "_spike_hours": rare}


def _levels(level: Floats, mean: Floats) -> dict[str, Floats]:
    """Growth and steps of the daily levels (weekday effects already taken out)."""
    growth, z = _growth(level, mean)
    fit, ratio, line = _step(level)
    days = np.isfinite(level).sum(axis=1)
    real = (fit >= SHIFT_FIT) & (np.abs(ratio - 1) >= SHIFT_JUMP) & (days >= 2 * SIDE_DAYS)
    shifted = real & (1 - fit < 0.5 * (1 - line))
    return {
        "growth": growth,
        "level_shift": fit,
        "shift_ratio": np.where(shifted, ratio, np.nan),
        "_shifted": shifted,
        "_trend_z": z,
        "_line": line,
    }


def _growth(level: Floats, mean: Floats) -> tuple[Floats, Floats]:
    """Relative change by Sen's slope, and Mann-Kendall's z."""
    days = level.shape[1]
    first, second = np.triu_indices(days, 1)
    if not len(first):
        return np.zeros(len(level)), np.zeros(len(level))
    change = level[:, second] - level[:, first]
    slope = np.nan_to_num(median(change / (second - first)))
    count = np.isfinite(level).sum(axis=1).astype(np.float64)
    tally = np.nan_to_num(np.sign(change)).sum(axis=1)
    spread = np.sqrt(np.maximum(count * (count - 1) * (2 * count + 5) / 18, 1.0))
    z = np.sign(tally) * np.maximum(np.abs(tally) - 1, 0) / spread
    return quotient(slope * (days - 1), mean), z


def _step(level: Floats) -> tuple[Floats, Floats, Floats]:
    """Best single step: share explained, level after over before; and share a line explains."""
    known = np.isfinite(level)
    filled = np.where(known, level, 0.0)
    count, total = known.sum(axis=1), filled.sum(axis=1)
    whole = row_variance(level) * count
    left, summed = known.cumsum(axis=1)[:, :-1], filled.cumsum(axis=1)[:, :-1]
    right, rest = count[:, None] - left, total[:, None] - summed
    allowed = (left >= SIDE_DAYS) & (right >= SIDE_DAYS)
    before, after = quotient(summed, left), quotient(rest, right)
    gain = np.where(allowed, left * right / np.maximum(count, 1)[:, None], 0.0)
    gain = gain * (after - before) ** 2
    if not gain.shape[1]:
        nothing = np.zeros(len(level))
        return nothing, np.ones(len(level)), nothing
    best = np.argmax(gain, axis=1)[:, None]
    ratio = np.take_along_axis(after, best, 1) / np.maximum(
        np.take_along_axis(before, best, 1), 1e-9
    )
    fit = quotient(np.take_along_axis(gain, best, 1)[:, 0], whole)
    return np.clip(fit, 0, 1), ratio[:, 0], _line_fit(level, whole)


def _line_fit(level: Floats, whole: Floats) -> Floats:
    """Share of the variation of the daily levels that a straight line explains."""
    known = np.isfinite(level)
    time = np.where(known, np.arange(level.shape[1], dtype=np.float64), np.nan)
    x = np.nan_to_num(time - row_mean(time)[:, None])
    y = np.nan_to_num(level - row_mean(level)[:, None])
    both = (x * y).sum(axis=1)
    return np.clip(quotient(quotient(both, (x * x).sum(axis=1)) * both, whole), 0, 1)


def _odd(parts: Parts) -> Floats:
    """Share of the last 24 hours that lies far from where the days before put them."""
    if parts.value.shape[1] < SIDE_DAYS + 1:
        return np.zeros(len(parts.value))
    before = median(parts.level[:, -9:-2])
    base = before[:, None, None] + parts.week[:, -2:] + parts.day[:, -2:]
    off = flattened(parts.value[:, -2:] - base)
    hours = np.cumsum(np.isfinite(off)[:, ::-1], axis=1)[:, ::-1]
    off = np.where(hours <= 24, off, np.nan)
    usual = flattened((parts.value - parts.level[..., None] - parts.week - parts.day)[:, :-2])
    wander = deviation(parts.level[:, :-2])
    size = np.hypot(deviation(usual), wander)[:, None]
    least = 0.02 * np.nan_to_num(np.abs(before))[:, None]
    far = np.abs(off) > np.maximum(ODD_SDS * size, np.maximum(least, 1e-9))
    return quotient(far.sum(axis=1), np.isfinite(off).sum(axis=1))


def _memory(rest: Floats) -> Floats:
    """Correlation of what remains with itself three hours before."""
    rows = winsorised(flattened(rest))
    off = rows - row_mean(rows)[:, None]
    now, then = off[:, CYCLE_LAG:], off[:, :-CYCLE_LAG]
    both = np.isfinite(now) & np.isfinite(then)
    now, then = np.where(both, now, 0.0), np.where(both, then, 0.0)
    size = np.sqrt((now**2).sum(axis=1) * (then**2).sum(axis=1))
    return np.where(size > 1e-12, (now * then).sum(axis=1) / np.where(size > 1e-12, size, 1), 0.0)


def _full(rows: Floats) -> Bools:
    """Mark series that stay within 1 % of their highest value for 5 % of the time or more."""
    share = quotient((rows >= FULL).sum(axis=1), np.isfinite(rows).sum(axis=1))
    varied = np.nan_to_num(quantile(rows, 0.25)) < 0.9
    return np.asarray((share >= FULL_SHARE) & varied)


def _words(figures: dict[str, Any]) -> list[str]:
    enough = (figures["known_days"] >= LEAST_DAYS) & ~figures["_idle"]
    trended, season = figures["strength_trend"], figures["strength_season"]
    rises = (figures["growth"] >= STEADY_GROWTH) & (figures["_trend_z"] >= STEADY_Z)
    wanders = (figures["_memory"] >= CYCLE_MEMORY) & (figures["_noise"] >= CYCLE_SIZE)
    drifts = (trended >= TREND) & (figures["_reach"] >= STEADY_GROWTH) & ~figures["_shifted"]
    tests = {
        "anomalous": figures["_odd"] >= ODD_SHARE,
        "spike": (figures["spike_share"] >= SPIKE_SHARE) & (figures["_spike_hours"] <= SPIKE_RARE),
        "steady_increase": rises & ~figures["_shifted"] & (trended >= np.maximum(TREND, season)),
        "seasonal": season >= SEASONAL,
        "cyclical": wanders | drifts,
    }
    return [
        str(word) for word in np.select([enough & t for t in tests.values()], list(tests), "flat")
    ]


def _flags(figures: dict[str, Any]) -> list[str]:
    short = figures["known_days"] < LEAST_DAYS
    sure = np.abs(figures["_trend_z"]) >= STEADY_Z
    sparse = figures["zero_share"] >= 1 - 1 / INTERVAL
    flags = {
        "short": short,
        "idle": figures["_idle"],
        "intermittent": sparse & ~figures["_idle"],
        "saturated": figures["_full"] & ~sparse,
        "level_shifted": figures["_shifted"],
        "trending_up": sure & (figures["growth"] >= STEADY_GROWTH) & ~figures["_shifted"],
        "trending_down": sure & (figures["growth"] <= -STEADY_GROWTH) & ~figures["_shifted"],
        "noisy": figures["_noise"] > NOISY,
    }
    held = np.stack([flag & (~short | (name == "short")) for name, flag in flags.items()])
    return [", ".join(np.asarray(list(flags))[column]) for column in held.T]
