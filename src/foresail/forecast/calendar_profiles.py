"""What demand would have been: robust profiles by local hour of the days that compare."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REACH = 28  # days to either side that compare
ENOUGH = 3  # days of the same weekday that make a profile by themselves
LEAST, MOST = 0.2, 5.0  # bounds of one hour of a day of rest against another weekday
NEAR_ZERO = 1e-3  # of the mean level: less is no demand to compare with
DOUBT = 0.25  # a holiday is like a Sunday, give or take a quarter of the difference
HOLIDAY = 1.0  # likeness of a holiday to the day of rest, as long as none was seen
BELIEF = 4.0  # precision of that belief
MOST_LIKENESS = 1.5
UNKNOWN_NOISE = 0.05  # variance of an hour's relative noise while no hour was seen twice
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Clock:
    """Local days, counted from the first of the history, and local hours of an index."""

    day: Ints
    hour: Ints

    @classmethod
    def of(cls, times: pd.DatetimeIndex, first: pd.Timestamp) -> Clock:
        """Read a local index; `first` is the naive midnight that day 0 begins with."""
        naive = times.tz_localize(None)
        day = (naive.normalize() - first) // pd.Timedelta(days=1)
        return cls(np.asarray(day, dtype=np.int64), np.asarray(naive.hour, dtype=np.int64))


@dataclass(frozen=True)
class Profiles:
    """Means by local day and hour, without what events touched.

    Parameters
    ----------
    cube
        Shape (S, D, 24); NaN where nothing is known or an event moved the demand.
    weekday
        Shape (D,): Monday is 0.
    level
        Shape (S,): mean demand; zero when there is none.
    """

    cube: Floats
    weekday: Ints
    level: Floats

    @classmethod
    def of(cls, values: Floats, clock: Clock, first_weekday: int) -> Profiles:
        """Average the periods of each local hour."""
        days = int(clock.day.max()) + 1 if len(clock.day) else 0
        cube = np.full((len(values), days, 24), np.nan)
        known = np.isfinite(values)
        if days:
            code = clock.day * 24 + clock.hour
            starts = np.flatnonzero(np.diff(code, prepend=-1))
            cells = cube.reshape(len(values), -1)
            if len(starts) == len(code):
                cells[:, code] = np.where(known, values, np.nan)
            else:
                count = np.add.reduceat(known.astype(float), starts, axis=1)
                total = np.add.reduceat(np.where(known, values, 0.0), starts, axis=1)
                cells[:, code[starts]] = over(total, count)
        seen = known.sum(axis=1)
        level = np.where(known, np.abs(values), 0.0).sum(axis=1) / np.maximum(seen, 1)
        return cls(cube, (first_weekday + np.arange(days)) % 7, level)

    @property
    def tiny(self) -> Floats:
        """Shape (S,): demand of an hour that is next to nothing."""
        return NEAR_ZERO * self.level

    def take(self, rows: slice | Ints) -> Profiles:
        """Profiles of some of the series."""
        return Profiles(self.cube[rows], self.weekday, self.level[rows])

    def weekday_of(self, day: int) -> int:
        """Weekday of a day, which may lie after the history."""
        return int((self.weekday[0] + day) % 7) if len(self.weekday) else 0

    def comparable(self, day: int, weekdays: Collection[int]) -> Ints:
        """Days of those weekdays within reach; after the history, of its end."""
        near = min(max(day, 0), len(self.weekday) - 1)
        days = np.arange(max(near - REACH, 0), min(near + REACH + 1, len(self.weekday)))
        alike = np.isin(self.weekday[days], list(weekdays)) & (days != day)
        return np.asarray(days[alike], dtype=np.int64)

    def expected(self, day: int) -> tuple[Floats, Floats]:
        """Profile (S, 24) of a day without events, and the sample (S, n, 24) it rests on.

        The same weekday when there are enough of it, else all working days, or all days of that
        day of the weekend.
        """
        weekday = self.weekday_of(day)
        same = self.comparable(day, {weekday})
        kin = self.comparable(day, range(5) if weekday < 5 else {weekday})
        if len(same) < ENOUGH:
            sample = self.cube[:, kin]
            return median(sample)[0], sample
        sample = self.cube[:, same]
        profile, count = median(sample)
        weak = count < ENOUGH
        if weak.any() and len(kin) > len(same):
            wider, seen = median(self.cube[:, kin])
            profile = np.where(weak & (seen > count), wider, profile)
        return profile, sample

    def noise(self, sample: Floats, profile: Floats, weights: Floats) -> Floats:
        """Variance (S,) of the logarithm of a day's total against its profile, without any event.

        `weights` has shape (24,): how much of each hour counts.
        """
        known = np.isfinite(sample) & np.isfinite(profile)[:, None, :]
        parts = (np.where(known, sample, 0.0) * weights).sum(axis=2)
        whole = np.where(np.isfinite(profile), profile, 0.0) * weights
        wanted = np.where(known, whole[:, None, :], 0.0).sum(axis=2)
        complete = wanted > 0.5 * whole.sum(axis=1)[:, None]
        ratio = over(parts, np.where(complete, wanted, 0.0))
        away = np.abs(np.log(np.clip(ratio, 0.05, 20.0)))
        typical, count = median(away[:, :, None])
        scale = np.where(count >= 2, 1.4826 * typical, np.sqrt(UNKNOWN_NOISE))[:, 0]
        return np.asarray((scale**2 + 1e-4) * (1 + 1 / np.maximum(count[:, 0], 1)))

    def rest(self, day: int, rest: int) -> Rest:
        """How a day would change if it were the weekly day of rest."""
        weekday = self.weekday_of(day)
        theirs, ours = (self.cube[:, self.comparable(day, {kind})] for kind in (rest, weekday))
        (top, tops), (bottom, bottoms) = median(theirs), median(ours)
        tiny = self.tiny[:, None]
        usable = np.isfinite(top) & np.isfinite(bottom) & (bottom > tiny)
        known = usable.any(axis=1)
        if rest == weekday:
            usable = np.zeros_like(usable)
        ratio = np.clip(over(top, np.where(usable, bottom, 0.0)), LEAST, MOST)
        noise = _hourly_noise(theirs, top, ours, bottom, tiny)[:, None]
        error = noise * (1 / np.maximum(tops, 1) + 1 / np.maximum(bottoms, 1))
        shape = _steadied(np.where(usable, np.log(ratio), 0.0), error, usable, top, bottom)
        return Rest(
            ordinary=np.where(usable, bottom, np.nan),
            shape=shape,
            error=np.where(usable, error, 0.0),
            likeness=np.ones(len(shape)),
            reason=np.select(
                [known, ~np.isfinite(top).any(axis=1), ~np.isfinite(bottom).any(axis=1)],
                ["", f"the history has no {WEEKDAYS[rest]}",
                 f"the history has no {WEEKDAYS[weekday]}"],
                "no demand on comparable days",
            ).astype(object),
        )  # fmt: skip


@dataclass(frozen=True)
class Rest:
    """A day as the weekly day of rest.

    Parameters
    ----------
    ordinary
        Shape (S, 24): demand of an ordinary day of its weekday; NaN where nothing can be said.
    shape
        Shape (S, 24): logarithm of the day of rest against it; 0 where nothing can be said.
    error
        Shape (S, 24): variance of the shape.
    likeness
        Shape (S,): 1 for a day that is wholly like the day of rest, 0 for one that is not at all.
    reason
        Shape (S,): why nothing can be said; empty when something can.
    """

    ordinary: Floats
    shape: Floats
    error: Floats
    likeness: Floats
    reason: NDArray[np.object_]

    @property
    def factor(self) -> Floats:
        """Shape (S, 24): against the ordinary day."""
        return np.clip(np.exp(self.likeness[:, None] * self.shape), LEAST, MOST)

    @property
    def profile(self) -> Floats:
        """Shape (S, 24): expected demand; NaN where nothing can be said."""
        return self.ordinary * self.factor

    @property
    def total(self) -> Floats:
        """Shape (S,): factor of the whole day."""
        whole = np.nansum(self.ordinary, axis=1)
        return np.where(whole > 0, over(np.nansum(self.profile, axis=1), whole), 1.0)

    @property
    def spread(self) -> Floats:
        """Shape (S, 24): relative standard deviation of the factor."""
        return np.hypot(DOUBT * self.likeness[:, None] * self.shape, np.sqrt(self.error))

    def likeness_of(self, seen: Floats) -> Floats:
        """How much a day that was seen (S, 24) was like the day of rest; NaN when it cannot tell.

        The slope of the logarithm of its hours over those of the day of rest, weighted by demand
        and drawn towards what is believed of holidays; its level is left for the total to tell.
        """
        usable = np.isfinite(seen) & np.isfinite(self.ordinary)
        weight = np.where(usable, self.ordinary, 0.0)
        weight = weight / np.where(usable.any(axis=1), weight.sum(axis=1), 1.0)[:, None]
        ratio = np.clip(over(seen, np.where(usable, self.ordinary, 0.0)), 0.05, 20.0)
        logs = np.where(usable, np.log(ratio), 0.0)
        x = self.shape - (weight * self.shape).sum(axis=1, keepdims=True)
        y = logs - (weight * logs).sum(axis=1, keepdims=True)
        varied = (weight * x * x).sum(axis=1)
        slope = np.where(varied > 0, over((weight * x * y).sum(axis=1), varied), HOLIDAY)
        left = (weight * np.square(y - slope[:, None] * x)).sum(axis=1) + 0.01
        count = usable.sum(axis=1)
        firm = count * varied / left
        drawn = (firm * slope + BELIEF * HOLIDAY) / (firm + BELIEF)
        enough = (count >= 6) & (varied > 1e-3)
        return np.where(enough, np.clip(drawn, 0.0, MOST_LIKENESS), np.nan)


def median(sample: Floats) -> tuple[Floats, Ints]:
    """Median of what is known, and how many that is, along axis 1; NaN of nothing."""
    count = np.isfinite(sample).sum(axis=1)
    if sample.shape[1] == 0:
        return np.full(count.shape, np.nan), count
    rows = np.sort(sample, axis=1)  # NaN goes last
    low = np.take_along_axis(rows, np.maximum((count - 1) // 2, 0)[:, None], axis=1)[:, 0]
    high = np.take_along_axis(rows, (count // 2 * (count > 0))[:, None], axis=1)[:, 0]
    return np.where(count > 0, (low + high) / 2, np.nan), count


def _steadied(
    logs: Floats, error: Floats, usable: NDArray[np.bool_], top: Floats, bottom: Floats
) -> Floats:
    """Draw the hours towards the ratio of the day's totals, the more so the noisier they are."""
    count = np.maximum(usable.sum(axis=1, keepdims=True), 1)
    tops = np.where(usable, top, 0.0).sum(axis=1, keepdims=True)
    bottoms = np.where(usable, bottom, 0.0).sum(axis=1, keepdims=True)
    overall = np.log(np.clip(np.where(bottoms > 0, over(tops, bottoms), 1.0), LEAST, MOST))
    away = np.where(usable, logs - overall, 0.0)
    signal = (away**2).sum(axis=1, keepdims=True) / count
    noise = np.where(usable, error, 0.0).sum(axis=1, keepdims=True) / count
    true = np.maximum(signal - noise, 0.0)
    kept = np.where(true > 0, true / np.where(true + error > 0, true + error, 1.0), 0.0)
    return np.where(usable, overall + kept * away, 0.0)


def _hourly_noise(
    theirs: Floats, top: Floats, ours: Floats, bottom: Floats, tiny: Floats
) -> Floats:
    """Relative variance (S,) of an hour around its profile, over both kinds of day."""
    squares, free = np.zeros(len(top)), np.zeros(len(top))
    for sample, profile in ((theirs, top), (ours, bottom)):
        usable = np.isfinite(profile) & (profile > tiny)
        known = np.isfinite(sample) & usable[:, None, :]
        away = over(sample, np.where(usable, profile, 0.0)[:, None, :]) - 1
        squares += np.where(known, np.minimum(np.square(away), 1.0), 0.0).sum(axis=(1, 2))
        free += np.maximum(known.sum(axis=1) - 1, 0).sum(axis=1)
    return np.where(free > 0, squares / np.maximum(free, 1), UNKNOWN_NOISE)


def over(top: Floats, bottom: Floats) -> Floats:
    """Quotient; NaN where the divisor is not above zero."""
    shape = np.broadcast_shapes(top.shape, bottom.shape)
    safe = np.broadcast_to(bottom, shape) > 0
    result: Floats = np.divide(top, bottom, out=np.full(shape, np.nan), where=safe)
    return result
