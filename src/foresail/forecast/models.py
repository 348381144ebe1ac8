"""Models of one series behind one interface: fit to a grid, predict the next medians.

Each stores its parameters in the constructor and what it learned in attributes that end in `_`.
"""

from __future__ import annotations

import warnings
from typing import Protocol, Self

import numpy as np

from foresail.forecast.grid import Floats, Grid, Ints


class Model(Protocol):
    """What selection asks of a model."""

    name: str

    def fit(self, grid: Grid) -> Self:
        """Learn from a grid; later values never play a part."""
        ...

    def predict(self, steps: int) -> Floats:
        """Predict the next `steps` medians."""
        ...


class SeasonalNaive:
    """Repeat the last day or week (Hyndman and Athanasopoulos, FPP3, 5.2)."""

    def __init__(self, days: int = 1) -> None:
        self.days = days
        self.name = "naive-day" if days == 1 else "naive-week"

    def fit(self, grid: Grid) -> Self:
        """Keep the last season."""
        season = min(self.days * grid.per_day, len(grid.values))
        self.season_ = grid.filled()[-season:]
        return self

    def predict(self, steps: int) -> Floats:
        """Repeat it."""
        return np.resize(self.season_, steps)


class Profile:
    """Weighted mean or median of the same local time on past days, moved to the latest level.

    Recent days and days of the same kind weigh more; the last hours' level fades in the horizon.

    Parameters
    ----------
    robust
        Weighted median instead of mean: single spikes do not count.
    decay
        Weight of a day against the next one.
    memory_hours
        How long the latest level keeps its influence.
    """

    def __init__(self, *, robust: bool, decay: float = 0.9, memory_hours: float = 8.0) -> None:
        self.robust = robust
        self.decay = decay
        self.memory_hours = memory_hours
        self.name = "profile-median" if robust else "profile-mean"

    def fit(self, grid: Grid) -> Self:
        """Lay past days side by side and compare the last hours with their own profile."""
        self.grid_ = grid
        day, slot, weekday = grid.slots(0, len(grid.values))
        self.first_day_, last = int(day[0]), int(day[-1])
        self.days_ = np.full((last - self.first_day_ + 1, grid.per_day), np.nan)
        self.days_[day - self.first_day_, slot] = grid.filled()
        self.weekdays_ = np.zeros(len(self.days_), dtype=np.int64)
        self.weekdays_[day - self.first_day_] = weekday
        self.level_ = self._latest_level()
        return self

    def predict(self, steps: int) -> Floats:
        """Profile of each day ahead, times the fading level."""
        grid = self.grid_
        first = len(grid.values)
        curve = self._curve(first, steps, known=len(self.days_))
        hours = (np.arange(steps) + 1) * (grid.period.total_seconds() / 3600)
        fading = np.exp(-hours / self.memory_hours)
        result: Floats = curve * (1 + (self.level_ - 1) * fading)
        return result

    def _curve(self, first: int, steps: int, known: int) -> Floats:
        day, slot, weekday = self.grid_.slots(first, steps)
        curve = np.empty(steps)
        for one in np.unique(day):
            inside = day == one
            profile = self._day(int(one) - self.first_day_, int(weekday[inside][0]), known)
            curve[inside] = profile[slot[inside]]
        return curve

    def _day(self, number: int, weekday: int, known: int) -> Floats:
        past = self.days_[: min(known, number)] if number > 0 else self.days_[:1]
        ago = number - np.arange(len(past))
        weights = self.decay**ago * _likeness(self.weekdays_[: len(past)], weekday)
        return _weighted(past, weights, robust=self.robust)

    def _latest_level(self) -> float:
        """Ratio of the last three hours to their profile from the days before."""
        grid = self.grid_
        window = min(max(round(10800 / grid.period.total_seconds()), 1), len(grid.values) - 1)
        first = len(grid.values) - window
        expected = self._curve(first, window, known=len(self.days_) - 1).sum()
        if len(self.days_) < 2 or not np.isfinite(expected) or expected <= 0:
            return 1.0
        return float(np.clip(grid.filled()[first:].sum() / expected, 0.3, 3.0))


def _likeness(weekdays: Ints, weekday: int) -> Floats:
    """How much days of one kind say about another: same weekday, both weekend, or neither."""
    same_kind = (weekdays >= 5) == (weekday >= 5)
    return np.where(weekdays == weekday, 3.0, np.where(same_kind, 1.0, 0.25))


def _weighted(rows: Floats, weights: Floats, *, robust: bool) -> Floats:
    """Weighted mean or median of each column; columns without a value take the overall one."""
    known = np.isfinite(rows)
    heavy = np.where(known, weights[:, None], 0.0)
    total = heavy.sum(axis=0)
    values = np.where(known, rows, 0.0)
    if robust:
        order = np.argsort(np.where(known, rows, np.inf), axis=0)
        running = np.cumsum(np.take_along_axis(heavy, order, axis=0), axis=0)
        middle = np.argmax(running >= total / 2, axis=0)
        chosen = np.take_along_axis(order, middle[None, :], axis=0)
        result = np.take_along_axis(values, chosen, axis=0)[0]
    else:
        result = (values * heavy).sum(axis=0) / np.where(total > 0, total, 1.0)
    fallback = float(np.nanmean(rows)) if known.any() else 0.0
    return np.where(total > 0, result, fallback)


class HarmonicRidge:
    """Ridge regression on Fourier terms of the local day, weekdays and weekend shapes.

    A dynamic harmonic regression without the ARMA errors (FPP3, 10.5), on scikit-learn's Ridge;
    recent days weigh more.
    """

    name = "harmonic-ridge"

    def __init__(self, harmonics: int = 8, alpha: float = 1.0, decay: float = 0.93) -> None:
        self.harmonics = harmonics
        self.alpha = alpha
        self.decay = decay

    def fit(self, grid: Grid) -> Self:
        """Fit to every measured period."""
        from sklearn.linear_model import Ridge

        self.grid_ = grid
        known = np.isfinite(grid.values)
        features = self._features(0, len(grid.values))[known]
        ago = (len(grid.values) - np.flatnonzero(known)) / grid.per_day
        self.ridge_ = Ridge(alpha=self.alpha)
        self.ridge_.fit(features, grid.values[known], sample_weight=self.decay**ago)
        return self

    def predict(self, steps: int) -> Floats:
        """Evaluate the terms ahead."""
        values = self.ridge_.predict(self._features(len(self.grid_.values), steps))
        return np.asarray(values, dtype=np.float64)

    def _features(self, first: int, count: int) -> Floats:
        _, slot, weekday = self.grid_.slots(first, count)
        angle = 2 * np.pi * np.outer(slot / self.grid_.per_day, np.arange(1, self.harmonics + 1))
        waves = np.hstack([np.sin(angle), np.cos(angle)])
        weekend = (weekday >= 5)[:, None]
        return np.hstack([waves, waves * weekend, weekday[:, None] == np.arange(7)])


class _Hourly:
    """Base of models that are fitted to hourly means and interpolated to the period."""

    def fit(self, grid: Grid) -> Self:
        """Fit to hourly means."""
        self.grid_, self.hours_ = grid, grid.hourly()
        with warnings.catch_warnings():  # statsmodels tells of each slow convergence
            warnings.simplefilter("ignore")
            self._fit_hours(self.hours_)
        return self

    def predict(self, steps: int) -> Floats:
        """Interpolate between the middles of the hours."""
        width = max(round(self.hours_.period / self.grid_.period), 1)
        ahead = np.asarray(self._predict_hours(-(-steps // width)), dtype=np.float64)
        if width == 1:
            return ahead[:steps]
        middles = (np.arange(len(ahead)) + 0.5) * width - 0.5
        return np.interp(np.arange(steps), middles, ahead)

    def _fit_hours(self, hours: Grid) -> None:
        raise NotImplementedError

    def _predict_hours(self, count: int) -> Floats:
        raise NotImplementedError


class HoltWinters(_Hourly):
    """Additive Holt-Winters with a damped trend and a day's season (statsmodels)."""

    name = "holt-winters"

    def _fit_hours(self, hours: Grid) -> None:
        from statsmodels.tsa.holtwinters import ExponentialSmoothing

        model = ExponentialSmoothing(
            hours.values,
            trend="add",
            damped_trend=True,
            seasonal="add",
            seasonal_periods=hours.per_day,
            initialization_method="heuristic",
        )
        self.fitted_ = model.fit(optimized=True, minimize_kwargs={"options": {"maxiter": 30}})

    def _predict_hours(self, count: int) -> Floats:
        return np.asarray(self.fitted_.forecast(count))


class SeasonalTrend(_Hourly):
    """MSTL (day and week) or STL (day): seasons repeat, the rest goes on by damped smoothing.

    Bandara, Hyndman and Bergmeir (2021); statsmodels.
    """

    name = "mstl"

    def _fit_hours(self, hours: Grid) -> None:
        from statsmodels.tsa.seasonal import MSTL, STL

        day, values = hours.per_day, hours.values
        if len(values) > 14 * day:
            parts = MSTL(values, periods=(day, 7 * day)).fit().seasonal
            self.seasons_ = [(parts[:, 0], day), (parts[:, 1], 7 * day)]
        else:
            self.seasons_ = [(STL(values, period=day, robust=True).fit().seasonal, day)]
        seasonal = sum(part for part, _ in self.seasons_)
        self.level_ = _smooth_level(values - seasonal, day)

    def _predict_hours(self, count: int) -> Floats:
        repeated = [np.resize(part[-season:], count) for part, season in self.seasons_]
        result: Floats = self.level_ + np.sum(repeated, axis=0)
        return result


def _smooth_level(values: Floats, day: int) -> float:
    """Exponentially weighted level with a half-life of half a day."""
    weights = 0.5 ** (np.arange(len(values))[::-1] / (day / 2))
    return float(np.average(values, weights=weights))


def candidates() -> list[Model]:
    """Fresh models to choose from."""
    return [
        SeasonalNaive(1),
        SeasonalNaive(7),
        Profile(robust=False),
        Profile(robust=True),
        HarmonicRidge(),
        HoltWinters(),
        SeasonalTrend(),
    ]
