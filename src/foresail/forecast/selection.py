"""Choose and combine models per series by their pinball loss at rolling origins of the past."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from foresail.forecast.grid import Floats, Grid
from foresail.forecast.losses import pinball
from foresail.forecast.models import Model, candidates

ORIGINS = 7  # one a day, so that each weekday is an origin once
LEAST_TRAINING = pd.Timedelta(days=2)
KEPT = 3
SHARPNESS = 2.0  # weights fall with the square of the loss


@dataclass(frozen=True)
class Trials:
    """What each model predicted at each origin, and what came.

    ``predicted`` maps a model's name to an array of shape (origins, steps); NaN past the end.
    """

    origins: tuple[int, ...]
    actual: Floats
    predicted: dict[str, Floats]

    def losses(self) -> dict[str, float]:
        """Mean pinball loss at the median of each model."""
        known = np.isfinite(self.actual)
        return {
            name: float(pinball(self.actual[known], values[known], 0.5).mean())
            for name, values in self.predicted.items()
        }

    def combined(self, weights: dict[str, float]) -> Floats:
        """Predictions of the weighted models at each origin."""
        parts = [weight * self.predicted[name] for name, weight in weights.items()]
        return np.asarray(np.sum(parts, axis=0))


def run_trials(grid: Grid, steps: int) -> Trials:
    """Fit every model at each origin to what was known then."""
    origins = _origins(grid)
    actual = np.full((len(origins), steps), np.nan)
    predicted: dict[str, Floats] = {}
    for row, origin in enumerate(origins):
        future = grid.values[origin : origin + steps]
        actual[row, : len(future)] = future
        for model in usable(grid.head(origin)):
            values = predicted.setdefault(model.name, np.full_like(actual, np.nan))
            values[row] = predict(model, grid.head(origin), steps)
    complete = {n: v for n, v in predicted.items() if np.isfinite(v).all()}
    return Trials(tuple(origins), actual, complete)


def _origins(grid: Grid) -> list[int]:
    """List the ends of the training data, a day apart, the earliest first."""
    least = int(LEAST_TRAINING / grid.period)
    found = [len(grid.values) - days * grid.per_day for days in range(1, ORIGINS + 1)]
    if found[0] < least:
        half = len(grid.values) // 2
        return [half] if half >= grid.per_day else []
    return sorted(origin for origin in found if origin >= least)


def usable(grid: Grid) -> list[Model]:
    """Models that this much history can carry."""
    days = len(grid.values) / grid.per_day
    needs = {"naive-week": 7.0, "holt-winters": 2.0, "mstl": 2.0, "harmonic-ridge": 2.0}
    varied = np.nanmax(grid.values) > np.nanmin(grid.values)
    steady = {"holt-winters", "mstl", "harmonic-ridge"}
    coarse = grid.per_day < 2
    return [
        model
        for model in candidates()
        if days >= needs.get(model.name, 0.0)
        and (varied or model.name not in steady)
        and not (coarse and model.name in steady)
    ]


def predict(model: Model, grid: Grid, steps: int) -> Floats:
    """Fit and predict; never below zero, and kept within reach of what was seen."""
    highest = 3 * float(np.nanmax(grid.values))
    return np.clip(model.fit(grid).predict(steps), 0.0, highest)


def choose(trials: Trials) -> dict[str, float]:
    """Weights of the best few models, shrunk towards each other; they sum to 1."""
    if not trials.predicted or not trials.origins:
        return {"naive-day": 1.0}
    losses = trials.losses()
    best = sorted(losses, key=lambda name: (losses[name], name))[:KEPT]
    floor = max(losses[best[0]], 1e-12)
    raw = {name: (floor / max(losses[name], 1e-12)) ** SHARPNESS for name in best}
    total = sum(raw.values())
    return {name: weight / total for name, weight in raw.items()}


def predict_combined(grid: Grid, weights: dict[str, float], steps: int) -> Floats:
    """Predict with the chosen models, fitted to all that is known."""
    models = {model.name: model for model in candidates()}
    parts = [weight * predict(models[name], grid, steps) for name, weight in weights.items()]
    return np.asarray(np.sum(parts, axis=0))
