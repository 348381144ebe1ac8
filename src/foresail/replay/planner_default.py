"""What a planner is to a replay, and the plain one: a forecast quantile, covered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.plan.capacity import capacity_plan
from foresail.replay.case import Case
from foresail.replay.forecasters import quantile_path
from foresail.replay.place import UTC, Place
from foresail.replay.settings import Floats

_ROUNDING = 1e-9


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
    """A planner that also plans all origins and settings of a series at once."""

    def floors(
        self, case: Case, steps: Sequence[int], horizon: timedelta, settings: Sequence[Any]
    ) -> Floats:
        """Floor of each period from each of some steps on, planned on what was known then.

        Answers shape (settings, origins, periods of the horizon).
        """
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
    place
        Time zone and calendar of the forecasts.
    """

    lead: timedelta = timedelta(minutes=10)
    minimum: int = 1
    maximum: int | None = None
    quantiles: Sequence[float] = field(default=(0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99))
    place: Place = UTC

    def __call__(
        self, history: pd.DataFrame, origin: pd.Timestamp, horizon: timedelta, setting: PlanSetting
    ) -> pd.DataFrame:
        """Plan at one origin, as `foresail.capacity_plan` would."""
        known = history.set_index("timestamp")["value"].rename(str(history["series"].iloc[0]))
        step = pd.Timedelta(pd.Series(known.index).diff().mode()[0])
        path = quantile_path(known, origin, pd.Timedelta(horizon), self.quantiles, step, self.place)
        columns = [f"q{level:g}" for level in sorted(self.quantiles)]
        times = pd.date_range(origin, periods=len(path), freq=step)
        return capacity_plan(
            pd.DataFrame(path, columns=columns).assign(series="tier", timestamp=times),
            1.0,
            utilization=setting.utilization,
            minimum=self.minimum,
            maximum=self.maximum,
            lead=self.lead,
            quantile=setting.quantile,
        )

    def floors(
        self, case: Case, steps: Sequence[int], horizon: timedelta, settings: Sequence[PlanSetting]
    ) -> Floats:
        """Plan all origins from one set of forecasts: what `__call__` gives, without its frames."""
        paths = case.foresee(steps, horizon, self.quantiles, self.place)
        levels = np.array(sorted(self.quantiles))
        made: dict[tuple[float, float], Floats] = {}
        for setting in settings:
            key = setting.quantile, setting.utilization
            if key not in made:
                demand = at_level(paths, levels, setting.quantile)
                made[key] = self.floor(demand / setting.utilization, case.period)
        return np.stack([made[setting.quantile, setting.utilization] for setting in settings])

    def floor(self, busy: Floats, period: pd.Timedelta) -> Floats:
        """Units from `lead` before each period until its end, the most in each period."""
        most = np.inf if self.maximum is None else float(self.maximum)
        units = np.clip(np.ceil(busy - _ROUNDING), self.minimum, most)
        floor = units.copy()
        for later in range(1, min(-(-self.lead // period), units.shape[1] - 1) + 1):
            np.maximum(floor[:, :-later], units[:, later:], out=floor[:, :-later])
        return floor


def at_level(paths: Floats, levels: Floats, level: float) -> Floats:
    """Forecast at a level, between two of `levels` (the last axis) by linear interpolation.

    Raises
    ------
    InputError
        When the level is outside what was forecast.
    """
    if not levels[0] - _ROUNDING <= level <= levels[-1] + _ROUNDING:
        raise InputError(
            f"quantile {level:g} is outside the forecast's {levels[0]:g} to {levels[-1]:g}",
            cure=f"forecast it, too: quantiles=(..., {level:g})",
        )
    if len(levels) == 1:
        return paths[..., 0]
    right = min(max(int(np.searchsorted(levels, level)), 1), len(levels) - 1)
    low, high = paths[..., right - 1], paths[..., right]
    share = np.clip((level - levels[right - 1]) / (levels[right] - levels[right - 1]), 0.0, 1.0)
    return np.asarray(low + share * (high - low))
