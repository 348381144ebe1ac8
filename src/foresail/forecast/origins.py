"""Rolling origins: what the experts would have said a day, two days ... ago, and what came.

Each origin knows only what had been measured by then; cleaning is done anew at each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foresail.forecast import experts
from foresail.forecast.arrays import Floats
from foresail.forecast.cleaning import limit_incidents
from foresail.forecast.window import DAY_HOURS, Window

ORIGINS = 8
LEAST_HOURS = 72  # known hours before an origin, for it to count
TRIAL_DAYS = 2


@dataclass(frozen=True)
class Trials:
    """Experts' paths now and at past origins.

    Parameters
    ----------
    ahead
        Shape (rows, experts, hours ahead).
    past
        Shape (rows, origins, experts, 48), the latest origin first.
    actual
        Shape (rows, origins, 48): what came; NaN where unknown, or where the origin does not count.
    """

    ahead: Floats
    past: Floats
    actual: Floats

    @property
    def errors(self) -> Floats:
        """Shape (rows, origins, experts, 48): actual less predicted."""
        return self.actual[:, :, None, :] - self.past

    @property
    def count(self) -> Floats:
        """Shape (rows,): origins that count."""
        return np.asarray(np.isfinite(self.actual).any(axis=2).sum(axis=1), dtype=np.float64)


def run_trials(window: Window, days: int, actual: Floats | None = None) -> Trials:
    """Let the experts predict now and at past origins, a day apart.

    Parameters
    ----------
    window
        Rows of hourly history.
    days
        Days ahead to predict now.
    actual
        What counts as having come, when that is not the history itself (censored hours are not
        known); shape as the window's values.
    """
    count = min(ORIGINS, window.values.shape[1] // DAY_HOURS - 1)
    steps = [window, *(window.before(DAY_HOURS * k) for k in range(1, count + 1))]
    values = np.concatenate([step.values for step in steps])
    hollow = ~np.isfinite(values).any(axis=1)
    values[hollow] = 0.0
    stacked = Window(
        limit_incidents(values),
        np.concatenate([step.hour for step in steps]),
        np.concatenate([step.weekday for step in steps]),
    )
    rows = len(window.values)
    ahead, past = _predict(stacked, rows, days)
    came = _came(window.values if actual is None else actual, count)
    came[_too_early(window.values, count)] = np.nan
    shape = (count, rows, *past.shape[1:])
    return Trials(ahead, past.reshape(shape).swapaxes(0, 1), came)


def _predict(stacked: Window, rows: int, days: int) -> tuple[Floats, Floats]:
    """Paths now and at the past origins; in one go where both are as long."""
    if days == TRIAL_DAYS:
        paths = experts.predict(stacked, days)
        return paths[:rows], paths[rows:]
    return (
        experts.predict(_head(stacked, rows), days),
        experts.predict(_tail(stacked, rows), TRIAL_DAYS),
    )


def _head(window: Window, rows: int) -> Window:
    return Window(window.values[:rows], window.hour[:rows], window.weekday[:rows])


def _tail(window: Window, rows: int) -> Window:
    return Window(window.values[rows:], window.hour[rows:], window.weekday[rows:])


def _came(values: Floats, count: int) -> Floats:
    """Shape (rows, origins, 48): values after each origin, NaN beyond now."""
    horizon = TRIAL_DAYS * DAY_HOURS
    padded = np.pad(values, ((0, 0), (0, horizon)), constant_values=np.nan)
    starts = values.shape[1] - DAY_HOURS * np.arange(1, count + 1)
    return padded[:, starts[:, None] + np.arange(horizon)[None, :]]


def _too_early(values: Floats, count: int) -> np.ndarray:
    """Tell which origins know too little; shape (rows, origins)."""
    known = np.isfinite(values).cumsum(axis=1)
    ends = values.shape[1] - DAY_HOURS * np.arange(1, count + 1) - 1
    return np.asarray(known[:, ends] < LEAST_HOURS)
