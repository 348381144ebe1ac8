"""Quantiles around a path, from several views of what was wrong at past origins.

Each view gives every quantile in its own way: errors of all origins alike, by lead, scaled to the
hour of the day, to the level, to its root, the latest ones only, or simply what the series was at
that hour, in the last days or weeks. The gate weighs them for each quantile and lead and widens or
narrows the result; sample quantiles are taken at rank ``q (n + 1)`` (conformal prediction: Vovk et
al., 2005, ch. 2; by lead and hour: Mondrian).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from foresail.forecast.arrays import TINY, Floats, first_known, mean, median, quantiles
from foresail.forecast.window import DAY_HOURS

LEVELS = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99])
VIEWS = ("all", "lead", "slot", "level", "root", "latest", "hour", "week", "fortnight", "two-days")
_LATEST = 3  # origins
_LEAD_EDGES = (0, 6, 24, 48)  # hours


@dataclass(frozen=True)
class Evidence:
    """A path and what is known of its errors; `slots` periods make a day.

    Parameters
    ----------
    path
        Shape (rows, steps): predicted now.
    made, came
        Shape (rows, origins, 2 slots): predicted at past origins, and what came (NaN: unknown).
    values
        Shape (rows, periods), a whole number of days: the history.
    slots
        Periods in a day.
    """

    path: Floats
    made: Floats
    came: Floats
    values: Floats
    slots: int

    @property
    def errors(self) -> Floats:
        """Shape (rows, origins, 2 slots)."""
        return self.came - self.made

    @property
    def steps(self) -> int:
        """Periods ahead."""
        return int(self.path.shape[1])

    def last(self, days: int) -> Floats:
        """History of the last days."""
        return self.values[:, -days * self.slots :]


def views(evidence: Evidence) -> tuple[Floats, Floats]:
    """Quantiles by each view, and traits of the errors for the gate.

    Returns
    -------
    tuple of ndarray
        Shapes (rows, views, levels, steps), in the order of `VIEWS` and `LEVELS`; (rows, traits).
    """
    flat = _flat(evidence.errors)
    changes = evidence.values[:, evidence.slots :] - evidence.values[:, : -evidence.slots]
    otherwise = np.nan_to_num(quantiles(changes[:, -7 * evidence.slots :], LEVELS))
    overall = first_known(quantiles(flat, LEVELS), otherwise)
    lead = _by_lead(evidence, overall)
    path = evidence.path[:, None, :]
    level = np.maximum(np.nan_to_num(mean(np.abs(evidence.last(7)), 1)), 0.0)[:, None] + 1e-9
    found = {
        "all": path + overall[:, :, None],
        "lead": path + lead,
        "slot": path + _by_slot(evidence, otherwise),
        "level": path + _scaled(evidence, otherwise / (1.1 * level), lambda x: _raised(x, level)),
        "root": path
        + _scaled(evidence, otherwise / (1.05 * level), lambda x: _root(_raised(x, level), level)),
        "latest": path + _latest(evidence, overall)[:, :, None],
        **_unconditional(evidence),
    }
    shape = (len(path), len(LEVELS), evidence.steps)
    stacked = np.stack([np.broadcast_to(found[name], shape) for name in VIEWS], axis=1)
    return stacked, _traits(evidence, changes, overall, level[:, 0], found)


def _flat(values: Floats) -> Floats:
    return values.reshape(len(values), -1)


def _wide(level: Floats, like: Floats) -> Floats:
    return level.reshape(level.shape[0], *([1] * (like.ndim - 1)))


def _root(values: Floats, level: Floats) -> Floats:
    return np.asarray(np.sqrt(values * _wide(level, values)))


def _raised(values: Floats, level: Floats) -> Floats:
    """Values without those near zero, which would scale errors to nothing."""
    return np.maximum(values, 0.0) + 0.1 * _wide(level, values)


def _by_lead(evidence: Evidence, overall: Floats) -> Floats:
    """Quantiles of the errors made about as far ahead; drawn to all errors where few."""
    result = np.empty((*overall.shape, evidence.steps))
    per_hour = evidence.slots / DAY_HOURS
    edges = [round(edge * per_hour) for edge in _LEAD_EDGES]
    for low, high in pairwise(edges):
        some = _flat(evidence.errors[:, :, low:high])
        weight = _share(np.isfinite(some).sum(axis=1) / per_hour, 20.0)
        drawn = first_known(quantiles(some, LEVELS) * weight + overall * (1 - weight), overall)
        end = evidence.steps if high == edges[-1] else high
        result[:, :, low:end] = drawn[:, :, None]
    return result


def _share(count: Floats, prior: float) -> Floats:
    return np.asarray((count / (count + prior))[:, None])


def _by_slot(evidence: Evidence, otherwise: Floats) -> Floats:
    """Scale errors by their usual size around that time of the day."""
    size = np.abs(evidence.errors)
    typical = np.maximum(np.nan_to_num(mean(_flat(size), 1)), 1e-9)[:, None]
    size = np.minimum(size, 6 * typical[:, :, None])
    by_slot = size.reshape(len(size), -1, evidence.slots)
    known = np.isfinite(by_slot)
    reach = max(round(2 * evidence.slots / DAY_HOURS), 1)
    total = _around(np.where(known, by_slot, 0.0).sum(axis=1), reach)
    count = _around(known.sum(axis=1).astype(np.float64), reach) * DAY_HOURS / evidence.slots
    total = total * DAY_HOURS / evidence.slots
    usual = (total + 8 * typical) / (count + 8)
    scaled = _flat(evidence.errors / np.tile(usual, (1, 2))[:, None, :])
    unit = first_known(quantiles(scaled, LEVELS), otherwise / typical)
    days = -(-evidence.steps // evidence.slots)
    ahead = np.tile(usual, (1, days))[:, : evidence.steps]
    return np.asarray(unit[:, :, None] * ahead[:, None, :])


def _around(values: Floats, reach: int) -> Floats:
    """Circular sum over `reach` neighbours on either side."""
    padded = np.concatenate([values[:, -reach:], values, values[:, :reach]], axis=1)
    summed = np.cumsum(np.pad(padded, ((0, 0), (1, 0))), axis=1)
    width = 2 * reach + 1
    return np.asarray(summed[:, width:] - summed[:, :-width])


def _scaled(evidence: Evidence, otherwise: Floats, scale: Callable[[Floats], Floats]) -> Floats:
    """Scale errors by a function of the predicted value."""
    unit = quantiles(_flat(evidence.errors / scale(evidence.made)), LEVELS)
    unit = first_known(unit, otherwise)
    return np.asarray(unit[:, :, None] * scale(evidence.path)[:, None, :])


def _latest(evidence: Evidence, overall: Floats) -> Floats:
    some = _flat(evidence.errors[:, :_LATEST])
    weight = _share(np.isfinite(some).sum(axis=1) * DAY_HOURS / evidence.slots, 10.0)
    return first_known(quantiles(some, LEVELS) * weight + overall * (1 - weight), overall)


def _unconditional(evidence: Evidence) -> dict[str, Floats]:
    """Describe what the series was: around that hour, in the last two days, week, fortnight."""
    fortnight = quantiles(evidence.last(14), LEVELS)
    return {
        "hour": first_known(_around_hour(evidence), fortnight[:, :, None]),
        "week": first_known(quantiles(evidence.last(7), LEVELS), fortnight)[:, :, None],
        "fortnight": fortnight[:, :, None],
        "two-days": first_known(quantiles(evidence.last(2), LEVELS), fortnight)[:, :, None],
    }


def _around_hour(evidence: Evidence) -> Floats:
    days = evidence.last(14).reshape(len(evidence.values), -1, evidence.slots)
    shift = max(round(evidence.slots / DAY_HOURS), 1)
    near = np.concatenate([days, np.roll(days, shift, 2), np.roll(days, -shift, 2)], axis=1)
    rows = len(days)
    found = quantiles(np.moveaxis(near, 2, 1).reshape(rows * evidence.slots, -1), LEVELS)
    by_slot = found.reshape(rows, evidence.slots, len(LEVELS)).swapaxes(1, 2)
    ahead = -(-evidence.steps // evidence.slots)
    return np.asarray(np.tile(by_slot, (1, 1, ahead))[:, :, : evidence.steps])


def _traits(
    evidence: Evidence, changes: Floats, overall: Floats, level: Floats, found: dict[str, Floats]
) -> Floats:
    """Size, growth, tails and bias of the errors, and the spread of the series against them."""
    size = np.abs(evidence.errors)
    total = first_known(mean(_flat(size), 1), np.nan_to_num(mean(np.abs(changes), 1)))
    middle = first_known(median(_flat(size), 1), total)
    latest = first_known(mean(_flat(size[:, :_LATEST]), 1), total)
    last = first_known(mean(size[:, 0], 1), total) if size.shape[1] else total
    small = 1e-4 * level + TINY
    q = {round(float(one), 2): overall[:, at] for at, one in enumerate(LEVELS)}
    width = q[0.9] - q[0.1]
    bias = np.nan_to_num(mean(_flat(evidence.errors), 1))
    bias_last = np.nan_to_num(mean(evidence.errors[:, 0], 1)) if size.shape[1] else bias
    spread = [
        np.log((_spread(found[name]) + small) / (width + small))
        for name in ("week", "two-days", "hour")
    ]
    traits = [
        np.log((total + small) / (level + small)),
        np.log((middle + 0.02 * total + small) / (total + small)),
        np.log((latest + small) / (total + small)),
        np.log((last + small) / (total + small)),
        np.log((q[0.99] - q[0.5] + small) / (q[0.9] - q[0.5] + small)),
        np.log((q[0.9] - q[0.5] + small) / (q[0.5] - q[0.1] + small)),
        bias / (total + small),
        bias_last / (total + small),
        *spread,
    ]
    return np.asarray(np.clip(np.nan_to_num(np.stack(traits, axis=1)), -5.0, 5.0))


def _spread(quantile: Floats) -> Floats:
    """Mean width from q0.1 to q0.9."""
    return np.asarray((quantile[:, 5] - quantile[:, 1]).mean(axis=1))
