"""A tier's day in 5-minute periods, told by a forecaster that believes in a wave around 600."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from scipy.special import ndtri

from foresail.score.windows import PastForecast, Window

PERIOD = timedelta(minutes=5)
START = datetime(2026, 11, 18, tzinfo=UTC)
SIX = timedelta(hours=6)
LEVELS = (0.1, 0.5, 0.9, 0.95)
SPREAD = 30.0


def wave(times):
    """What is usual at some times."""
    hours = (pd.DatetimeIndex(times).hour + pd.DatetimeIndex(times).minute / 60).to_numpy()
    return 600 - 400 * np.cos(hours * np.pi / 12)


def window(number=0):
    """The n-th six hours."""
    return Window(START + number * SIX, START + (number + 1) * SIX)


def times(start, end):
    return pd.date_range(start, end, freq=PERIOD, inclusive="left").as_unit("us")


def past(made, hours=24, plan="p", signal="RequestCount"):
    """A forecast of the wave, with the quantiles of its noise, as it was made at a time."""
    first = pd.Timestamp(made).floor(PERIOD)
    grid = times(first, first + timedelta(hours=hours))
    frame = pd.DataFrame({"signal": signal, "timestamp": grid})
    for level in LEVELS:
        frame[f"q{level:g}"] = wave(grid) + SPREAD * ndtri(level)
    needed = np.ceil(frame["q0.9"].to_numpy() / 70)
    return PastForecast(plan, made, frame.assign(planned_floor=needed, needed_units=needed))


def demand(end, days=3, factor=1.0, since=None, seed=1, signal="RequestCount"):
    """Demand up to `end`: the wave and its noise, times a factor from `since` on."""
    grid = times(end - timedelta(days=days), end)
    value = wave(grid) + SPREAD * np.random.default_rng(seed).normal(size=len(grid))
    value = np.where(grid >= (since or grid[0]), factor * value, value)
    return pd.DataFrame({"signal": signal, "timestamp": grid, "value": value, "censored": False})
