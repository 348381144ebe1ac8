"""The default: thirty plain experts, weighed by gates that learned how far to trust the past.

What `foresail.forecast` uses, behind the interface of the others so that it can be compared with
them. A mixture of experts (Jacobs et al., *Neural Computation* 3, 1991; for forecasts FFORMA,
Montero-Manso et al., *International Journal of Forecasting* 36, 2020); its gates are explained in
`foresail.forecast.gates`. Good where nothing is known of the series beforehand; it is not fitted to
any one series, so where one model is known to be right, that one is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, Self

from foresail.forecast import engine, gates
from foresail.forecast.arrays import Floats
from foresail.forecast.models.base import register
from foresail.forecast.models.calibration import stack
from foresail.forecast.models.single import unit_of
from foresail.forecast.origins import run_trials
from foresail.forecast.window import Window


@register
class Mixture:
    """Experts weighed by gates."""

    name: ClassVar[str] = "mixture"

    def fit(self, window: Window) -> Self:
        """Keep the window: all that is learned was learned before."""
        known = stack([window])
        self.unit_ = unit_of(known.values)
        self.window_ = replace(known, values=known.values / self.unit_[:, None])
        self.fallbacks_: dict[int, str] = {}
        return self

    def predict(self, days: int) -> Floats:
        """Predict every row; shape (rows, 24 days)."""
        return self._combined(days).path * self.unit_[:, None]

    def past(self, count: int) -> Floats:
        """Give the experts' paths of past origins with today's weights; shape (rows, count, 48)."""
        return self._combined(1).made[:, :count] * self.unit_[:, None, None]

    def predict_quantiles(self, days: int, levels: Sequence[float]) -> Floats:
        """Predict quantiles; shape (rows, 24 days, levels)."""
        combined = self._combined(days)
        evidence = combined.evidence(self.window_)
        found = engine.quantile_paths(evidence, combined.traits, gates.load(), levels)
        return found * self.unit_[:, None, None]

    def _combined(self, days: int) -> engine.Combined:
        return engine.combine(self.window_, run_trials(self.window_, days), gates.load())
