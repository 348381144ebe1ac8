"""Quantile gradient boosting, one model for all series of the batch, conformalised.

Boosted trees that minimise the pinball loss (Friedman, *Annals of Statistics* 29, 2001; Koenker and
Bassett, *Econometrica* 46, 1978) see of each hour what the same hour was yesterday, a week ago and
usually, where the level is, and the calendar; all scaled to the series, so that every series
teaches every other (a global model: Montero-Manso and Hyndman, *IJF* 37, 2021). Trees are trained
for each quantile on what came after past origins, then moved by what they missed on days they had
not seen (conformalised quantile regression: Romano, Patterson and Candes, NeurIPS 2019). Good with
many series of one kind, and where weekends or bursts follow rules; with a single short series it
has little to learn from. Being pooled, a series' forecast depends on which others are in the batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from foresail.forecast.adaptive import read_levels
from foresail.forecast.arrays import TINY, Floats, first_known, mean, median, quantiles
from foresail.forecast.bands import LEVELS
from foresail.forecast.cleaning import limit_incidents
from foresail.forecast.models.base import register
from foresail.forecast.models.calibration import stack
from foresail.forecast.window import DAY_HOURS, WEEK_HOURS, Window

TRIAL_HOURS = 48
HELD_OUT_DAYS = 3  # the latest, and as many before them, for calibration
OLDEST_DAYS = 11  # origins before leave too little history
EVERY_HOURS = 6  # between the origins that teach
LEAST_HOURS = 72  # known before an origin, for it to teach
MOST_SAMPLES = 100_000
PRIOR = 200.0  # hours of evidence that the batch's misses count as, for those of one series
SEED = 20_260_101


@register
class GradientBoosting:
    """Pooled quantile regression trees.

    Parameters
    ----------
    levels
        Quantiles that get trees of their own; others are read between them.
    iterations, leaves, learning_rate
        Of the trees.
    """

    name: ClassVar[str] = "gradient-boosting"

    def __init__(
        self,
        levels: Sequence[float] = tuple(LEVELS.tolist()),
        iterations: int = 60,
        leaves: int = 8,
        learning_rate: float = 0.1,
    ) -> None:
        self.levels = levels
        self.iterations = iterations
        self.leaves = leaves
        self.learning_rate = learning_rate

    def fit(self, window: Window) -> Self:
        """Train on all that is known, and twice without some days, to see what is missed there."""
        self.window_ = window
        self.fallbacks_: dict[int, str] = {}
        self.levels_ = tuple(sorted({0.5, *self.levels}))
        self.trees_ = self._train(window, lambda _: True)
        held = HELD_OUT_DAYS * DAY_HOURS
        newest = self._train(window, lambda hours: hours >= held + TRIAL_HOURS)
        others = self._train(
            window, lambda hours: hours >= 2 * held + TRIAL_HOURS or hours <= held - DAY_HOURS
        )
        said = [
            _scores(trees, window.before(DAY_HOURS * (first + back)), TRIAL_HOURS)
            for trees, first in ((newest, 0), (others, HELD_OUT_DAYS))
            for back in range(1, HELD_OUT_DAYS + 1)
        ]
        self.past_ = np.stack(said, axis=1)
        self.offsets_ = self._misses()
        return self

    def predict(self, days: int) -> Floats:
        """Give the calibrated median; shape (rows, 24 days)."""
        return self.predict_quantiles(days, (0.5,))[:, :, 0]

    def predict_quantiles(self, days: int, levels: Sequence[float]) -> Floats:
        """Give calibrated quantiles; shape (rows, 24 days, levels)."""
        said = _scores(self.trees_, self.window_, DAY_HOURS * days) + self.offsets_[:, None, :]
        known = np.maximum.accumulate(np.maximum(said, 0.0), axis=2)
        wanted = np.broadcast_to(np.asarray(levels), (1, 1, len(levels)))
        return np.maximum(read_levels(known, self.levels_, wanted), 0.0)

    def past(self, count: int) -> Floats:
        """Medians of the earlier trees; shape (rows, count, 48), NaN on the days they saw."""
        made = np.full((len(self.past_), count, TRIAL_HOURS), np.nan)
        held = min(count, HELD_OUT_DAYS)  # the trees of the days before have seen later ones
        made[:, :held] = self.past_[:, :held, :, self.levels_.index(0.5)]
        return made

    def _train(self, window: Window, seen: Callable[[int], bool]) -> _Trees:
        """Train trees on what came in the 48 hours after those origins that may be seen."""
        backs = range(EVERY_HOURS, OLDEST_DAYS * DAY_HOURS + 1, EVERY_HOURS)
        inputs, target = _lessons(window, [back for back in backs if seen(back)])
        levels = self.levels_ if len(target) else ()
        with _one_thread():
            return _Trees(self.levels_, [self._fit(level, inputs, target) for level in levels])

    def _fit(self, level: float, inputs: Floats, target: Floats) -> Any:
        from sklearn.ensemble import HistGradientBoostingRegressor

        return HistGradientBoostingRegressor(
            loss="quantile",
            quantile=level,
            max_iter=self.iterations,
            max_leaf_nodes=self.leaves,
            learning_rate=self.learning_rate,
            early_stopping=False,
            random_state=0,
        ).fit(inputs, target)

    def _misses(self) -> Floats:
        """How far each series' quantiles have to move; shape (rows, levels).

        What one series missed is drawn towards what the batch missed, scaled to the series.
        """
        rows = len(self.past_)
        came = _came(self.window_.values, self.past_.shape[1], DAY_HOURS)
        missed = (came[..., None] - self.past_) / _size(self.window_)[:, None, None, None]
        own = np.empty((rows, len(self.levels_)))
        all_ = np.empty(len(self.levels_))
        count = np.isfinite(came).sum(axis=(1, 2))
        for at, level in enumerate(self.levels_):
            own[:, at] = quantiles(missed[..., at].reshape(rows, -1), (level,))[:, 0]
            all_[at] = quantiles(missed[..., at].reshape(1, -1), (level,))[0, 0]
        share = (count / (count + PRIOR))[:, None] if rows > 1 else np.ones((1, 1))
        drawn = first_known(own * share + all_ * (1 - share), np.nan_to_num(all_)[None, :])
        return np.asarray(drawn * _size(self.window_)[:, None])


@dataclass(frozen=True)
class _Trees:
    levels: tuple[float, ...]
    fitted: list[Any]  # empty where nothing could be learned

    def predict(self, inputs: Floats) -> Floats:
        """Shape (samples, levels)."""
        if not self.fitted:
            return np.zeros((len(inputs), len(self.levels)))
        with _one_thread():
            return np.stack([one.predict(inputs) for one in self.fitted], axis=1)


def _one_thread() -> Any:
    """Keep to one thread: on so few samples more of them wait for each other."""
    import sklearn.ensemble  # noqa: F401 - only libraries that are loaded are limited
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    return threadpool_limits(1)


def _scores(trees: _Trees, window: Window, hours: int) -> Floats:
    """Quantiles in the series' unit, not yet calibrated; shape (rows, hours, levels)."""
    inputs, usual, size = _inputs(stack([window]), hours)
    said = trees.predict(inputs.reshape(-1, inputs.shape[2])).reshape(*usual.shape, -1)
    return np.asarray(np.sort(usual[:, :, None] + size[:, None, None] * said, axis=2))


def _lessons(window: Window, backs: Sequence[int]) -> tuple[Floats, Floats]:
    """Give what was known at past origins and what came; (samples, inputs), (samples,)."""
    inputs, targets = [], []
    for back in backs:
        then = window.before(back)
        teaches = np.isfinite(then.values).sum(axis=1) >= LEAST_HOURS
        some = Window(then.values[teaches], then.hour[teaches], then.weekday[teaches])
        if not teaches.any():
            continue
        seen, usual, size = _inputs(some, TRIAL_HOURS)
        came = _from(window.values[teaches], back)
        target = (came - usual) / size[:, None]
        known = np.isfinite(target)
        inputs.append(seen[known])
        targets.append(target[known])
    if not inputs:
        return np.empty((0, 1)), np.empty(0)
    x, y = np.concatenate(inputs), np.concatenate(targets)
    if len(y) > MOST_SAMPLES:
        chosen = np.random.default_rng(SEED).choice(len(y), MOST_SAMPLES, replace=False)
        x, y = x[chosen], y[chosen]
    return x, y


def _from(values: Floats, back: int) -> Floats:
    """Values of the 48 hours from `back` hours ago on; NaN beyond now."""
    found = np.full((len(values), TRIAL_HOURS), np.nan)
    known = min(back, TRIAL_HOURS)
    start = values.shape[1] - back
    found[:, :known] = values[:, start : start + known]
    return found


def _came(values: Floats, count: int, step: int) -> Floats:
    return np.stack([_from(values, step * back) for back in range(1, count + 1)], axis=1)


def _size(window: Window) -> Floats:
    """Scale of each row: its mean over the last week; shape (rows,)."""
    week = np.abs(window.values[:, -WEEK_HOURS:])
    size = first_known(mean(week, 1), mean(np.abs(window.values), 1))
    return np.where(size > TINY, size, 1.0)


def _inputs(window: Window, hours: int) -> tuple[Floats, Floats, Floats]:
    """Describe each hour ahead by what is known at the origin.

    Returns
    -------
    tuple of ndarray
        Inputs (rows, hours, inputs), the usual value (rows, hours), and the size (rows,).
    """
    size = _size(window)
    clean = Window(limit_incidents(window.values), window.hour, window.weekday)
    days = clean.days
    slot = np.arange(hours) % DAY_HOURS
    level = first_known(median(clean.values, 1), np.zeros(len(size)))[:, None]
    usual_day = first_known(median(days[:, :7], 1), median(days, 1), level)
    usual = usual_day[:, slot]
    week_ago = clean.values[:, -WEEK_HOURS:][:, np.arange(hours) % WEEK_HOURS]
    off = clean.values[:, -DAY_HOURS:] - usual_day
    by_slot = [days[:, 0], days[:, 1], mean(days[:, :3], 1), mean(days, 1)]
    lags = [*(one[:, slot] for one in by_slot), week_ago]
    levels = [mean(off[:, -3:], 1), mean(off[:, -12:], 1), median(off, 1), _spread(clean)]
    columns = [(lag - usual) / size[:, None] for lag in lags]
    columns += [np.broadcast_to((one / size)[:, None], usual.shape) for one in levels]
    columns.append(usual / size[:, None])
    columns += _calendar(window, hours)
    return np.stack(columns, axis=2), usual, size


def _spread(window: Window) -> Floats:
    """Median absolute change from day to day; shape (rows,)."""
    return median(np.abs(window.values[:, DAY_HOURS:] - window.values[:, :-DAY_HOURS]), 1)


def _calendar(window: Window, hours: int) -> list[Floats]:
    """Lead, hour of the day, day of the week, weekend now, then and yesterday."""
    ahead = np.arange(hours)[None, :]
    hour = window.hour[:, None] + ahead
    weekday = (window.weekday[:, None] + hour // DAY_HOURS) % 7
    was = window.weekend(-DAY_HOURS, DAY_HOURS)[:, np.arange(hours) % DAY_HOURS]
    columns = (
        np.minimum(ahead, TRIAL_HOURS - 1) + 0 * hour,
        hour % DAY_HOURS,
        weekday,
        window.weekend(0, hours),
        was,
    )
    return [np.asarray(column, dtype=np.float64) for column in columns]
