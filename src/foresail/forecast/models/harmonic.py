"""Dynamic harmonic regression: Fourier and weekend regressors, with ARMA errors.

The season is a sum of sines and cosines of day and week plus the weekend's own day, all entering as
exogenous regressors; what they leave is autocorrelated, and an ARMA model of it carries the last
hours' deviation into the next ones and lets it fade. Good for smooth seasons over long periods, and
for the first hours after the origin; sharp edges (a job at 02:00) need more terms than it has.
Estimated by Hannan and Rissanen's regressions (*Biometrika* 69, 1982) with feasible GLS, many times
faster than the likelihood. Source: Hyndman and Athanasopoulos, 2021,
ch. 10.5; Young, Pedregal and Tych, *Journal of Forecasting* 18, 1999.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from foresail.forecast.arrays import Floats
from foresail.forecast.models.base import register
from foresail.forecast.models.single import Single
from foresail.forecast.models.terms import calendar_terms
from foresail.forecast.window import DAY_HOURS


@register
class HarmonicArma(Single):
    """Fourier terms with ARMA errors.

    Parameters
    ----------
    day_terms, week_terms, weekend_terms
        Pairs of sine and cosine of the day, of the week, and of the day at weekends.
    ar, ma
        Orders of the errors.
    """

    name: ClassVar[str] = "harmonic-arma"
    least_hours: ClassVar[int] = 8 * DAY_HOURS

    def __init__(
        self,
        day_terms: int = 8,
        week_terms: int = 0,
        weekend_terms: int = 4,
        ar: int = 2,
        ma: int = 1,
    ) -> None:
        self.day_terms = day_terms
        self.week_terms = week_terms
        self.weekend_terms = weekend_terms
        self.ar = ar
        self.ma = ma

    def _fit_one(self, values: Floats, row: int) -> dict[str, Floats]:
        from scipy.signal import lfilter

        terms = self._terms(row, -len(values), len(values))
        try:
            found = _fit(values, terms, (self.ar, 0, self.ma), "hannan_rissanen")
        except ValueError:  # it may leave the stationary region; Burg's AR never does
            found = _fit(values, terms, (self.ar, 0, 0), "burg")
        size = 1 + terms.shape[1]
        beta, ar, ma = found[:size], found[size : size + self.ar], found[size + self.ar : -1]
        left = values - beta[0] - terms @ beta[1:]
        shock = lfilter(np.r_[1, -ar], np.r_[1, ma], left)
        kept = max(self.ar, self.ma, 1)
        return {"beta": beta, "ar": ar, "ma": ma, "left": left[-kept:], "shock": shock[-kept:]}

    def _ahead(self, state: dict[str, Floats], row: int, hours: int) -> Floats:
        beta, ar, ma = state["beta"], state["ar"], state["ma"]
        left, shock = list(state["left"]), list(state["shock"])
        for _ in range(hours):
            from_left = sum(a * left[-k] for k, a in enumerate(ar, 1))
            left.append(from_left + sum(m * shock[-k] for k, m in enumerate(ma, 1)))
            shock.append(0.0)
        error = np.array(left[-hours:])
        return np.asarray(beta[0] + self._terms(row, 0, hours) @ beta[1:] + error)

    def _terms(self, row: int, first: int, count: int) -> Floats:
        origin = int(self.window_.weekday[row]) * DAY_HOURS + int(self.window_.hour[row])
        return calendar_terms(
            origin,
            first,
            count,
            day=self.day_terms,
            week=self.week_terms,
            weekend=self.weekend_terms,
        )


def _fit(values: Floats, terms: Floats, order: tuple[int, int, int], method: str) -> Floats:
    """Constant, regressors, AR, MA and variance; refuses what is not stationary."""
    from statsmodels.tsa.arima.model import ARIMA

    model = ARIMA(values, terms, order=order, trend="c")
    return np.asarray(model.fit(method=method, cov_type="none").params)
