"""Models that are fitted one series at a time: each failure stays with its own series."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from typing import ClassVar, Self

import numpy as np

from foresail.forecast.arrays import Floats, first_known, median
from foresail.forecast.cleaning import limit_incidents
from foresail.forecast.models.naive import last_season, repeat
from foresail.forecast.window import DAY_HOURS, Window

ABSURD = 1e3  # times the size of the series: a fit that ran away


class UnfitError(ValueError):
    """A series that a model cannot be fitted to, and why."""


class Single(ABC):
    """Fit rows one by one; a row that fails repeats its last day, and says why.

    Short incidents are limited, gaps filled, and each series scaled to about one before the fit.
    Subclasses store the little that a prediction needs, not the fitted objects.
    """

    least_hours: ClassVar[int]  # from the first known value to the origin

    def fit(self, window: Window) -> Self:
        """Fit every row."""
        self.window_ = window
        self.fallbacks_: dict[int, str] = {}
        self.unit_ = unit_of(window.values)
        values = filled(limit_incidents(window.values / self.unit_[:, None]))
        first = np.argmax(np.isfinite(window.values), axis=1)
        self.states_ = [self._try(values, first, row) for row in range(len(values))]
        return self

    def predict(self, days: int) -> Floats:
        """Predict every row; shape (rows, 24 days)."""
        hours = DAY_HOURS * days
        path = repeat(last_season(self.window_), hours)
        for row, state in enumerate(self.states_):
            if state is None:
                continue
            said = self._ahead(state, row, hours)
            if np.isfinite(said).all() and np.abs(said).max() < ABSURD:
                path[row] = said * self.unit_[row]
            else:
                self.fallbacks_[row] = "the prediction ran away"
        return path

    def _try(self, values: Floats, first: np.ndarray, row: int) -> dict[str, Floats] | None:
        known = values[row, first[row] :]
        try:
            if len(known) < self.least_hours or not np.isfinite(known).all():
                raise UnfitError(f"less than {self.least_hours} h of history")
            if np.ptp(known) < 1e-9:
                raise UnfitError("the series is constant")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of convergence: judged by the outcome
                return self._fit_one(known, row)
        except (ValueError, ArithmeticError, IndexError, np.linalg.LinAlgError) as error:
            self.fallbacks_[row] = str(error) or type(error).__name__
            return None

    @abstractmethod
    def _fit_one(self, values: Floats, row: int) -> dict[str, Floats]:
        """Fit one series without gaps, ending at the origin; raise when it cannot be."""

    @abstractmethod
    def _ahead(self, state: dict[str, Floats], row: int, hours: int) -> Floats:
        """Predict the next hours from what `_fit_one` kept."""


def filled(values: Floats) -> Floats:
    """Fill gaps by the latest earlier day that knows the hour, else by the next later one."""
    rows, hours = values.shape
    days = values.reshape(rows, hours // DAY_HOURS, DAY_HOURS)
    found = _carried(_carried(days)[:, ::-1])[:, ::-1].reshape(rows, hours)
    return first_known(found, median(values, 1)[:, None])


def _carried(days: Floats) -> Floats:
    """Carry each hour of the day forward over the days where it is unknown."""
    number = np.arange(days.shape[1])[None, :, None]
    last = np.maximum.accumulate(np.where(np.isfinite(days), number, 0), axis=1)
    return np.take_along_axis(days, last, axis=1)


def unit_of(values: Floats) -> Floats:
    """Power of two near each row's size; shape (rows,)."""
    size = np.max(np.where(np.isfinite(values), np.abs(values), 0.0), axis=1)
    return np.asarray(2.0 ** np.floor(np.log2(np.where(size > 0, size, 1.0))))


def smoothed_ahead(smooth: Floats, hours: int) -> Floats:
    """Continue a level with a slope and its damping; shape (hours,)."""
    level, slope, damping = smooth
    return np.asarray(level + slope * np.cumsum(damping ** np.arange(1, hours + 1)))
