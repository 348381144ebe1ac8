"""Ridge regression on Fourier and calendar terms, all series that share a calendar at once.

A linear model of the hour of day, the hour of week and the weekend's own day, its coefficients
drawn towards zero, and the more so the less a series supports them: the penalty is chosen for each
series by generalised cross-validation (Golub, Heath and Wahba, *Technometrics* 21, 1979). Series
with the same known hours share one factorisation, so thousands cost little more than one. Good and
very cheap for stable seasons, and steady where hours are missing; it does not react to the last
hours at all.
Source: Hoerl and Kennard, *Technometrics* 12, 1970; Hyndman and Athanasopoulos, 2021, ch. 7.4.
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np

from foresail.forecast.arrays import Floats
from foresail.forecast.cleaning import limit_incidents
from foresail.forecast.models.base import register
from foresail.forecast.models.naive import last_season, repeat
from foresail.forecast.models.single import unit_of
from foresail.forecast.models.terms import calendar_terms
from foresail.forecast.window import DAY_HOURS, Window

LEAST_HOURS = 2 * DAY_HOURS
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


@register
class Ridge:
    """Ridge on terms of the calendar.

    Parameters
    ----------
    day_terms, week_terms, weekend_terms
        Pairs of sine and cosine of the day, of the week, and of the day at weekends.
    half_life
        Hours after which an hour of history counts half.
    """

    name: ClassVar[str] = "ridge"

    def __init__(
        self,
        day_terms: int = 8,
        week_terms: int = 3,
        weekend_terms: int = 3,
        half_life: float = 7 * DAY_HOURS,
    ) -> None:
        self.day_terms = day_terms
        self.week_terms = week_terms
        self.weekend_terms = weekend_terms
        self.half_life = half_life

    def fit(self, window: Window) -> Self:
        """Solve each group of rows that share origin and known hours."""
        self.window_ = window
        self.fallbacks_: dict[int, str] = {}
        self.origin_ = window.weekday * DAY_HOURS + window.hour
        known = np.isfinite(window.values)
        self.unit_ = unit_of(window.values)
        values = limit_incidents(window.values / self.unit_[:, None])
        size = calendar_terms(0, 0, 1, **self._sizes()).shape[1]
        self.coefficients_ = np.full((len(values), 1 + size), np.nan)
        for rows in _groups(self.origin_, known):
            hours = known[rows[0]]
            if hours.sum() < LEAST_HOURS:
                why = f"less than {LEAST_HOURS} h are known"
                self.fallbacks_ |= dict.fromkeys(rows.tolist(), why)
            else:
                self.coefficients_[rows] = self._solve(
                    int(self.origin_[rows[0]]), values[rows], hours
                )
        return self

    def predict(self, days: int) -> Floats:
        """Predict every row; shape (rows, 24 days)."""
        hours = DAY_HOURS * days
        path = repeat(last_season(self.window_), hours)
        for origin in np.unique(self.origin_):
            rows = (self.origin_ == origin) & np.isfinite(self.coefficients_[:, 0])
            terms = calendar_terms(int(origin), 0, hours, **self._sizes())
            said = self.coefficients_[rows, :1] + self.coefficients_[rows, 1:] @ terms.T
            path[rows] = said * self.unit_[rows, None]
        return path

    def _solve(self, origin: int, values: Floats, hours: np.ndarray) -> Floats:
        """Coefficients of rows whose known hours are the same; shape (rows, 1 + terms)."""
        from sklearn.linear_model import RidgeCV

        length = len(hours)
        terms = calendar_terms(origin, -length, length, **self._sizes())[hours]
        weight = 0.5 ** (np.arange(length, 0, -1)[hours] / self.half_life)
        target = values[:, hours].T
        spread = np.maximum(np.ptp(target, axis=0), 1e-9)
        middle = target.mean(axis=0)
        # two columns at least: then sklearn takes one path, and gives each row its own penalty
        scaled = np.concatenate([(target - middle) / spread, np.zeros((len(target), 1))], axis=1)
        fitted = RidgeCV(PENALTIES, alpha_per_target=True).fit(terms, scaled, sample_weight=weight)
        level = middle + fitted.intercept_[:-1] * spread
        return np.column_stack([level, fitted.coef_[:-1] * spread[:, None]])

    def _sizes(self) -> dict[str, int]:
        return {"day": self.day_terms, "week": self.week_terms, "weekend": self.weekend_terms}


def _groups(origin: np.ndarray, known: np.ndarray) -> list[np.ndarray]:
    """Rows of one origin and the same known hours."""
    key = np.column_stack([origin, np.packbits(known, axis=1)])
    _, group = np.unique(key, axis=0, return_inverse=True)
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
