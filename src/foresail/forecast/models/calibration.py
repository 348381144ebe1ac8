"""Quantiles for any model: its errors at rolling origins, by how far ahead it looked.

The model is fitted again as of a day ago, two days ago ...; the errors of what it would have said
then are laid around what it says now (split conformal prediction: Vovk, Gammerman and Shafer, 2005;
Lei et al., *JASA* 113, 2018), at rank ``q (n + 1)``, separately by lead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from foresail.forecast.arrays import Floats, first_known, quantiles
from foresail.forecast.bands import Evidence
from foresail.forecast.models.base import Model, is_quantile_model
from foresail.forecast.origins import ORIGINS, TRIAL_DAYS, run_trials
from foresail.forecast.window import DAY_HOURS, Window

LEAD_EDGES = (0, 6, 24, 48)  # hours
PRIOR = 24.0  # hours of evidence that the errors of all leads count as, for those of one


@dataclass(frozen=True)
class Rolled:
    """What a model says now, and would have said at past origins.

    Parameters
    ----------
    model
        Fitted on the present window, where it predicts its own quantiles; else on all origins.
    path
        Shape (rows, hours ahead).
    made
        Shape (rows, origins, 48), the latest origin first; NaN where unknown.
    fallbacks
        By row: why it is forecast by the seasonal naive.
    """

    model: Model
    path: Floats
    made: Floats
    fallbacks: dict[int, str]


def roll(model: Model, window: Window, days: int) -> Rolled:
    """Fit and predict now and at origins a day apart, each on what was known by then."""
    rows, count = len(window.values), min(ORIGINS, window.values.shape[1] // DAY_HOURS - 1)
    if is_quantile_model(model):
        model.fit(window)
        return Rolled(model, model.predict(days), model.past(count), model.fallbacks_)
    stacked = stack([window.before(DAY_HOURS * back) for back in range(count + 1)])
    said = model.fit(stacked).predict(max(days, TRIAL_DAYS))
    made = said[rows:, : TRIAL_DAYS * DAY_HOURS].reshape(count, rows, -1).swapaxes(0, 1)
    own = {row: why for row, why in model.fallbacks_.items() if row < rows}
    return Rolled(model, said[:rows, : DAY_HOURS * days], made, own)


def stack(windows: Sequence[Window]) -> Window:
    """Put the rows of windows below each other; rows without any value become zero."""
    values = np.concatenate([one.values for one in windows])
    values[~np.isfinite(values).any(axis=1)] = 0.0
    return Window(
        values,
        np.concatenate([one.hour for one in windows]),
        np.concatenate([one.weekday for one in windows]),
    )


def window_quantiles(model: Model, window: Window, days: int, levels: Sequence[float]) -> Floats:
    """Fit a model to a matrix of series and predict quantiles.

    Parameters
    ----------
    levels
        Rising, in (0, 1).

    Returns
    -------
    ndarray
        Shape (rows, 24 days, levels): non-crossing, never below zero.
    """
    rolled = roll(model, window, days)
    if is_quantile_model(rolled.model):
        return rolled.model.predict_quantiles(days, levels)
    came = run_trials(window, 1).actual
    return conformal(Evidence(rolled.path, rolled.made, came, window.values, DAY_HOURS), levels)


def conformal(evidence: Evidence, levels: Sequence[float]) -> Floats:
    """Lay the errors of past origins around the path, by lead.

    The errors of one lead are few; their quantiles are drawn towards those of all leads.

    Returns
    -------
    ndarray
        Shape (rows, steps, levels): non-crossing, never below zero.
    """
    rows, steps = evidence.path.shape
    per_hour = evidence.slots / DAY_HOURS
    overall = first_known(_of_all(evidence.errors, levels), _of_changes(evidence, levels))
    result = np.empty((rows, steps, len(levels)))
    for first, end in pairwise(LEAD_EDGES):
        low, high = round(first * per_hour), round(end * per_hour)
        errors = evidence.errors[:, :, low:high]
        count = np.isfinite(errors).sum(axis=(1, 2)) / per_hour
        share = (count / (count + PRIOR))[:, None]
        offset = first_known(_of_all(errors, levels) * share + overall * (1 - share), overall)
        result[:, low : steps if end == LEAD_EDGES[-1] else high] = offset[:, None, :]
    return np.maximum.accumulate(np.maximum(evidence.path[:, :, None] + result, 0.0), axis=2)


def _of_all(errors: Floats, levels: Sequence[float]) -> Floats:
    return quantiles(errors.reshape(len(errors), -1), levels)


def _of_changes(evidence: Evidence, levels: Sequence[float]) -> Floats:
    """Take changes from day to day, for want of origins; no spread where none is known."""
    changes = evidence.values[:, evidence.slots :] - evidence.values[:, : -evidence.slots]
    return np.nan_to_num(quantiles(changes, levels))
