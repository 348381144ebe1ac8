"""What a planner is to a replay, and the plain one: a forecast quantile, covered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

import pandas as pd

from foresail.plan.capacity import needed_capacity
from foresail.plan.cover import capacity_steps
from foresail.replay.forecasters import quantile_paths


class Planner(Protocol):
    """Plans at one origin.

    ``history`` has series, timestamp, value (demand in units at 100 %, gaps absent), all measured
    before ``origin``; answers columns start (UTC) and capacity: the floor from each start on.
    ``setting`` is any value the planner understands.
    """

    def __call__(
        self, history: pd.DataFrame, origin: pd.Timestamp, horizon: timedelta, setting: Any
    ) -> pd.DataFrame:
        """Plan from what was known at the origin."""
        ...


@runtime_checkable
class ManyPlanner(Protocol):
    """A planner that also plans many origins and settings at once, to share forecasts."""

    def plans(
        self,
        histories: Sequence[pd.Series],
        origins: Sequence[pd.Timestamp],
        horizon: timedelta,
        settings: Sequence[Any],
        period: timedelta,
    ) -> list[list[pd.DataFrame]]:
        """Plan by setting and origin: ``answer[setting][origin]``."""
        ...


@dataclass(frozen=True, slots=True)
class PlanSetting:
    """Quantile to cover, utilisation to plan for, and the target of a reactive policy beside it."""

    quantile: float
    utilization: float = 0.8
    target: float = float("nan")

    def __str__(self) -> str:
        beside = "" if self.target != self.target else f", target {self.target:g}"
        return f"q{self.quantile:g} at {self.utilization:g}{beside}"


@dataclass(frozen=True, slots=True)
class QuantilePlanner:
    """Cover a quantile of foresail's forecast with `foresail.plan`.

    Parameters
    ----------
    lead
        How long before the demand units are requested.
    minimum, maximum
        Bounds of the capacity.
    quantiles
        Levels to forecast; settings are interpolated between them.
    """

    lead: timedelta = timedelta(minutes=10)
    minimum: int = 1
    maximum: int | None = None
    quantiles: Sequence[float] = field(default=(0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99))

    def __call__(
        self, history: pd.DataFrame, origin: pd.Timestamp, horizon: timedelta, setting: PlanSetting
    ) -> pd.DataFrame:
        """Plan at one origin."""
        known = history.set_index("timestamp")["value"]
        period = pd.Series(known.index).diff().mode()[0].to_pytimedelta()
        return self.plans([known], [origin], horizon, [setting], period)[0][0]

    def plans(
        self,
        histories: Sequence[pd.Series],
        origins: Sequence[pd.Timestamp],
        horizon: timedelta,
        settings: Sequence[PlanSetting],
        period: timedelta,
    ) -> list[list[pd.DataFrame]]:
        """Plan many origins from one forecast each; equal plans are made once."""
        step = pd.Timedelta(period)
        paths = quantile_paths(histories, origins, pd.Timedelta(horizon), self.quantiles, step)
        columns = [f"q{level:g}" for level in sorted(self.quantiles)]
        forecast = pd.concat(
            [
                pd.DataFrame(path, columns=columns).assign(
                    series=f"{at}", timestamp=pd.date_range(origin, periods=len(path), freq=step)
                )
                for at, (path, origin) in enumerate(zip(paths, origins, strict=True))
            ],
            ignore_index=True,
        )
        made: dict[tuple[float, float], list[pd.DataFrame]] = {}
        for setting in settings:
            key = setting.quantile, setting.utilization
            if key not in made:
                by_origin = dict(iter(self._steps(forecast, *key).groupby("series", sort=False)))
                made[key] = [by_origin[f"{at}"] for at in range(len(origins))]
        return [made[setting.quantile, setting.utilization] for setting in settings]

    def _steps(self, forecast: pd.DataFrame, quantile: float, utilization: float) -> pd.DataFrame:
        needed = needed_capacity(
            forecast,
            1.0,
            utilization=utilization,
            minimum=self.minimum,
            maximum=self.maximum,
            lead=self.lead,
            quantile=quantile,
        )
        return capacity_steps(needed)
