"""Short incidents are pulled back to what is usual before a season is learned from them.

A Hampel filter (Hampel, 1974) on what a day's usual shape and the level of the last hours leave:
deviations of more than four robust standard deviations that last less than half a day are limited
to that. A level shift is longer and stays; a spike that recurs each day is part of the usual
shape; one that recurs a week later is kept. Nothing is removed from the record: errors and
quantiles are measured on what really came.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.ndimage import median_filter, uniform_filter1d

from foresail.forecast.arrays import TINY, Floats, median
from foresail.forecast.window import DAY_HOURS, WEEK_HOURS

LIMIT = 4.0  # robust standard deviations
LEVEL_HOURS = 13  # incidents of up to half of it count as short
MOST_MISSING = 0.2  # of the hours that a level is the median of
MAD_TO_SD = 1.4826


def limit_incidents(values: Floats) -> Floats:
    """Limit short incidents.

    Parameters
    ----------
    values
        Shape (rows, hours), hours a whole number of days; NaN is a gap and stays one.
    """
    usual = _usual(values)
    left = values - usual
    level = _level(left)
    deviation = left - level
    limit = LIMIT * MAD_TO_SD * median(np.abs(deviation), 1)[:, None] + TINY
    strange = np.abs(deviation) > limit
    limited = np.where(
        strange & ~_recurs(deviation, strange), np.clip(deviation, -limit, limit), deviation
    )
    return np.asarray(usual + level + limited)


def _level(left: Floats) -> Floats:
    """Take the running median; where many hours are missing, of those that are known."""
    gaps, half = np.isnan(left), LEVEL_HOURS // 2
    level = median_filter(np.where(gaps, 0.0, left), size=(1, LEVEL_HOURS), mode="nearest")
    holes = gaps & np.logical_or.accumulate(~gaps, axis=1)  # not what lies before a series began
    share = uniform_filter1d(holes.astype(np.float64), LEVEL_HOURS, axis=1, mode="constant")
    hollow = share > MOST_MISSING
    rows = np.flatnonzero(hollow.any(axis=1))
    if len(rows):
        padded = pd.DataFrame(np.pad(left[rows], ((0, 0), (half, half)), mode="edge").T)
        known = padded.rolling(LEVEL_HOURS, center=True, min_periods=1).median().to_numpy().T
        level[rows] = np.where(hollow[rows], known[:, half:-half], level[rows])
    return np.asarray(level)


def _usual(values: Floats) -> Floats:
    """Median of each hour of the day, over all days."""
    rows, hours = values.shape
    profile = median(values.reshape(rows, -1, DAY_HOURS), 1)
    profile = np.where(np.isfinite(profile), profile, median(values, 1)[:, None])
    return np.tile(profile, (1, hours // DAY_HOURS))


def _recurs(deviation: Floats, strange: np.ndarray) -> np.ndarray:
    """Tell which strange hours have a twin of the same sign and size a week away."""
    twin = np.zeros_like(strange)
    if deviation.shape[1] <= WEEK_HOURS:
        return twin
    late, early = deviation[:, WEEK_HOURS:], deviation[:, :-WEEK_HOURS]
    small, large = np.minimum(np.abs(late), np.abs(early)), np.maximum(np.abs(late), np.abs(early))
    same = strange[:, WEEK_HOURS:] & strange[:, :-WEEK_HOURS]
    same &= (np.sign(late) == np.sign(early)) & (small > 0.5 * large)
    twin[:, WEEK_HOURS:] |= same
    twin[:, :-WEEK_HOURS] |= same
    return twin
