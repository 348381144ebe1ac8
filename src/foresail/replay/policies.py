"""Scaling policies to compare: each turns a series into floors and reactive rules, per setting.

A policy at a step knows only what was measured before it; `Case.known` gives no more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import numpy as np
import pandas as pd

from foresail.replay.case import Case, Rules
from foresail.replay.forecasters import HOUR, Forecaster, mstl
from foresail.replay.in_force import in_force, on_grid
from foresail.replay.measures import LIMITS, oracle
from foresail.replay.planner_default import ManyPlanner, Planner
from foresail.replay.settings import IN_AFTER, Floats, steps_of

TARGETS = (0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Drive:
    """What acts on a fleet over the scored steps of a series.

    Parameters
    ----------
    floor
        MinSize of each scored step.
    target
        Utilisation that target tracking keeps, throughout or in each scored step; NaN for none.
    in_after
        How long it waits before it scales in, throughout or (in steps) in each scored step.
    follow
        Whether desired capacity falls with the floor where no policy would scale in.
    instant
        Whether units are there without a boot: for the oracle only.
    """

    floor: Floats
    target: float | Floats = np.nan
    in_after: timedelta | Floats = IN_AFTER
    follow: bool = False
    instant: bool = False


class Policy(Protocol):
    """A policy with one knob; dataclasses with these fields will do."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    @property
    def knob(self) -> str:
        """What its settings vary."""
        ...

    @property
    def settings(self) -> Sequence[Any]:
        """Values of the knob; ``str`` must tell them apart."""
        ...

    def drives(self, case: Case) -> list[Drive]:
        """Work out what acts on the fleet, one for each setting."""
        ...


@dataclass(frozen=True, slots=True)
class Static:
    """A fixed size: the highest demand of the history, at the SLO, times a factor."""

    settings: Sequence[float] = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.25, 1.5, 2.0)
    name: str = "static"
    knob: str = "share of the historic maximum"

    def drives(self, case: Case) -> list[Drive]:
        """Hold one size throughout."""
        peak = float(np.nanmax(case.history, initial=0.0))
        sizes = [_units(peak * share, case.rules.slo) for share in self.settings]
        return [Drive(_flat(case, float(size)), follow=True) for size in sizes]


@dataclass(frozen=True, slots=True)
class Reactive:
    """Target tracking alone."""

    settings: Sequence[float] = TARGETS
    name: str = "reactive"
    knob: str = "target utilisation"

    def drives(self, case: Case) -> list[Drive]:
        """Keep a target above the group's minimum."""
        return [Drive(_flat(case, case.rules.minimum), target) for target in self.settings]


@dataclass(frozen=True, slots=True)
class AwsPredictive:
    """AWS predictive scaling's published rules on any forecaster, beside target tracking.

    Hourly, learns from the last 14 days, forecasts 48 h anew every 6 h, launches `buffer` before
    the hour. It never scales in by itself; with target tracking the larger of both wishes holds,
    so the hour's capacity is a floor to it (EC2 Auto Scaling user guide, "How predictive scaling
    works": each policy determines capacity independently, the maximum is taken).
    """

    forecaster: Forecaster = mstl
    settings: Sequence[float] = TARGETS
    name: str = "aws-predictive"
    knob: str = "target utilisation"
    buffer: timedelta = timedelta(minutes=5)
    history: timedelta = timedelta(days=14)
    refresh: timedelta = timedelta(hours=6)
    tracking: bool = True

    def drives(self, case: Case) -> list[Drive]:
        """Forecast at each refresh; each hour's capacity holds from `buffer` before it."""
        load = self._load(case)
        drives = []
        for target in self.settings:
            floor = _units(load, target)
            if not self.tracking:
                floor = np.maximum.accumulate(floor)
            beside = target if self.tracking else np.nan
            drives.append(Drive(floor, beside, follow=not self.tracking))
        return drives

    def _load(self, case: Case) -> Floats:
        """Demand of the hour, or of the next one shortly before it, as last forecast."""
        every = steps_of(self.refresh, case.period)
        steps = list(range(case.start, len(case.demand), every))
        origins = [case.times[step] for step in steps]
        hours = int(-(-(self.refresh + self.buffer) // timedelta(hours=1))) + 1
        begins = [origin.floor("h") for origin in origins]
        known = [
            _last(case.known(step), origin, self.history)
            for step, origin in zip(steps, begins, strict=True)
        ]
        made = self.forecaster(known, begins, hours)
        load = np.zeros(len(case.demand))
        for step, origin, path in zip(steps, origins, made, strict=True):
            until = min(step + every, len(load))
            since = case.times[step:until] - origin.floor("h")
            now = np.asarray(since // HOUR, dtype=np.int64)
            soon = np.asarray((since + self.buffer) // HOUR, dtype=np.int64)
            load[step:until] = np.maximum(path[now], path[soon])
        return load[case.start :]


@dataclass(frozen=True, slots=True)
class HumanSetting:
    """How a person sizes an hour: which quantile of the past, at which utilisation."""

    quantile: float
    utilization: float

    def __str__(self) -> str:
        return f"q{self.quantile:g} at {self.utilization:g}"


@dataclass(frozen=True, slots=True)
class HumanSchedule:
    """A schedule by hour of day, for weekdays and weekends, written once; reactive beside it."""

    settings: Sequence[HumanSetting] = tuple(
        HumanSetting(q, u) for q in (0.9, 1.0) for u in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
    )
    target: float = 0.7
    name: str = "human schedule"
    knob: str = "quantile of the hour, utilisation"

    def drives(self, case: Case) -> list[Drive]:
        """Size each hour by what it was in the history, from a boot time before it.

        Hours and weekends are those of the service's zone, as scheduled actions with a time zone.
        """
        times = case.times.tz_convert(case.rules.place.timezone)
        slot = times.hour.to_numpy() + 24 * (times.day_of_week.to_numpy() >= 5)
        past = pd.Series(case.history).groupby(slot[: case.start])
        ahead = steps_of(case.rules.boot, case.period)
        drives = []
        for setting in self.settings:
            sizes = np.full(48, np.nan)
            told = past.quantile(setting.quantile)
            sizes[told.index.to_numpy()] = told.to_numpy()
            other = np.roll(sizes, 24)  # an hour never seen is like that of the other days
            sizes = np.nan_to_num(np.where(np.isnan(sizes), other, sizes))
            floor = _units(sizes[slot[case.start :]], setting.utilization)
            drives.append(Drive(_early(floor, ahead), self.target))
        return drives


@dataclass(frozen=True, slots=True)
class Planned:
    """Floors of a planner, run anew at each origin on what was known then.

    Parameters
    ----------
    planner
        Called as ``planner(history, origin, horizon, setting)``; where it has ``floors`` all
        origins of a series go there at once.
    settings
        Passed to the planner one by one.
    target, patience
        Of the reactive policy beside the floors, by setting: its target (NaN for none), and how
        long it waits before it scales in.
    horizon
        How far each plan reaches, at least twice the time to the next one.
    """

    planner: Planner
    settings: Sequence[Any]
    name: str = "foresail"
    knob: str = "planner's setting"
    target: Callable[[Any], float] = lambda _: float("nan")
    patience: Callable[[Any], timedelta] = lambda _: IN_AFTER
    horizon: timedelta = timedelta(hours=12)

    def drives(self, case: Case) -> list[Drive]:
        """Plan at each origin; a plan is in force from shortly after it until the next one."""
        steps = case.origins
        drives = []
        for setting, paths in zip(self.settings, self._paths(case, steps), strict=True):
            target = self.target(setting)
            floor = in_force(case, steps, paths)
            drives.append(Drive(floor, target, self.patience(setting), bool(np.isnan(target))))
        return drives

    def _paths(self, case: Case, steps: list[int]) -> Floats:
        """Floor of each step from each origin on; shape (settings, origins, steps)."""
        reach = max(self.horizon, 2 * case.rules.replan)
        if isinstance(self.planner, ManyPlanner):
            return self.planner.floors(case, steps, reach, self.settings)
        origins = [case.times[step] for step in steps]
        frames = [_frame(case, step) for step in steps]
        grids = [
            pd.date_range(one, one + reach, freq=case.period, inclusive="left") for one in origins
        ]
        return np.array(
            [
                [
                    on_grid(self.planner(frame, grid[0], reach, setting), grid, case.period)
                    for frame, grid in zip(frames, grids, strict=True)
                ]
                for setting in self.settings
            ]
        )


@dataclass(frozen=True, slots=True)
class Oracle:
    """The least units that keep the SLO, with demand known and no boot time."""

    settings: Sequence[str] = ("",)
    name: str = "oracle"
    knob: str = "none"

    def drives(self, case: Case) -> list[Drive]:
        """Have what is needed in each step."""
        rules = case.rules
        need = oracle(case.scored, rules.slo, minimum=rules.minimum, maximum=rules.most)
        return [Drive(need, instant=True)]


@dataclass(frozen=True, slots=True)
class LeastPossible:
    """The cheapest that any policy could be at a share of time under capacity.

    Demand is known and nothing boots: every period has what it needs, but the dearest ones, which
    are knowingly left at the minimum. No policy costs less at that share: it has the need in all
    other periods, and at least the minimum in these.
    """

    settings: Sequence[float] = LIMITS
    name: str = "least possible"
    knob: str = "share of time left short"

    def drives(self, case: Case) -> list[Drive]:
        """Leave the highest needs, and those beyond the maximum, at the minimum."""
        rules = case.rules
        need = oracle(case.scored, rules.slo, minimum=rules.minimum)
        dearest = np.argsort(-need, kind="stable")
        known = int(np.isfinite(case.scored).sum())
        out_of_reach = int((need > rules.most).sum())
        drives = []
        for share in self.settings:
            floor = need.copy()
            left = max(int(share * known + _ROUNDING), out_of_reach)
            floor[dearest[:left]] = rules.minimum
            drives.append(Drive(floor, instant=True))
        return drives


def peers() -> list[Policy]:
    """List the policies that do not need foresail."""
    return [Static(), Reactive(), AwsPredictive(), HumanSchedule()]


def default_policies(rules: Rules) -> list[Policy]:
    """List all policies: the peers, foresail's, and two bounds."""
    from foresail.replay.promised import foresail_policies  # stands on this module

    return [*peers(), *foresail_policies(rules), Oracle(), LeastPossible()]


def _frame(case: Case, step: int) -> pd.DataFrame:
    known = case.known(step)
    return pd.DataFrame(
        {"series": case.series, "timestamp": known.index, "value": known.to_numpy()}
    )


def _last(history: pd.Series, end: pd.Timestamp, span: timedelta) -> pd.Series:
    """Keep what was measured before `end`, and of that the last `span`."""
    before = history[history.index < end]
    kept = before[before.index > before.index[-1] - span]
    return pd.Series(kept)


def _units(demand: Floats | float, utilization: float) -> Floats:
    return np.ceil(np.asarray(demand, dtype=np.float64) / utilization - _ROUNDING)


def _flat(case: Case, size: float) -> Floats:
    return np.full(len(case.scored), float(size))


def _early(floor: Floats, steps: int) -> Floats:
    """Rise that many steps ahead."""
    early = floor.copy()
    for ahead in range(1, steps + 1):
        early[:-ahead] = np.maximum(early[:-ahead], floor[ahead:])
    return early
