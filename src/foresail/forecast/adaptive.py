"""Adaptive conformal inference: quantiles that go on covering after the demand has changed.

A forecaster's q0.9 should be exceeded one time in ten. Where it is exceeded more often, ask it for
a higher level, where less often, for a lower one: after each actual the level that is asked for
rises by ``step * nominal`` when the actual was above, and falls by ``step * (1 - nominal)`` when
not (adaptive conformal inference: Gibbs and Candes, NeurIPS 2021). Whatever the demand does, the
share covered in the long run is then the nominal one.

How fast to follow need not be chosen: several step sizes run side by side, weighed by their pinball
loss, and a little weight is shared so that a slow one can be left after a shift (DtACI: Gibbs and
Candes, JMLR 2024; aggregation as in Zaffran et al., ICML 2022). Levels are followed as normal
scores, as quantile tracking does (Angelopoulos, Candes and Tibshirani, NeurIPS 2023): a step then
means as much at 0.99 as at 0.5.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from foresail.errors import InputError
from foresail.forecast.arrays import Floats, mean

STEPS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4)  # in normal scores
BOUND = 5.0  # of the scores: levels stay within 3e-7 of 0 and 1
SHARED = 0.002  # weight that is dealt out evenly at each actual
LEARNING = 2.0  # how sharply the pinball loss tells steps apart


@dataclass(frozen=True)
class Adaptive:
    """What the outcomes of past quantile forecasts say about the levels to ask for.

    Never changed: `update` gives a new one. Create it with `start`.

    Parameters
    ----------
    series
        Names, in the order of the rows.
    nominal
        Rising levels in (0, 1).
    scores, weights
        Shape (series, levels, steps): normal score of the level that each step size would ask for,
        and how far that step is trusted.
    """

    series: tuple[str, ...]
    nominal: tuple[float, ...]
    scores: Floats
    weights: Floats

    @classmethod
    def start(cls, series: Sequence[str], nominal: Sequence[float]) -> Self:
        """Begin at the nominal levels."""
        levels = tuple(sorted({float(level) for level in nominal}))
        if not levels or not all(0 < level < 1 for level in levels):
            raise InputError(f"levels {tuple(nominal)!r} are not all in (0, 1)")
        shape = (len(series), len(levels), len(STEPS))
        scores = np.broadcast_to(ndtri(np.array(levels))[None, :, None], shape)
        return cls(tuple(series), levels, np.array(scores), np.full(shape, 1 / len(STEPS)))

    def levels(self) -> Floats:
        """Levels to ask the forecaster for, in place of the nominal ones.

        Returns
        -------
        ndarray
            Shape (series, levels): rising in the nominal level, within (0, 1).
        """
        score = (self.weights * self.scores).sum(axis=2)
        return np.asarray(ndtr(np.sort(np.clip(score, -BOUND, BOUND), axis=1)))

    def levels_for(self, told: Sequence[float]) -> Floats:
        """Levels to ask for in place of any levels, read between those that are followed.

        Parameters
        ----------
        told
            Rising, in (0, 1).

        Returns
        -------
        ndarray
            Shape (series, told), rising.
        """
        if tuple(told) == self.nominal:
            return self.levels()
        at, known = ndtri(np.asarray(told)), ndtri(np.asarray(self.nominal))
        moved = ndtri(self.levels()) - known
        away = np.array([np.interp(at, known, row) for row in moved]).reshape(len(moved), len(at))
        return np.asarray(ndtr(np.sort(np.clip(at + away, -BOUND, BOUND), axis=1)))

    def update(self, actual: Floats, quantiles: Floats) -> Self:
        """Learn from what came after one origin, in one step.

        Periods of one origin were all predicted with the same levels, and their errors resemble
        each other: n of them move a level by the square root of n steps, in the direction of their
        mean.

        Parameters
        ----------
        actual
            Shape (series,) or (series, times); NaN teaches nothing.
        quantiles
            Shape (series, levels) or (series, times, levels): what the forecaster itself said for
            the nominal levels, before any re-mapping.
        """
        came = actual[:, None] if actual.ndim == 1 else actual
        said = quantiles[:, None, :] if quantiles.ndim == 2 else quantiles
        seen = normal_scores(came, said, ndtri(np.array(self.nominal)))[:, None, None, :]
        nominal = np.array(self.nominal)[None, :, None, None]
        mine = self.scores[..., None]
        known = np.isfinite(seen)
        covered = seen <= mine
        loss = np.where(covered, 1 - nominal, nominal) * np.abs(seen - mine)
        count = np.sqrt(known.sum(axis=3))
        loss, move = (
            count * np.nan_to_num(mean(np.where(known, part, np.nan), 3))
            for part in (loss, nominal - covered)
        )
        weights = self.weights * np.exp(-LEARNING * (loss - loss.min(axis=2, keepdims=True)))
        weights = weights / weights.sum(axis=2, keepdims=True)
        weights = (1 - SHARED) * weights + SHARED / len(STEPS)
        moved = np.clip(self.scores + np.array(STEPS) * move, -BOUND, BOUND)
        taught = count > 0
        return replace(
            self,
            scores=np.where(taught, moved, self.scores),
            weights=np.where(taught, weights, self.weights),
        )

    def of(self, series: Sequence[str]) -> Self:
        """Give the state of these series, in this order; those not yet seen begin anew."""
        fresh = type(self).start(series, self.nominal)
        place = {name: row for row, name in enumerate(self.series)}
        for row, name in enumerate(fresh.series):
            if name in place:
                fresh.scores[row] = self.scores[place[name]]
                fresh.weights[row] = self.weights[place[name]]
        return fresh

    def to_json(self) -> str:
        """Write as plain JSON; `from_json` reads back the same bits."""
        rows = zip(self.series, self.scores.tolist(), self.weights.tolist(), strict=True)
        series = {name: {"scores": scores, "weights": weights} for name, scores, weights in rows}
        return json.dumps({"levels": self.nominal, "steps": STEPS, "series": series})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; other step sizes begin anew."""
        try:
            stored: dict[str, Any] = json.loads(text)
            state = cls.start(list(stored["series"]), stored["levels"])
            if tuple(stored["steps"]) != STEPS or not state.series:
                return state
            parts = [
                np.array([one[name] for one in stored["series"].values()], dtype=np.float64)
                for name in ("scores", "weights")
            ]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(f"this is no state of adaptive levels: {error!r}") from error
        if any(part.shape != state.scores.shape or not np.isfinite(part).all() for part in parts):
            raise InputError("this is no state of adaptive levels: sizes do not match")
        return replace(state, scores=parts[0], weights=parts[1])


def normal_scores(actual: Floats, said: Floats, scores: Floats) -> Floats:
    """Give the normal score at which an actual lies among quantiles; shape as the actual.

    Between quantiles, and beyond the outer ones, quantiles are taken as straight in normal scores.
    An actual on a flat stretch (demand of zero) lies in the middle of it, and one that equals all
    quantiles nowhere: an idle series teaches nothing.
    """
    if len(scores) == 1:
        above = np.where(actual <= said[..., 0], -BOUND, BOUND)
        return np.where(np.isfinite(actual), above, np.nan)
    over = (actual[..., None] > said).sum(axis=-1)
    right = np.clip(over, 1, len(scores) - 1)
    low, high = (np.take_along_axis(said, (right - k)[..., None], -1)[..., 0] for k in (1, 0))
    width = high - low
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (actual - low) / width
    share = np.where(width > 0, share, np.where(actual > high, np.inf, -np.inf))
    found = scores[right - 1] + share * (scores[right] - scores[right - 1])
    found = np.clip(_on_flat(actual[..., None] == said, scores, found), -BOUND, BOUND)
    return np.where(np.isfinite(actual), found, np.nan)


def _on_flat(tied: np.ndarray, scores: Floats, otherwise: Floats) -> Floats:
    """Give the middle of the levels whose quantiles equal the actual, where they are several."""
    first = np.argmax(tied, axis=-1)
    last = len(scores) - 1 - np.argmax(tied[..., ::-1], axis=-1)
    count = tied.sum(axis=-1)
    middle = np.where(count == len(scores), np.nan, (scores[first] + scores[last]) / 2)
    return np.where(count > 1, middle, otherwise)


def read_levels(quantiles: Floats, levels: Sequence[float], wanted: Floats) -> Floats:
    """Read quantiles at other levels than those that were predicted.

    Straight in normal scores between the levels and beyond the outer ones; exact at a level that
    was predicted, never crossing.

    Parameters
    ----------
    quantiles
        Shape (..., levels), non-decreasing.
    levels
        Rising, in (0, 1). With a single one there is nothing to read between.
    wanted
        Shape (..., wanted levels), rising, in (0, 1); broadcast against the quantiles.
    """
    shape = (*np.broadcast_shapes(quantiles.shape[:-1], wanted.shape[:-1]), wanted.shape[-1])
    if len(levels) == 1:
        return np.array(np.broadcast_to(quantiles, shape))
    scores, at = ndtri(np.asarray(levels)), np.broadcast_to(ndtri(wanted), shape)
    known = np.broadcast_to(quantiles, (*shape[:-1], len(levels)))
    right = np.clip(np.searchsorted(scores, at - 1e-12), 1, len(scores) - 1)
    share = (at - scores[right - 1]) / (scores[right] - scores[right - 1])
    low = np.take_along_axis(known, right - 1, axis=-1)
    high = np.take_along_axis(known, right, axis=-1)
    return np.maximum.accumulate(low * (1 - share) + high * share, axis=-1)


def remap(forecast: pd.DataFrame, state: Adaptive) -> pd.DataFrame:
    """Give each quantile column the values of the level that now covers what its name says.

    Parameters
    ----------
    forecast
        series, timestamp, q0.5 ...: as `foresail.forecast` gives it, with the state's levels;
        others move as those around them.
    state
        Series that it does not know stay as they are.

    Returns
    -------
    DataFrame
        The same rows and columns; non-decreasing in q, never below zero.
    """
    _columns(forecast, state)
    told = _levels(forecast)
    columns = list(told.values())
    names, place = np.unique(forecast["series"].to_numpy(dtype=object), return_inverse=True)
    wanted = state.of([str(name) for name in names]).levels_for(list(told))[place]
    said = forecast[columns].to_numpy(dtype=np.float64)
    found = np.maximum(read_levels(said, list(told), wanted), 0.0)
    return forecast.assign(**{name: found[:, at] for at, name in enumerate(columns)})


def _levels(forecast: pd.DataFrame) -> dict[float, str]:
    """Quantile columns by their level, rising."""
    named = [str(name) for name in forecast.columns if re.fullmatch(r"q0?\.\d+", str(name))]
    return dict(sorted((float(name[1:]), name) for name in named))


def learn(state: Adaptive, forecast: pd.DataFrame, history: pd.DataFrame) -> Adaptive:
    """Learn from the periods of one forecast that have come since.

    Parameters
    ----------
    forecast
        series, timestamp, q0.5 ... as the forecaster said at one origin, before `remap`. Teach
        forecasts in the order of their origins.
    history
        series, timestamp, value.
    """
    columns = _columns(forecast, state)
    both = forecast.merge(history[["series", "timestamp", "value"]], on=["series", "timestamp"])
    row = pd.Index(state.series).get_indexer(pd.Index(both["series"]))
    times, column = np.unique(both["timestamp"].to_numpy(), return_inverse=True)
    mine = row >= 0
    came = np.full((len(state.series), len(times)), np.nan)
    said = np.zeros((*came.shape, len(columns)))
    came[row[mine], column[mine]] = both["value"].to_numpy(dtype=np.float64)[mine]
    said[row[mine], column[mine]] = both[columns].to_numpy(dtype=np.float64)[mine]
    return state.update(came, said)


def _columns(forecast: pd.DataFrame, state: Adaptive) -> list[str]:
    columns = [f"q{level:g}" for level in state.nominal]
    lost = [name for name in columns if name not in forecast]
    if lost:
        raise InputError(
            f"the forecast has no column {', '.join(lost)}", cure="forecast the state's levels"
        )
    return columns
