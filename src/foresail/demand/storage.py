"""When a database's storage is full: a robust trend of what is used, with an interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.demand.load_fit import Estimate

Array = NDArray[np.float64]
DRAWS = 400
BLOCK = 3  # days that are drawn together
SEED = 20
LEAST_DAYS = 5
AHEAD = 1500  # days; beyond them, no date is named
OUTLYING = 5.0  # spreads
ENLARGED = 0.04  # of the allocated storage: free space that appears within a day was added
AUTOSCALING_AT = 0.9  # share of the allocated storage in use at which RDS adds to it


@dataclass(frozen=True, slots=True)
class StorageOutlook:
    """When storage is full, and what that rests on; bytes, and days from the last observation.

    Parameters
    ----------
    used, limit, full
        In use now; what there can be at most; what counts as full.
    growth
        Per day, with the interval that holds it 95 times in 100; None where too little is known.
    days
        Days until `full` is reached, by quantile: 0.1 is early. None where it is not in sight.
    dates
        The same as dates (UTC).
    enlarged
        When RDS will first add storage by itself; None where it will not, or it is not in sight.
    reason
        In words.
    """

    used: float
    limit: float
    full: float
    growth: Estimate | None
    days: dict[float, float | None]
    dates: dict[float, datetime | None]
    enlarged: datetime | None
    reason: str


def storage_outlook(
    measured: pd.DataFrame,
    *,
    allocated: float | None,
    limit: float,
    full: float = 0.9,
    quantiles: Sequence[float] = (0.1, 0.5, 0.9),
) -> StorageOutlook:
    """Tell when a share of the storage will be in use.

    The trend is the slope of Theil (1950) and Sen (1968) through the daily values, single days of
    much growth held near the others. Its interval comes of paths made of blocks of days drawn
    again, since what a database grows by on one day is kept for all later ones; so do the days
    ahead, each path with its own slope. Space that RDS added meanwhile does not count as less in
    use.

    Parameters
    ----------
    measured
        timestamp (UTC), value in bytes: free space where `allocated` is given (RDS), space in use
        where it is None (an Aurora volume).
    allocated
        Storage that the instance has now.
    limit
        Most that there can be: MaxAllocatedStorage, else what is allocated.
    full
        Share of `limit` that counts as full.
    quantiles
        Of the date, in (0, 1).

    Notes
    -----
    Source: Amazon RDS User Guide, "Managing capacity automatically with storage autoscaling": RDS
    adds storage when less than 10 % is free, up to MaxAllocatedStorage, and never takes any away.
    """
    daily = measured.set_index("timestamp")["value"].resample("24h", origin="end").last().dropna()
    used = _used(daily, allocated)
    now = pd.Timestamp(measured["timestamp"].iloc[-1]).to_pydatetime()
    steps = _steps(daily, allocated)
    if len(steps) < LEAST_DAYS:
        nothing: dict[float, None] = dict.fromkeys(quantiles)
        why = f"{len(steps) + 1} days are known, {LEAST_DAYS + 1} are needed"
        return StorageOutlook(used, limit, full * limit, None, {**nothing}, {**nothing}, None, why)
    rng = np.random.default_rng(SEED)
    slopes = _slope(_drawn(_tamed(steps), len(steps), rng))
    low, high = np.quantile(slopes, [0.025, 0.975])
    growth = Estimate(float(_slope(_tamed(steps)[None, :])[0]), float(low), float(high))
    ahead = slopes[:, None] + _drawn(steps - steps.mean(), AHEAD, rng)
    days = _days(full * limit - used, ahead, quantiles)
    dates = {q: None if d is None else now + timedelta(days=d) for q, d in days.items()}
    enlarged = _enlarged(used, allocated, limit, growth.value, now)
    return StorageOutlook(
        used, limit, full * limit, growth, days, dates, enlarged, _said(days, full)
    )


def _used(daily: pd.Series, allocated: float | None) -> float:
    last = float(daily.iloc[-1])
    return last if allocated is None else max(allocated - last, 0.0)


def _steps(daily: pd.Series, allocated: float | None) -> Array:
    """Growth of what is in use from day to day, without days on which storage was added."""
    gaps = pd.DatetimeIndex(daily.index).to_series().diff().dt.days.to_numpy()[1:]
    change = np.diff(daily.to_numpy(dtype=float))
    if allocated is None:
        return np.asarray(change / gaps)
    return np.asarray((-change / gaps)[change < ENLARGED * allocated])


def _tamed(steps: Array) -> Array:
    """Growth with single days, like those of an import, held near the others."""
    middle = float(np.median(steps))
    spread = max(1.4826 * float(np.median(np.abs(steps - middle))), abs(middle) / 2)
    return np.clip(steps, middle - OUTLYING * spread, middle + OUTLYING * spread)


def _drawn(steps: Array, length: int, rng: np.random.Generator) -> Array:
    """Growth day by day, made of blocks of the days that were seen; shape (DRAWS, length)."""
    starts = rng.integers(len(steps), size=(DRAWS, -(-length // BLOCK)))
    places = (starts[:, :, None] + np.arange(BLOCK)).reshape(DRAWS, -1) % len(steps)
    return np.asarray(steps[places[:, :length]], dtype=float)


def _slope(steps: Array) -> Array:
    """Median slope over all pairs of days; shape (paths,) of steps with shape (paths, days)."""
    path = np.pad(np.cumsum(steps, axis=1), ((0, 0), (1, 0)))
    one, other = np.triu_indices(path.shape[1], 1)
    return np.asarray(np.median((path[:, other] - path[:, one]) / (other - one), axis=1))


def _days(left: float, ahead: Array, quantiles: Sequence[float]) -> dict[float, float | None]:
    """Quantiles of the day on which growth ahead first adds up to what is left."""
    if left <= 0:
        return dict.fromkeys(quantiles, 0.0)
    path = np.cumsum(ahead, axis=1)
    reached = path >= left
    day = reached.argmax(axis=1)
    row = np.arange(len(path))
    before = path[row, day] - ahead[row, day]
    part = (left - before) / np.maximum(ahead[row, day], 1e-9)
    each = np.where(reached.any(axis=1), day + np.clip(part, 0, 1), np.inf)
    found = np.quantile(each, list(quantiles), method="inverted_cdf")
    return {q: float(d) if np.isfinite(d) else None for q, d in zip(quantiles, found, strict=True)}


def _enlarged(
    used: float, allocated: float | None, limit: float, growth: float, now: datetime
) -> datetime | None:
    if allocated is None or limit <= allocated:
        return None
    left = AUTOSCALING_AT * allocated - used
    if left <= 0:
        return now
    if growth <= 0 or left / growth > AHEAD:
        return None
    return now + timedelta(days=left / growth)


def _said(days: dict[float, float | None], full: float) -> str:
    known = [d for d in days.values() if d is not None]
    if not known:
        return f"{full:.0%} is not in sight"
    if not any(known):
        return f"{full:.0%} is reached already"
    early, late = min(known), max(known)
    open_end = "" if len(known) == len(days) else " or never"
    return f"{full:.0%} in {early:.0f} to {late:.0f} days{open_end}"
