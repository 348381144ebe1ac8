"""Compare the strategies for a tier on its own past, and with what AWS's own policies forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresail.config import DemandConfig
from foresail.discovery.boots import GROUP
from foresail.discovery.plan_forecasts import plan_forecast
from foresail.discovery.scaling_plans import scaling_plan
from foresail.errors import AwsError
from foresail.pipeline.lead import with_lead
from foresail.pipeline.pulling import pull_demand
from foresail.pipeline.tiers import Tier, capacities, combined_name, open_tier, series_name
from foresail.places import aws_of
from foresail.policies.adopt import Followed, followed, lines
from foresail.policies.choose import LONGEST_BUFFER, Comparison, Duel, Outcome, compare, duel
from foresail.policies.items import ScalingPolicy
from foresail.replay.case import Rules
from foresail.targets.base import LiveTarget, TakesSettings, Target

if TYPE_CHECKING:
    from foresail.aws import Aws

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Strategy:
    """What serves a tier best.

    Parameters
    ----------
    tier
        ``service/tier``.
    comparison
        Every strategy, the best first.
    adopt
        Keys of the tier in foresail.yaml that adopt the best one.
    duels
        AWS's forecast against foresail's, by the name of the predictive policy or the scaling plan
        that made it; the reason where AWS's forecast cannot be had or tells of no hour that has
        passed.
    """

    tier: str
    comparison: Comparison
    adopt: dict[str, Any]
    duels: dict[str, Duel | str]


def strategy_of(
    tier: Tier,
    aws: Aws,
    now: datetime,
    *,
    slo: float,
    limit: float,
    aws_plan: str | None = None,
    progress: Progress = lambda _: None,
) -> Strategy:
    """Compare the strategies for a tier; reads only.

    Parameters
    ----------
    slo
        Utilisation that should not be exceeded.
    limit
        Share of time that it may be.
    aws_plan
        Name of a scaling plan of AWS Auto Scaling; its forecast is compared for its groups.

    Raises
    ------
    AwsError
        There is no such scaling plan.
    InputError
        With less than five days of history.
    """
    target = open_tier(tier, aws)
    live = target.read(tier.tier.target.name)
    tier, _ = with_lead(tier, aws)
    units = _signals(tier, pull_demand(tier, aws, now, progress))
    most = max(min(tier.tier.max, live.max_size), tier.tier.min)
    rules = Rules(slo, tier.tier.lead_time, tier.tier.min, most)
    compared = compare(units, rules, limit, progress)
    best = compared.outcomes[0]
    adopt = lines(best, _ready(tier, best))
    duels = _duels(tier, target, live, units, rules, now)
    if aws_plan is not None and live.type_name == GROUP:
        duels |= _plan_duel(tier, aws, aws_plan, units, rules, now)
    return Strategy(tier.name, compared, adopt, duels)


def _signals(tier: Tier, demand: pd.DataFrame) -> pd.DataFrame:
    """Demand of each signal, in units at 100 %; what is learned of several is no metric of AWS."""
    own = demand[demand["series"] != combined_name(tier)]
    return own.assign(value=own["value"] / own["series"].map(capacities(tier)))


def _ready(tier: Tier, best: Outcome) -> Followed | None:
    """Tell what AWS can follow of the outcome's signal, else of the first that it can follow."""
    found = {}
    for number, demand in enumerate(tier.tier.demand):
        name = series_name(tier, number)
        if isinstance(demand, DemandConfig):
            found[name] = followed(demand.metric, capacities(tier)[name])
    known = [one for one in found.values() if one is not None]
    return found.get(best.signal) or (known[0] if known else None)


def _duels(
    tier: Tier,
    target: Target,
    live: LiveTarget,
    units: pd.DataFrame,
    rules: Rules,
    now: datetime,
) -> dict[str, Duel | str]:
    """Hold each predictive policy's past forecast against foresail's for the same hours."""
    if not isinstance(target, TakesSettings):
        return {}
    played: dict[str, Duel | str] = {}
    for policy in live.settings:
        if isinstance(policy, ScalingPolicy) and policy.policy_type == "PredictiveScaling":
            try:
                told = target.settings.forecast(
                    live.name, policy.name, now - tier.config.history, now
                )
            except AwsError as error:  # the comparison of strategies stands without it
                played[policy.name] = error.message
                continue
            played[policy.name] = _duel(tier, _buffer(policy), units, rules, told)
    return played


def _plan_duel(
    tier: Tier, aws: Aws, name: str, units: pd.DataFrame, rules: Rules, now: datetime
) -> dict[str, Duel | str]:
    """Hold a scaling plan's past forecast for a group against foresail's for the same hours."""
    aws = aws_of(aws, tier.service)
    plan, group = scaling_plan(aws, name), tier.tier.target.name
    try:
        told = plan_forecast(aws, plan, group, now - tier.config.history, now)
    except AwsError as error:  # the comparison of strategies stands without it
        return {name: error.message}
    if told is None:
        return {name: f"this scaling plan does not forecast {group}"}
    return {name: _duel(tier, told.buffer, units, rules, told.capacity)}


def _duel(
    tier: Tier, buffer: timedelta, units: pd.DataFrame, rules: Rules, told: pd.Series
) -> Duel | str:
    made = duel(
        units,
        rules,
        told,
        quantile=tier.tier.quantile,
        target=tier.tier.utilization,
        buffer=min(buffer, LONGEST_BUFFER),
    )
    return made or "AWS has forecast no hour that has passed since the replay begins"


def _buffer(policy: ScalingPolicy) -> timedelta:
    body = next(value for key, value in policy.settings.items() if key.endswith("Configuration"))
    return timedelta(seconds=int(body["SchedulingBufferTime"]))
