"""foresail's policy: a promised limit, kept by settings that are chosen anew each day.

Floors of the planner at several quantiles, or none, each with target tracking at several targets
and several degrees of patience before it scales in, are simulated side by side on what is past.
Each day the cheapest that would have kept the promise so far is run for the next day
(`foresail.replay.risk.for_limit`). Nothing of a day is known before it: a promise can fail, and
the replay shows by how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product

import numpy as np

from foresail.forecast.verdicts import LEAST_HISTORY
from foresail.replay.case import PLANNING, Case, Rules
from foresail.replay.fleet import Run
from foresail.replay.in_force import in_force
from foresail.replay.measures import under_capacity
from foresail.replay.planner_default import Planner, PlanSetting, QuantilePlanner
from foresail.replay.play import run_drives
from foresail.replay.policies import Drive, Planned
from foresail.replay.risk import Choice, Record, for_limit
from foresail.replay.settings import IN_AFTER, Fleet, Floats, steps_of

LIMITS = (0.05, 0.02, 0.01, 0.005, 0.001)
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)
FORECAST = (0.05, 0.1, 0.25, *QUANTILES)  # plans cover the upper ones; reports show the lower
MARGINS = (0.75, 0.5)  # shares of the SLO to plan the last quantile for: bursts beyond it
TARGETS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8)
PATIENCE = (IN_AFTER, timedelta(minutes=30), timedelta(hours=1), timedelta(hours=3))
_ROUNDING = 1e-9
DAY = timedelta(days=1)
LEARN = timedelta(days=3)  # of history before the first plan that is tried
PEAK = "peak"  # instead of a quantile: the highest demand of the last week
PEAKS = (0.5, 0.75, 1.0, 1.5, 2.0)  # shares of it to cover
WEEK = timedelta(days=7)
Floor = tuple[float | str | None, float]  # quantile, PEAK or None (the minimum); share


@dataclass(frozen=True, slots=True)
class Hybrid:
    """A floor from a quantile (None: the minimum), and the policy beside it (NaN: none).

    The floor is planned for a `share` of the SLO's utilisation; with `PEAK` for a quantile it
    covers a share of the last week's highest demand: bursts that no hour of the day foretells.
    """

    quantile: float | str | None
    target: float
    patience: timedelta
    share: float = 1.0

    def __str__(self) -> str:
        floor = "no floor" if self.quantile is None else f"q{self.quantile}"
        floor += f" at {self.share:.0%} of the SLO" if self.share < 1 else ""
        if self.quantile == PEAK:
            floor = f"{self.share:.0%} of the week's peak"
        if np.isnan(self.target):
            return floor
        minutes = self.patience // timedelta(minutes=1)
        return f"{floor}, target {self.target:g}, in after {minutes} min"


def hybrids(
    quantiles: Sequence[float] = QUANTILES,
    targets: Sequence[float] = TARGETS,
    patience: Sequence[timedelta] = PATIENCE,
) -> tuple[Hybrid, ...]:
    """List every combination, those without a floor first, those with margins last."""
    plain: list[Floor] = [(quantile, 1.0) for quantile in (None, *quantiles)]
    plain += [(PEAK, share) for share in PEAKS]
    wide: list[Floor] = [(quantiles[-1], share) for share in MARGINS] if quantiles else []
    return tuple(
        Hybrid(quantile, target, wait, share)
        for (quantile, share), target, wait in product([*plain, *wide], targets, patience)
    )


@dataclass(frozen=True)
class PlannedFloors:
    """Floors of a planner at each quantile, from shortly after the beginning of a series.

    The last series' floors are kept: all of foresail's policies plan alike.

    Parameters
    ----------
    planner
        Makes floors for a `PlanSetting`.
    quantiles
        To cover.
    """

    planner: Planner
    quantiles: Sequence[float] = QUANTILES
    _kept: list[tuple[Case, dict[Floor, Floats]]] = field(
        default_factory=list, repr=False, compare=False
    )

    def early(self, case: Case) -> Case:
        """Count the same series from where the first plan is tried, with enough known before."""
        known = np.flatnonzero(np.isfinite(case.history))
        least = steps_of(LEAST_HISTORY, _period(case)) - 1
        enough = known[known >= known[0] + least] if len(known) else known
        first = int(enough[0]) + 1 if len(enough) else case.start
        return replace(case, start=min(max(steps_of(LEARN, _period(case)), first), case.start))

    def of(self, case: Case) -> dict[Floor, Floats]:
        """Floors by quantile (None: the minimum) and share, over the scored steps of `early`."""
        if not self._kept or self._kept[0][0] is not case:
            self._kept[:] = [(case, self._planned(self.early(case)))]
        return self._kept[0][1]

    def _planned(self, early: Case) -> dict[Floor, Floats]:
        wanted: list[tuple[float, float]] = [(quantile, 1.0) for quantile in self.quantiles]
        wanted += [(self.quantiles[-1], share) for share in MARGINS]
        settings = tuple(PlanSetting(q, share * early.rules.slo) for q, share in wanted)
        drives = Planned(self.planner, settings).drives(early)
        none = np.full(len(early.scored), float(early.rules.minimum))
        floors: dict[Floor, Floats] = {(None, 1.0): none}
        floors |= {(PEAK, share): _of_peak(early, share) for share in PEAKS}
        for key, drive in zip(wanted, drives, strict=True):
            floors[key] = drive.floor
        return floors


def _of_peak(case: Case, share: float) -> Floats:
    """Floor that covers a share of the last week's peak, anew at each origin."""
    units = np.array([[peak_units(case, step, share)] for step in case.origins], dtype=np.float64)
    reach = steps_of(case.rules.replan, _period(case)) + steps_of(PLANNING, _period(case))
    return in_force(case, case.origins, np.repeat(units, reach, axis=1))


def peak_units(case: Case, step: int, share: float) -> int:
    """Units for a share of the highest demand of the week before a step."""
    week = case.demand[max(step - steps_of(WEEK, _period(case)), 0) : step]
    busy = float(np.nanmax(np.nan_to_num(week), initial=0.0)) * share
    wanted = np.ceil(busy / case.rules.slo - _ROUNDING)
    return int(np.clip(wanted, case.rules.minimum, case.rules.most))


@dataclass(frozen=True, slots=True)
class FloorsAndTracking:
    """Planned floors with target tracking beside them: each setting played throughout.

    Parameters
    ----------
    floors
        By quantile.
    settings
        Combinations of quantile, target and patience; without a target, capacity follows the floor.
    """

    floors: PlannedFloors
    settings: Sequence[Hybrid] = field(default_factory=hybrids)
    name: str = "foresail-hybrid"
    knob: str = "quantile, target, patience"

    def drives(self, case: Case) -> list[Drive]:
        """Cut each setting's drive to the scored steps."""
        before = case.start - self.floors.early(case).start
        return [replace(drive, floor=drive.floor[before:]) for drive in self.early_drives(case)]

    def early_drives(self, case: Case) -> list[Drive]:
        """Each setting from where the first plan is tried."""
        floors = self.floors.of(case)
        return [
            Drive(
                floors[s.quantile, s.share], s.target, s.patience, follow=bool(np.isnan(s.target))
            )
            for s in self.settings
        ]


@dataclass(frozen=True, slots=True)
class Promised:
    """Keep a promised share of time under capacity, with settings chosen on the past only.

    Parameters
    ----------
    candidates
        What may be run.
    settings
        Promised limits.
    fleet
        Rules that no policy sets.
    """

    candidates: FloorsAndTracking
    settings: Sequence[float] = LIMITS
    fleet: Fleet = field(default_factory=Fleet)
    name: str = "foresail"
    knob: str = "promised share of time under capacity"

    def drives(self, case: Case) -> list[Drive]:
        """Choose each day from what was known before it."""
        trial = Trial.of(case, self.candidates, self.fleet)
        return [trial.drive(limit) for limit in self.settings]


@dataclass(frozen=True)
class Trial:
    """Every candidate simulated on a case from shortly after its beginning.

    Parameters
    ----------
    case
        Where the choice counts from.
    settings, drives
        The candidates.
    late, unserved, unit_hours
        Shape (steps, candidates): under capacity; demand above the SLO, and units, in unit-hours.
    before
        Steps of the simulation before the case's first scored one.
    """

    case: Case
    settings: tuple[Hybrid, ...]
    drives: tuple[Drive, ...]
    late: Floats
    unserved: Floats
    unit_hours: Floats
    before: int

    @classmethod
    def of(cls, case: Case, candidates: FloorsAndTracking, fleet: Fleet) -> Trial:
        """Simulate all candidates."""
        early = candidates.floors.early(case)
        drives = tuple(candidates.early_drives(case))
        late, unserved, hours = _outcomes(early, run_drives(early, drives, fleet))
        settings = tuple(candidates.settings)
        return cls(case, settings, drives, late, unserved, hours, case.start - early.start)

    def record(self, step: int) -> Record:
        """Whole days before a step of the case's scored ones."""
        per_day = steps_of(DAY, _period(self.case))
        end = self.before + step
        days = end // per_day
        some = slice(end - days * per_day, end)

        def by_day(values: Floats) -> Floats:
            return values[some].reshape(days, per_day, values.shape[1])

        return Record(
            by_day(self.late).mean(axis=1),
            by_day(self.unserved).sum(axis=1),
            by_day(self.unit_hours).sum(axis=1),
            self.settings,
        )

    def choices(self, limit: float) -> list[tuple[int, Choice]]:
        """First step and choice of each day of the case."""
        per_day = steps_of(DAY, _period(self.case))
        return [
            (step, self._choice(self.before + step, limit))
            for step in range(0, len(self.case.scored), per_day)
        ]

    def _choice(self, end: int, limit: float) -> Choice:
        """Choose on the whole days before a step; the most cautious where there is none."""
        if end < steps_of(DAY, _period(self.case)):
            last = len(self.settings) - 1
            why = "no past day to choose on: the most cautious"
            return Choice(last, self.settings[last], float("nan"), float("nan"), False, why)
        return for_limit(self.record(end - self.before), limit)

    def drive(self, limit: float) -> Drive:
        """Run each day's choice on the fleet."""
        period = _period(self.case)
        count = len(self.case.scored)
        floor, target, patience = np.empty(count), np.empty(count), np.empty(count)
        made = self.choices(limit)
        ends = [step for step, _ in made[1:]] + [count]
        for (step, choice), end in zip(made, ends, strict=True):
            drive, setting = self.drives[choice.index], self.settings[choice.index]
            floor[step:end] = drive.floor[self.before + step : self.before + end]
            target[step:end] = setting.target
            patience[step:end] = steps_of(setting.patience, period)
        return Drive(floor, target, patience)


def _outcomes(case: Case, run: Run) -> tuple[Floats, Floats, Floats]:
    """Lateness, unit-hours short and unit-hours had, by step; unknown demand is no lateness."""
    hours = _period(case) / timedelta(hours=1)
    known = np.isfinite(case.scored)[:, None]
    late = under_capacity(run.offered, run.in_service, case.rules.slo) & known
    short = np.nan_to_num(run.offered) / case.rules.slo - run.in_service
    had = (run.in_service + run.launching) * hours
    missing: Floats = np.maximum(np.where(known, short, 0.0), 0.0) * hours
    return late.astype(np.float64), missing, had


def _period(case: Case) -> timedelta:
    return case.period.to_pytimedelta()


def planner_of(rules: Rules) -> QuantilePlanner:
    """Plan for a service as its rules say."""
    return QuantilePlanner(rules.boot, rules.minimum, rules.maximum, FORECAST, rules.place)


def foresail_policies(rules: Rules) -> list[FloorsAndTracking | Promised]:
    """List foresail's own policies: floors alone, every setting of the hybrid, and the promise."""
    planner = planner_of(rules)
    floors = PlannedFloors(planner)
    alone = tuple(Hybrid(quantile, float("nan"), IN_AFTER) for quantile in QUANTILES)
    every = FloorsAndTracking(floors)
    return [
        FloorsAndTracking(floors, alone, "foresail-schedule", "quantile"),
        every,
        Promised(every),
    ]
