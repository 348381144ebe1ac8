"""Forecasts of one series at its origins, each made once however many ask for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from foresail.replay.forecasters import quantile_paths
from foresail.replay.place import Place
from foresail.replay.settings import Floats

_Key = tuple[tuple[float, ...], Place]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Quantile paths of a series, kept by levels, place and origin."""

    _paths: dict[_Key, dict[pd.Timestamp, Floats]] = field(default_factory=dict)

    def paths(
        self,
        history: pd.Series,
        origins: Sequence[pd.Timestamp],
        horizon: pd.Timedelta,
        levels: Sequence[float],
        period: pd.Timedelta,
        place: Place,
    ) -> Floats:
        """Forecast as `foresail.replay.forecasters.quantile_paths` does, what is not yet known.

        A path that reaches further is cut: how far one looks changes no step of it.
        """
        known = self._paths.setdefault((tuple(sorted({*levels})), place), {})
        steps = int(horizon // period)
        new = [one for one in origins if one not in known or len(known[one]) < steps]
        if new:
            made = quantile_paths(history, new, horizon, levels, period, place)
            known.update(zip(new, made, strict=True))
        return np.stack([known[one][:steps] for one in origins])
