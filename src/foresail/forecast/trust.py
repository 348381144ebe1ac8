"""How far a forecast may be trusted, in a number and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foresail.forecast.grid import Grid
from foresail.forecast.selection import Trials

FULL_HISTORY_DAYS = 7.0
GOOD_WAPE = 0.15
BAD_WAPE = 0.9


@dataclass(frozen=True)
class Trust:
    """Trust from 0 to 1 with its reasons, and the figures it rests on."""

    score: float
    reasons: str
    skill: float
    history_days: float
    missing_share: float


def judge(grid: Grid, trials: Trials, weights: dict[str, float]) -> Trust:
    """Weigh error size at the origins, skill over the day-naive, length and gaps of history.

    Trust is the product of three factors. Error: 1 at a weighted absolute error of 15 % of the
    demand or less, 0.1 at 90 % or more. History: full from seven days on. Gaps: the share that
    was measured. A model that loses to yesterday's value costs another third.
    """
    days = len(grid.values) / grid.per_day
    missing = float(np.isnan(grid.values).mean())
    error, skill = _errors(trials, weights)
    factor = np.interp(error, [GOOD_WAPE, BAD_WAPE], [1.0, 0.1])
    score = float(factor) * min(days / FULL_HISTORY_DAYS, 1.0) * (1 - missing)
    if skill < 0:
        score *= 2 / 3
    reasons = [f"typical error {error:.0%} of demand"]
    reasons += [f"{skill:+.0%} against yesterday's values"]
    reasons += [f"only {days:.1f} days of history"] if days < FULL_HISTORY_DAYS else []
    reasons += [f"{missing:.0%} of the periods are missing"] if missing > 0.02 else []
    return Trust(round(score, 3), ", ".join(reasons), skill, days, missing)


def _errors(trials: Trials, weights: dict[str, float]) -> tuple[float, float]:
    known = np.isfinite(trials.actual)
    if not known.any() or "naive-day" not in trials.predicted:
        return 1.0, 0.0
    size = np.abs(trials.actual[known]).sum()
    ours = np.abs(trials.actual - trials.combined(weights))[known].sum()
    naive = np.abs(trials.actual - trials.predicted["naive-day"])[known].sum()
    if size <= 0:
        return 0.0, 0.0
    return float(ours / size), float(1 - ours / naive) if naive > 0 else 0.0
