"""Play policies on cases: all settings of all policies on many series in one simulation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from foresail.replay.case import Case
from foresail.replay.fleet import Run, simulate
from foresail.replay.policies import Drive, Policy
from foresail.replay.settings import OUT_AFTER, Fleet, Floats, steps_of

AT_ONCE = 512  # scenarios of one simulation, to bound memory


@dataclass(frozen=True)
class Played:
    """One policy at one setting on one series: `run` has the shape (scored steps, 1)."""

    case: Case
    policy: Policy
    setting: Any
    drive: Drive
    run: Run


@dataclass(frozen=True, slots=True)
class _Scenario:
    case: Case
    policy: Any
    setting: Any
    drive: Drive

    @property
    def start(self) -> float:
        """Units in service at first: enough for the last demand known, or the floor."""
        last = self.case.known(self.case.start).iloc[-1:]
        target = float(np.ravel(self.drive.target)[0])
        wanted = target if np.isfinite(target) else self.case.rules.slo
        busy = 0.0 if self.drive.follow or last.empty else float(last.iloc[0])
        return max(float(np.ceil(busy / wanted - 1e-9)), float(self.drive.floor[0]))


def play(
    of: Iterable[Case],
    policies: Sequence[Policy],
    fleet: Fleet,
    progress: Callable[[int], object] = lambda _: None,
) -> Iterator[Played]:
    """Play every setting of every policy on every case.

    Parameters
    ----------
    of
        Series.
    policies
        To compare.
    fleet
        Rules that no policy sets: saturation, warm-up, warm pool, cooldown, step policies. Boot,
        bounds and alarm times come from the case.
    progress
        Told how many more series are done.
    """
    waiting: list[_Scenario] = []
    for case in of:
        mine = list(_scenarios(case, policies))
        if waiting and (len(waiting) + len(mine) > AT_ONCE or not _alike(waiting[0].case, case)):
            yield from _simulated(waiting, fleet)
            waiting = []
        waiting += mine
        progress(1)
    if waiting:
        yield from _simulated(waiting, fleet)


def _scenarios(case: Case, policies: Sequence[Policy]) -> Iterator[_Scenario]:
    for policy in policies:
        for setting, drive in zip(policy.settings, policy.drives(case), strict=True):
            yield _Scenario(case, policy, setting, drive)


def _alike(one: Case, other: Case) -> bool:
    """Tell whether two cases fit into one simulation."""
    return (
        len(one.scored) == len(other.scored)
        and one.period == other.period
        and one.rules == other.rules
    )


def _simulated(scenarios: list[_Scenario], fleet: Fleet) -> Iterator[Played]:
    run = _run(scenarios, fleet)
    for at, s in enumerate(scenarios):
        mine = run.columns(slice(at, at + 1))
        if s.drive.instant:
            mine = at_once(s.case.scored[:, None], s.drive.floor[:, None])
        yield Played(s.case, s.policy, s.setting, s.drive, mine)


def run_drives(case: Case, drives: Sequence[Drive], fleet: Fleet) -> Run:
    """Simulate drives side by side on one case; shape (scored steps, drives)."""
    return _run([_Scenario(case, None, None, drive) for drive in drives], fleet)


def _run(scenarios: list[_Scenario], fleet: Fleet) -> Run:
    case = scenarios[0].case
    rules, period = case.rules, case.period.to_pytimedelta()
    demand = np.stack([s.case.scored for s in scenarios], axis=1)
    floors = np.stack([s.drive.floor for s in scenarios], axis=1)
    set_up = replace(
        fleet,
        boot=steps_of(rules.boot, period),
        minimum=float(rules.minimum),
        maximum=rules.most,
        target=_by_step([s.drive.target for s in scenarios], len(demand)),
        follow=np.array([s.drive.follow for s in scenarios]),
        out_after=steps_of(OUT_AFTER, period),
        in_after=_by_step([_waits(s.drive, period) for s in scenarios], len(demand)),
    )
    return simulate(demand, floors, set_up, start=np.array([s.start for s in scenarios]))


def _waits(drive: Drive, period: timedelta) -> float | Floats:
    after = drive.in_after
    return float(steps_of(after, period)) if isinstance(after, timedelta) else after


def _by_step(values: Sequence[float | Floats], steps: int) -> Floats:
    """One value a scenario; one for each step, too, where any changes."""
    if all(np.ndim(value) == 0 for value in values):
        return np.array(values, dtype=np.float64)
    return np.stack([np.broadcast_to(value, steps) for value in values], axis=1)


def at_once(demand: Floats, units: Floats) -> Run:
    """Run with units there as soon as they are wanted."""
    none = np.zeros(units.shape)
    lost = np.maximum(np.nan_to_num(demand) - units, 0.0)
    return Run(demand, units, none, units, lost, none)
