"""The policies of a backtest by name, and which of them is ours."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from foresail.backtest.job import ORACLE
from foresail.errors import InputError
from foresail.replay.case import Case, Rules
from foresail.replay.planner_default import Planner, PlanSetting
from foresail.replay.policies import Drive, LeastPossible, Planned, Policy, default_policies
from foresail.replay.promised import (
    FloorsAndTracking,
    Hybrid,
    Promised,
    Trial,
)
from foresail.replay.risk import for_limit
from foresail.replay.settings import Fleet

OURS = ("foresail", "foresail-hybrid", "foresail-schedule")  # the first that is there speaks


def roster(rules: Rules, names: Sequence[str] = (), fleet: Fleet | None = None) -> list[Policy]:
    """Give the policies of those names, all when there are none; the oracle always.

    `fleet` is what they are tried on, where they try settings on past days.

    Raises
    ------
    InputError
        When a name is unknown; says which is near.
    """
    known = _all(rules, fleet or Fleet())
    wanted = [_key(name) for name in names if name.strip()] or list(known)
    for name in wanted:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}? Known" if close else "known"
            raise InputError(f"no policy is named {name!r}", cure=f"{hint}: {', '.join(known)}")
    return [policy for name, policy in known.items() if name in {*wanted, ORACLE}]


def names() -> list[str]:
    """List the names that `roster` knows."""
    return list(_all(Rules(), Fleet()))


def ours_of(policies: Sequence[Policy]) -> str:
    """Name the policy that the others are compared with."""
    names = [policy.name for policy in policies]
    return next((name for name in OURS if name in names), names[0])


def _key(name: str) -> str:
    return name.strip().lower().replace(" ", "-")


def _all(rules: Rules, fleet: Fleet) -> dict[str, Policy]:
    policies: list[Policy] = [
        Daily(replace(policy, fleet=fleet)) if isinstance(policy, Promised) else policy
        for policy in default_policies(rules)
        if not isinstance(policy, LeastPossible)
    ]
    return {_key(policy.name): policy for policy in policies}


@dataclass
class Daily:
    """The promised policy, which remembers what it tried: its next setting is known at the end."""

    promised: Promised
    trial: Trial | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """As tables call it."""
        return self.promised.name

    @property
    def knob(self) -> str:
        """What its settings vary: promised limits."""
        return self.promised.knob

    @property
    def settings(self) -> Sequence[float]:
        """Promised shares of time under capacity."""
        return self.promised.settings

    def drives(self, case: Case) -> list[Drive]:
        """Choose each day from what was known before it."""
        self.trial = Trial.of(case, self.promised.candidates, self.promised.fleet)
        return [self.trial.drive(limit) for limit in self.settings]


def promises_of(policy: Policy) -> list[float]:
    """Limits that a policy's own settings promise; none where its knob is another."""
    return list(policy.settings) if isinstance(policy, Daily) else []


@dataclass(frozen=True, slots=True)
class Next:
    """What a policy would run next: a planner and its setting; None where it makes no plans.

    ``of_peak`` is the share of the last week's peak that a floor without a forecast covers.
    """

    planner: Planner
    setting: PlanSetting | None
    about: str
    of_peak: float | None = None


def next_of(policy: Policy, setting: Any, rules: Rules) -> Next | None:
    """Tell what a policy would plan after the end of what was replayed."""
    if isinstance(policy, Planned):
        return Next(policy.planner, setting, f"setting {setting}")
    if isinstance(policy, FloorsAndTracking):
        return _hybrid(policy, setting, rules)
    if isinstance(policy, Daily) and policy.trial is not None:
        trial = policy.trial
        choice = for_limit(trial.record(len(trial.case.scored)), setting)
        return _hybrid(policy.promised.candidates, choice.setting, rules)
    return None


def _hybrid(candidates: FloorsAndTracking, hybrid: Hybrid, rules: Rules) -> Next:
    about = f"setting {hybrid}"
    planner = candidates.floors.planner
    if isinstance(hybrid.quantile, str):
        return Next(planner, None, about, hybrid.share)
    if hybrid.quantile is None:
        return Next(planner, None, about)
    return Next(planner, PlanSetting(hybrid.quantile, hybrid.share * rules.slo), about)
