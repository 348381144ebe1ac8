"""MSTL with ETS: seasons of day and week by loess, and exponential smoothing of what they leave.

STL (Cleveland et al., *Journal of Official Statistics*, 1990) draws a slowly changing season out
of a series by local regression; MSTL (Bandara, Hyndman and Bergmeir, 2021, arXiv:2107.13462) does
so for several seasons in turn. The rest is continued by an ETS model (Hyndman et al., *Forecasting
with Exponential Smoothing*, 2008): level only, or with a damped trend, whichever has the lower
AICc.
Good with clear seasons whose level moves, and the best of the free peers on real demand. It follows
a level shift within hours, and an incident's last hours too. The season of the week is only drawn
from two whole weeks or more.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from foresail.forecast.arrays import Floats
from foresail.forecast.models.base import register
from foresail.forecast.models.single import Single, smoothed_ahead
from foresail.forecast.window import DAY_HOURS, WEEK_HOURS

ROUNDS = 2
JUMPS = 10  # smooth curves are computed so often in a season, and lines drawn between


@register
class MstlEts(Single):
    """STL of day and week, ETS of the rest.

    Parameters
    ----------
    day_smoother, week_smoother
        Length of the loess over the same hour of successive days or weeks; odd, 7 or more.
    """

    name: ClassVar[str] = "mstl-ets"
    least_hours: ClassVar[int] = 3 * DAY_HOURS

    def __init__(self, day_smoother: int = 21, week_smoother: int = 15) -> None:
        self.day_smoother = day_smoother
        self.week_smoother = week_smoother

    def _fit_one(self, values: Floats, row: int) -> dict[str, Floats]:
        smoothers = {DAY_HOURS: self.day_smoother, WEEK_HOURS: self.week_smoother}
        seasons = _seasons(values, {p: s for p, s in smoothers.items() if len(values) >= 2 * p})
        state = _ets(values - sum(seasons.values()))
        return state | {f"season-{period}": s[-period:] for period, s in seasons.items()}

    def _ahead(self, state: dict[str, Floats], row: int, hours: int) -> Floats:
        path = smoothed_ahead(state["ets"], hours)
        for name, season in state.items():
            if name.startswith("season"):
                path = path + np.resize(season, hours)
        return path


def _seasons(values: Floats, smoothers: dict[int, int]) -> dict[int, Floats]:
    """Draw out each season in turn, twice, from what the others leave."""
    from statsmodels.tsa.seasonal import STL

    seasons = {period: np.zeros(len(values)) for period in smoothers}
    for period, smoother in list(smoothers.items()) * ROUNDS:
        left = values - sum(seasons.values()) + seasons[period]
        jump = period // JUMPS
        model = STL(
            left,
            period=period,
            seasonal=smoother,
            seasonal_deg=0,  # a line through two weeks would be the last one, noise and all
            trend_jump=jump,
            low_pass_jump=jump,
        )
        seasons[period] = model.fit().seasonal
    return seasons


def _ets(values: Floats) -> dict[str, Floats]:
    """Level, slope and damping at the end, of the better of two ETS models."""
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    plain = ETSModel(values, error="add").fit(disp=False)
    damped = ETSModel(values, error="add", trend="add", damped_trend=True).fit(disp=False)
    if damped.aicc < plain.aicc:
        phi = float(damped.params[damped.model.param_names.index("damping_trend")])
        return {"ets": np.array([damped.level[-1], damped.slope[-1], phi])}
    return {"ets": np.array([plain.level[-1], 0.0, 0.0])}
