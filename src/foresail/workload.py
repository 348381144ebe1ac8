"""The demo's own workload: three months of a shop's requests, generated from a seed.

No real data is in it. `shop_events` lists what was put in on purpose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

TIMEZONE = "America/New_York"
START, END = "2026-08-24", "2026-11-22"  # local midnights; DST ends on 2026-11-01
PERIOD = pd.Timedelta(minutes=5)
PEAK = 1500.0  # requests per second on an ordinary evening
GROWTH_PER_WEEK = 0.012
SEED = 7
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Event:
    """Something out of the ordinary, in local time; `factor` multiplies the demand."""

    name: str
    start: str
    end: str
    factor: float


def shop_events() -> tuple[Event, ...]:
    """List holidays, a launch, an outage and the retry storm after it."""
    return (
        Event("Labor Day", "2026-09-07 00:00", "2026-09-08 00:00", 0.72),
        Event("launch", "2026-09-22 12:00", "2026-09-22 18:00", 1.7),
        Event("outage", "2026-10-07 14:10", "2026-10-07 14:50", 0.0),
        Event("retry storm", "2026-10-07 14:50", "2026-10-07 15:20", 1.9),
        Event("Columbus Day", "2026-10-12 00:00", "2026-10-13 00:00", 0.85),
        Event("Veterans Day", "2026-11-11 00:00", "2026-11-12 00:00", 0.85),
    )


def shop_workload(seed: int = SEED) -> pd.DataFrame:
    """Generate the shop's requests per five minutes.

    Returns
    -------
    DataFrame
        series ("storefront"), timestamp (UTC, start of the period), value (whole requests).
        Periods of the outage are absent, as a load balancer without requests leaves them.
    """
    rng = np.random.default_rng(seed)
    local = pd.date_range(START, END, freq=PERIOD, tz=TIMEZONE, inclusive="left")
    shape = _day_shape(local) + _campaigns(local)
    rate = PEAK * shape * _week_shape(local) * _growth(local) * _events(local)
    mean = rate * _wander(len(local), rng) * PERIOD.total_seconds()
    # Counts of a crowd vary more than Poisson's: a gamma mixture, that is negative binomial.
    counts = rng.poisson(mean * rng.gamma(900.0, 1 / 900.0, len(local)))
    frame = pd.DataFrame(
        {
            "series": "storefront",
            "timestamp": local.tz_convert("UTC").as_unit("us"),
            "value": counts.astype(float),
        }
    )
    return frame[counts > 0].reset_index(drop=True)


def _day_shape(local: pd.DatetimeIndex) -> Floats:
    """Night valley, lunch bump and evening peak, by local time."""
    hour = np.asarray(local.hour + local.minute / 60, dtype=float)

    def bump(at: float, width: float) -> Floats:
        away = np.minimum(np.abs(hour - at), 24 - np.abs(hour - at))
        return np.asarray(np.exp(-0.5 * (away / width) ** 2))

    return 0.14 + 0.38 * bump(12.5, 2.2) + 0.80 * bump(20.3, 2.3) + 0.25 * bump(16.0, 3.0)


def _campaigns(local: pd.DatetimeIndex) -> Floats:
    """Rush that starts sharply: a newsletter on working mornings, a flash sale each evening."""
    minute = np.asarray(local.hour * 60 + local.minute, dtype=float)

    def rush(at: float, size: float, fade: float) -> Floats:
        since = minute - at
        return np.where(since >= 0, size * np.exp(-np.maximum(since, 0) / fade), 0.0)

    working = np.asarray(local.day_of_week < 5)
    return rush(9 * 60, 0.35, 45.0) * working + rush(19 * 60, 0.45, 60.0)


def _week_shape(local: pd.DatetimeIndex) -> Floats:
    factors = np.array([1.0, 0.97, 0.98, 1.0, 1.06, 1.18, 1.22])
    return np.asarray(factors[local.day_of_week])


def _growth(local: pd.DatetimeIndex) -> Floats:
    weeks = np.asarray((local - local[0]) / pd.Timedelta(weeks=1), dtype=float)
    return np.asarray((1 + GROWTH_PER_WEEK) ** weeks)


def _events(local: pd.DatetimeIndex) -> Floats:
    factor = np.ones(len(local))
    for event in shop_events():
        start, end = pd.Timestamp(event.start, tz=TIMEZONE), pd.Timestamp(event.end, tz=TIMEZONE)
        factor[(local >= start) & (local < end)] *= event.factor
    return factor


def _wander(count: int, rng: np.random.Generator) -> Floats:
    """Slow drift around 1: a first-order autoregression that forgets within hours."""
    steps = rng.normal(0.0, 0.006, count)
    drift = np.zeros(count)
    for i in range(1, count):
        drift[i] = 0.985 * drift[i - 1] + steps[i]
    return np.exp(drift)
