"""Seasonal naive: what was there at the same hour a day (or a week) ago comes again.

The measure of all others: it has nothing to estimate, never explodes, follows any shape, and is
hard to beat where each day (or week) is like the last. It repeats the noise and the incidents of
its one season. A gap takes the latest day that knows the hour. Source: Hyndman and Athanasopoulos,
*Forecasting: Principles and Practice*, 3rd ed., 2021, ch. 5.2.
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np

from foresail.forecast.arrays import Floats, first_known, median
from foresail.forecast.models.base import register
from foresail.forecast.window import DAY_HOURS, WEEK_HOURS, Window


class _SeasonalNaive:
    """Repeat the last season."""

    season: ClassVar[int]

    def fit(self, window: Window) -> Self:
        """Keep the last season."""
        self.fallbacks_: dict[int, str] = {}
        self.season_ = last_season(window, self.season)
        return self

    def predict(self, days: int) -> Floats:
        """Repeat it; shape (rows, 24 days)."""
        return repeat(self.season_, DAY_HOURS * days)


@register
class SeasonalNaiveDay(_SeasonalNaive):
    """Repeat the last day."""

    name: ClassVar[str] = "seasonal-naive-day"
    season: ClassVar[int] = DAY_HOURS


@register
class SeasonalNaiveWeek(_SeasonalNaive):
    """Repeat the last week."""

    name: ClassVar[str] = "seasonal-naive-week"
    season: ClassVar[int] = WEEK_HOURS


def last_season(window: Window, season: int = DAY_HOURS) -> Floats:
    """Values of the last season, gaps filled by the latest day; shape (rows, season)."""
    anything = first_known(median(window.values, 1), np.zeros(len(window.values)))
    day = first_known(*np.moveaxis(window.days, 1, 0), anything[:, None])
    return first_known(window.values[:, -season:], repeat(day, season))


def repeat(season: Floats, hours: int) -> Floats:
    """Repeat a season for so many hours; shape (rows, hours)."""
    return np.tile(season, (1, -(-hours // season.shape[1])))[:, :hours]
