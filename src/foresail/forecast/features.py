"""What the gates see of a series: how the experts did, and what kind of series it is.

All features are free of the unit and size of the demand, so that what was learned on simulated
series holds for any.
"""

from __future__ import annotations

import numpy as np

from foresail.forecast import experts
from foresail.forecast.arrays import TINY, Floats, first_known, mean, median, quantiles
from foresail.forecast.origins import Trials
from foresail.forecast.window import DAY_HOURS, WEEK_HOURS, Window

LEADS = (3, 10, 24)  # hours: how far ahead the gates tell apart
BUCKETS = len(LEADS) + 1
TRIAL_HOURS = 48
_FORTNIGHT_HOURS = 14 * DAY_HOURS
_COMPARED = (
    "yesterday", "days-decay-0.4", "days-median-7", "daytype", "last-week", "smooth",
    "level-median-24h", "level-median-7d", "level-last-3h", "level-last-1h", "harmonic",
    "days-median-7+kept", "smooth+day",
)  # fmt: skip


def lead_bucket(hours: int) -> np.ndarray:
    """Bucket of each of the next hours."""
    return np.searchsorted(LEADS, np.arange(hours), side="right")


def size(values: Floats) -> Floats:
    """Mean of the last week: what errors are small or large against; shape (rows,)."""
    return first_known(mean(np.abs(values[:, -WEEK_HOURS:]), 1), mean(np.abs(values), 1))


def expert_losses(trials: Trials, level: Floats) -> Floats:
    """Log of each expert's error against the typical expert's.

    Returns
    -------
    ndarray
        Shape (rows, experts, 8): mean absolute error over all, by lead, at the latest and the
        three latest origins, and the median.
    """
    error = np.abs(trials.errors)
    total = mean(error, (1, 3))
    bucket = lead_bucket(TRIAL_HOURS)
    views = [mean(error[..., bucket == one], (1, 3)) for one in range(BUCKETS)]
    views += [mean(error[:, :recent], (1, 3)) for recent in (1, 3)]
    views.append(_median_error(error))
    losses = np.stack([total, *(first_known(view, total) for view in views)], axis=-1)
    losses = np.where(np.isfinite(losses), losses, 1.0)
    floor = level[:, None, None]
    typical = np.maximum(np.median(losses, axis=1, keepdims=True), 1e-6 * floor + TINY)
    log = np.log(np.maximum(losses, 1e-9 * floor + TINY) / typical)
    return np.asarray(np.clip(log, -6.0, 3.0))


def _median_error(error: Floats) -> Floats:
    """Median over origins and hours; shape (rows, experts)."""
    rows, _, number, _ = error.shape
    return median(error.swapaxes(1, 2).reshape(rows, number, -1), 2)


def series_traits(window: Window, trials: Trials, losses: Floats) -> Floats:
    """Describe each series, its last hours, and the days ahead.

    Returns
    -------
    ndarray
        Shape (rows, traits): deviation of the last hours and day, origins, zeros, skew, spread,
        tail, change between work and weekend; and how a few telling experts compare.
    """
    traits = np.concatenate(
        [
            _recent_deviation(window),
            _evidence(trials),
            _distribution(window.values[:, -_FORTNIGHT_HOURS:]),
            _calendar(window),
        ],
        axis=1,
    )
    telling = losses[:, [experts.NAMES.index(name) for name in _COMPARED]]
    compared = [telling[:, :, view] - telling[:, :1, 0] for view in (0, 5, 7)]
    known = np.nan_to_num(np.concatenate([traits, *compared], axis=1))
    return np.asarray(np.clip(known, -6.0, 6.0))


TRAITS = 10 + BUCKETS + 1  # the first columns of `series_traits`, without the comparison


def _recent_deviation(window: Window) -> Floats:
    """Signed log of how far the last 3 and 24 hours are off the usual day, in usual errors."""
    values = window.values[:, -_FORTNIGHT_HOURS:]
    days = values.reshape(len(values), -1, DAY_HOURS)[:, ::-1]
    anything = median(values, 1)[:, None]
    usual = first_known(median(days[:, 1:8], 1), anything)
    off = values[:, -DAY_HOURS:] - usual
    recent = values[:, -8 * DAY_HOURS :]
    profile = np.tile(median(days, 1), (1, recent.shape[1] // DAY_HOURS))
    error = first_known(median(np.abs(recent - profile), 1), np.zeros(len(values)))
    scale = error + 1e-3 * size(values) + TINY
    last, day = (_signed_log(x / scale) for x in (mean(off[:, -3:], 1), median(off, 1)))
    return np.stack([np.abs(last), np.abs(day), last, day], axis=1)


def _signed_log(values: Floats) -> Floats:
    return np.asarray(np.nan_to_num(np.sign(values) * np.log1p(np.abs(values))))


def _evidence(trials: Trials) -> Floats:
    count = trials.count
    return np.stack([np.minimum(count, 8.0) / 8.0, 1 / np.sqrt(1 + count)], axis=1)


def _distribution(values: Floats) -> Floats:
    """Share of zeros, skew, spread and tail of the values."""
    average = mean(values, 1) + TINY
    zero = mean(np.where(np.isfinite(values), values <= 0, np.nan).astype(np.float64), 1)
    skew = np.log(average / (median(values, 1) + 0.05 * average))
    deviation = np.sqrt(mean((values - average[:, None]) ** 2, 1))
    spread = np.log((deviation + 1e-4 * average) / average)
    high = quantiles(values[:, -8 * DAY_HOURS :], (0.95,))[:, 0]
    highest = np.max(np.where(np.isfinite(values), values, -np.inf), axis=1)
    tail = np.log((highest + TINY) / (high + 0.02 * highest + TINY))
    return np.stack([zero, np.clip(skew, -2, 3), spread, np.clip(tail, 0, 4)], axis=1)


def _calendar(window: Window) -> Floats:
    """Share of each lead's hours that change between work and weekend; share of weekend."""
    will = window.weekend(0, TRIAL_HOURS)
    was = np.tile(window.weekend(-DAY_HOURS, DAY_HOURS), (1, 2))
    bucket = lead_bucket(TRIAL_HOURS)
    changes = [(will != was)[:, bucket == one].mean(axis=1) for one in range(BUCKETS)]
    return np.stack([*changes, will.mean(axis=1)], axis=1)
