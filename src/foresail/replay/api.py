"""The public replay: demand and policies in, scores in the project's measures out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.replay.case import Rules, cases
from foresail.replay.measures import measure, oracle, under_capacity
from foresail.replay.play import Played, play
from foresail.replay.policies import Policy, default_policies
from foresail.replay.settings import Fleet
from foresail.units import parse_duration

DEFAULT_RULES = Rules()


def replay(
    demand: pd.DataFrame,
    policies: Sequence[Policy] | None = None,
    *,
    unit_capacity: float | Mapping[str, float] | None = None,
    slo: float = 0.8,
    boot: str | timedelta = "10min",
    warmup_days: float = 8,
    replan: str | timedelta = "6h",
    minimum: int = 1,
    maximum: int | None = None,
    fleet: Fleet | None = None,
    progress: Callable[[int], object] = lambda _: None,
) -> pd.DataFrame:
    """Replay policies on past demand, and score them.

    Parameters
    ----------
    demand
        Columns series, timestamp (tz-aware, start of the period), value; any regular period of an
        hour or less is sensible; gaps are absent rows, and are not scored.
    policies
        To compare; all of `foresail.replay.policies.default_policies` when None.
    unit_capacity
        Demand that one unit serves at 100 %, one for all or by series. When None, each series is
        scaled so that its 99.5th percentile keeps 20 units busy.
    slo
        Utilisation that should not be exceeded.
    boot
        From launch to in service.
    warmup_days
        History before the first scored step.
    replan
        Time between two plans.
    minimum, maximum
        Bounds of the group, in units.
    fleet
        Further rules: saturation, warm-up, warm pool, cooldown, step policies.
    progress
        Told how many more series are done.

    Returns
    -------
    DataFrame
        One row per series, policy and setting: under_capacity (share of time above the SLO),
        unserved (share of demand above it), lost (share never served), unit_hours, oracle_hours,
        cost_ratio, units_started.

    Raises
    ------
    InputError
        When a series or a rule cannot be used; says which and the cure.
    """
    rules = Rules(
        slo,
        parse_duration(boot),
        minimum,
        maximum,
        timedelta(days=warmup_days),
        parse_duration(replan),
    )
    played = _played(demand, policies, rules, unit_capacity, fleet, progress)
    return pd.DataFrame([_score(one) for one in played])


def replay_runs(
    demand: pd.DataFrame,
    policies: Sequence[Policy] | None = None,
    rules: Rules = DEFAULT_RULES,
    *,
    unit_capacity: float | Mapping[str, float] | None = None,
    fleet: Fleet | None = None,
) -> pd.DataFrame:
    """Replay policies under given rules, and give what was in service over time.

    Returns
    -------
    DataFrame
        series, policy, setting, timestamp, demand (in the unit of the series), floor, in_service,
        launching, desired (units), limit (demand up to which the SLO holds), under_capacity (bool).

    Raises
    ------
    InputError
        As `replay`.
    """
    played = _played(demand, policies, rules, unit_capacity, fleet)
    return pd.concat([timeline(one) for one in played], ignore_index=True)


def _played(
    demand: pd.DataFrame,
    policies: Sequence[Policy] | None,
    rules: Rules,
    unit_capacity: float | Mapping[str, float] | None,
    fleet: Fleet | None,
    progress: Callable[[int], object] = lambda _: None,
) -> Iterator[Played]:
    of = cases(demand, rules, unit_capacity)
    return play(of, _policies(policies, rules), fleet or Fleet(), progress)


def timeline(one: Played) -> pd.DataFrame:
    """Lay one played policy out over time; columns as in `replay_runs`."""
    case, run = one.case, one.run
    in_service = run.in_service[:, 0]
    return pd.DataFrame(
        {
            "series": case.series,
            "policy": one.policy.name,
            "setting": label(one.setting),
            "timestamp": case.times[case.start :],
            "demand": case.scored * case.scale,
            "floor": one.drive.floor,
            "in_service": in_service,
            "launching": run.launching[:, 0],
            "desired": run.desired[:, 0],
            "limit": in_service * case.rules.slo * case.scale,
            "under_capacity": under_capacity(run.offered[:, 0], in_service, case.rules.slo)
            & np.isfinite(case.scored),
        }
    )


def label(setting: object) -> str:
    """Write a setting as tables show it."""
    return f"{setting:g}" if isinstance(setting, float) else str(setting)


def _score(one: Played) -> dict[str, object]:
    case, rules = one.case, one.case.rules
    hours = case.period / pd.Timedelta(hours=1)
    told = measure(one.run, case.scored[:, None], hours, rules.slo).iloc[0]
    best = oracle(case.scored, rules.slo, minimum=rules.minimum, maximum=rules.most)
    least = float(best.sum()) * hours
    scores = {str(name): float(value) for name, value in told.items()}
    started = scores.pop("units_started")
    return {
        "series": case.series,
        "policy": one.policy.name,
        "setting": label(one.setting),
        **scores,
        "oracle_hours": least,
        "cost_ratio": scores["unit_hours"] / least,
        "units_started": started,
    }


def _policies(policies: Sequence[Policy] | None, rules: Rules) -> Sequence[Policy]:
    chosen = default_policies(rules) if policies is None else policies
    names = [policy.name for policy in chosen]
    if not names or len(set(names)) < len(names):
        raise InputError(
            f"policies are named {', '.join(names) or 'not at all'}",
            cure="pass at least one policy, each with a name of its own",
        )
    return chosen
