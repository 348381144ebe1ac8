"""Holt-Winters: a level and a season of the day, each smoothed exponentially.

The newer an hour, the more it counts; three numbers say how fast the old is forgotten. Cheap and
well understood (the predictive horizontal pod autoscaler uses it); good where the days are alike
and the level drifts. It knows no week, so weekends surprise it, and it forgets nothing of an
incident at once. A trend is off by default: two days ahead of hourly demand it costs more than it
gains. Source: Winters, "Forecasting sales by exponentially weighted moving averages", *Management
Science* 6, 1960; Hyndman and Athanasopoulos, 2021, ch. 8.3.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from foresail.forecast.arrays import Floats
from foresail.forecast.models.base import register
from foresail.forecast.models.single import Single, smoothed_ahead
from foresail.forecast.window import DAY_HOURS


@register
class HoltWinters(Single):
    """Additive seasonal exponential smoothing.

    Parameters
    ----------
    trend
        Whether to continue a damped trend.
    """

    name: ClassVar[str] = "holt-winters"
    least_hours: ClassVar[int] = 3 * DAY_HOURS

    def __init__(self, trend: bool = False) -> None:
        self.trend = trend

    def _fit_one(self, values: Floats, row: int) -> dict[str, Floats]:
        from statsmodels.tsa.holtwinters import ExponentialSmoothing

        model = ExponentialSmoothing(
            values,
            trend="add" if self.trend else None,
            damped_trend=self.trend,
            seasonal="add",
            seasonal_periods=DAY_HOURS,
            initialization_method="heuristic",
        )
        fitted = model.fit()
        slope, damping = (
            (fitted.trend[-1], fitted.params["damping_trend"]) if self.trend else (0, 0)
        )
        return {
            "smooth": np.array([fitted.level[-1], slope, damping]),
            "season": np.asarray(fitted.season[-DAY_HOURS:]),
        }

    def _ahead(self, state: dict[str, Floats], row: int, hours: int) -> Floats:
        return smoothed_ahead(state["smooth"], hours) + np.resize(state["season"], hours)
