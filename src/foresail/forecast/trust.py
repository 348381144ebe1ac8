"""How far a forecast may be trusted, in a number and in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foresail.forecast.arrays import TINY, Floats, mean, quantiles
from foresail.forecast.engine import Combined
from foresail.forecast.origins import Trials

FULL_HISTORY_DAYS = 7.0
GOOD_WAPE = 0.15
BAD_WAPE = 0.9
COVERED = 0.9


@dataclass(frozen=True)
class Trust:
    """Trust of each row from 0 to 1, and the figures it rests on; all of shape (rows,).

    ``error`` is the absolute error at past origins as a share of demand, ``skill`` what is gained
    over yesterday's values, ``coverage`` that of q0.9 at each origin when calibrated on the others
    (NaN with fewer than two).
    """

    score: Floats
    error: Floats
    skill: Floats
    coverage: Floats
    history_days: Floats
    missing_share: Floats

    def reasons(self, row: int) -> str:
        """Say what the score of a row rests on."""
        days, missing = self.history_days[row], self.missing_share[row]
        said = [f"typical error {self.error[row]:.0%} of demand"]
        said += [f"{self.skill[row]:+.0%} against yesterday's values"]
        said += [f"only {days:.1f} days of history"] if days < FULL_HISTORY_DAYS else []
        said += [f"{missing:.0%} of the periods are missing"] if missing > 0.02 else []
        return ", ".join(said)


def judge(combined: Combined, trials: Trials, history_days: Floats, missing: Floats) -> Trust:
    """Weigh error size at the origins, skill over the day-naive, length and gaps of history.

    Trust is the product of three factors. Error: 1 at an absolute error of 15 % of the demand or
    less, 0.1 at 90 % or more, and where no origin could be tried. History: full from seven days
    on. Gaps: the share that was measured. A forecast that loses to yesterday's values costs
    another third.
    """
    error, skill = _errors(combined, trials)
    factor = np.interp(error, [GOOD_WAPE, BAD_WAPE], [1.0, 0.1])
    score = factor * np.minimum(history_days / FULL_HISTORY_DAYS, 1.0) * (1 - missing)
    score = np.where(skill < 0, score * 2 / 3, score)
    return Trust(score.round(3), error, skill, _coverage(combined), history_days, missing)


def _errors(combined: Combined, trials: Trials) -> tuple[Floats, Floats]:
    came = combined.came
    ours = _total(came - combined.made)
    naive = _total(came - trials.past[:, :, 0])
    size = _total(came)
    tried = np.isfinite(came).any(axis=(1, 2))
    error = np.where(size > 0, ours / np.maximum(size, TINY), 0.0)
    skill = np.where(naive > 0, 1 - ours / np.maximum(naive, TINY), 0.0)
    return np.where(tried, error, 1.0), np.where(tried, skill, 0.0)


def _total(values: Floats) -> Floats:
    return np.asarray(np.nansum(np.abs(values), axis=(1, 2)))


def _coverage(combined: Combined) -> Floats:
    """Coverage of q0.9 at each origin by the errors of the others."""
    error = combined.came - combined.made
    rows, origins, hours = error.shape
    if origins < 2:
        return np.full(rows, np.nan)
    others = np.stack([np.delete(error, one, axis=1) for one in range(origins)], axis=1)
    limit = quantiles(others.reshape(rows * origins, -1), (COVERED,)).reshape(rows, origins, 1)
    inside = np.where(np.isfinite(error) & np.isfinite(limit), error <= limit, np.nan)
    return mean(inside.reshape(rows, origins * hours).astype(np.float64), 1)
