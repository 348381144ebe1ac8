"""Policies that a replay plays for a comparison: AWS's on one signal, and AWS's own forecast."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from foresail.replay.case import Case
from foresail.replay.policies import AwsPredictive, Drive


@dataclass(frozen=True)
class OnSignal:
    """Predictive scaling that forecasts one signal of a tier; AWS takes one load metric a policy.

    Parameters
    ----------
    predictive
        AWS's rules.
    signal
        Demand of the signal by start of period (UTC), in units at 100 %.
    """

    predictive: AwsPredictive
    signal: pd.Series
    name: str = "aws-predictive"
    knob: str = "target utilisation"

    @property
    def settings(self) -> Sequence[float]:
        """Target utilisations."""
        return self.predictive.settings

    def drives(self, case: Case) -> list[Drive]:
        """Forecast the signal; the tier's whole demand is played against it elsewhere."""
        own = self.signal.reindex(case.times).to_numpy(dtype=np.float64)
        return self.predictive.drives(replace(case, demand=own))


@dataclass(frozen=True)
class Told:
    """Capacity that was told by hour, from `buffer` before it, beside target tracking."""

    name: str
    capacity: pd.Series
    buffer: timedelta
    target: float
    knob: str = "target utilisation"

    @property
    def settings(self) -> Sequence[float]:
        """The one target."""
        return (self.target,)

    def drives(self, case: Case) -> list[Drive]:
        """Hold each hour's capacity from shortly before it; the minimum where none was told."""
        times = case.times[case.start :]
        ahead = times + pd.Timedelta(self.buffer)
        floors = [
            self.capacity.reindex(at.floor("h")).fillna(case.rules.minimum).to_numpy()
            for at in (times, ahead)
        ]
        floor = np.clip(np.ceil(np.maximum(*floors)), case.rules.minimum, case.rules.most)
        return [Drive(np.asarray(floor, dtype=np.float64), self.target)]
