"""Regressors of the calendar: Fourier terms of day and week, and the weekend's own day."""

from __future__ import annotations

import numpy as np

from foresail.forecast.arrays import Floats
from foresail.forecast.window import DAY_HOURS, SATURDAY, WEEK_HOURS


def calendar_terms(
    origin: int, first: int, count: int, *, day: int, week: int, weekend: int
) -> Floats:
    """Regressors of hours around an origin.

    Parameters
    ----------
    origin
        Local hour of the week that begins at the origin; 0 is Monday's first.
    first, count
        First hour relative to the origin, and how many.
    day, week
        Fourier terms (pairs of cosine and sine) of the day and the week.
    weekend
        Fourier terms of the day that only the weekend has, besides its own level.

    Returns
    -------
    ndarray
        Shape (count, 2 day + 2 week + 1 + 2 weekend).
    """
    hour = origin + np.arange(first, first + count)
    rest = ((hour // DAY_HOURS) % 7 >= SATURDAY).astype(np.float64)
    columns = [*_waves(hour, DAY_HOURS, day), *_waves(hour, WEEK_HOURS, week), rest]
    columns += [wave * rest for wave in _waves(hour, DAY_HOURS, weekend)]
    return np.stack(columns, axis=1)


def _waves(hour: np.ndarray, period: int, terms: int) -> list[Floats]:
    turn = 2 * np.pi * (hour % period) / period
    return [wave(k * turn) for k in range(1, terms + 1) for wave in (np.cos, np.sin)]
