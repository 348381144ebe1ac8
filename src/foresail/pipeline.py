"""The main job, step by step: pull -> demand -> forecast -> plan -> compile -> diff.

Each step takes what the one before it gave; `apply` is in `foresail.changes.apply`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from foresail.changes.changeset import name_actions
from foresail.changes.guardrails import Evidence, Limits, refusals
from foresail.changes.names import others, owned
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import Config, DemandConfig, MetricConfig, ServiceConfig, TierConfig
from foresail.demand.demand import demand_frame
from foresail.errors import InputError
from foresail.history.metrics import MetricQuery
from foresail.history.pull import last_closed, pull
from foresail.plan.capacity import capacity_steps, needed_capacity
from foresail.plan.compile import DUE_NOW, DesiredAction, compile_actions
from foresail.store.parquet import HistoryStore
from foresail.targets.base import LiveTarget, Target
from foresail.targets.registry import open_target, target_class
from foresail.units import format_duration

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.forecast.api import Forecast

QUANTILES = (0.1, 0.5, 0.9, 0.95)
RETURN_TO_FLOOR = 1  # action at the end of each schedule
ROOM_TO_REPLACE = 1  # action kept free, so that old and new can stand side by side
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier with what it inherits from its service and the whole configuration."""

    config: Config
    service: ServiceConfig
    tier: TierConfig

    @property
    def name(self) -> str:
        """``service/tier``."""
        return f"{self.service.name}/{self.tier.name}"

    @property
    def timezone(self) -> str:
        """IANA name of the tier's local time."""
        return self.tier.timezone or self.service.timezone


@dataclass(frozen=True, slots=True)
class Planned:
    """Every step's result for one tier, for the change set, the report and the plan file."""

    tier: Tier
    demand: pd.DataFrame
    forecast: Forecast
    steps: pd.DataFrame
    needed: pd.DataFrame
    plan: TierPlan


def tiers(config: Config, service: str | None = None) -> list[Tier]:
    """Tiers of a configuration, of one service when it is named.

    Raises
    ------
    InputError
        When no service has that name, or no module serves a target's type.
    """
    names = [s.name for s in config.services]
    if service is not None and service not in names:
        raise InputError(
            f"no service {service!r} in the configuration", cure=f"known: {', '.join(names)}"
        )
    chosen = [one for one in config.services if service in (None, one.name)]
    for one in chosen:
        for tier in one.tiers:
            # An unknown type or an impossible name is told before anything is done.
            target_class(tier.target.type).check_name(tier.target.name)
    return [Tier(config, one, tier) for one in chosen for tier in one.tiers]


def pull_demand(
    tier: Tier, aws: Aws, now: datetime, progress: Progress = lambda _: None
) -> pd.DataFrame:
    """Pull a tier's metrics and turn them into demand.

    Returns
    -------
    DataFrame
        series, timestamp (UTC), value, censored; one series for each demand metric. Sums are per
        second; utilisations are multiplied by the units in service.
    """
    client = aws.client("cloudwatch")
    period = tier.tier.period
    start = now - tier.config.history
    # The endpoint tells a sandbox from AWS; each keeps its own history.
    where = f"{tier.config.region} {client.meta.endpoint_url}"
    store = HistoryStore(Path(tier.config.store) / "history", where)
    queries = [_query(tier, number) for number in range(len(tier.tier.demand))]
    own = {query.series: query for query in _own_queries(tier)}
    in_service = [own.pop("units")] if "units" in own else []
    context_queries = [*own.values(), *_throttled_query(tier)]

    def fetch(wanted: list[MetricQuery], *, required: bool) -> pd.DataFrame:
        return pull(client, wanted, start, now, period, now=now, store=store, required=required)

    count = len(queries) + len(in_service) + len(context_queries)
    progress(f"{tier.name}: {count} metrics, {format_duration(period)} periods")
    metrics = fetch(queries, required=True)
    units = fetch(in_service, required=any(d.scale_by for d in tier.tier.demand))
    context = pd.concat([units, fetch(context_queries, required=False)], ignore_index=True)
    frames = [
        _one_demand(tier, demand, query, metrics, context, last_closed(now, period))
        for demand, query in zip(tier.tier.demand, queries, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def _series(tier: Tier, number: int) -> str:
    """Name of a demand metric; numbered when a tier has two metrics of one name."""
    name = tier.tier.demand[number].metric
    twins = sum(demand.metric == name for demand in tier.tier.demand)
    return f"{tier.name}/{name}" if twins == 1 else f"{tier.name}/{name}-{number + 1}"


def _query(tier: Tier, number: int) -> MetricQuery:
    return _metric_query(_series(tier, number), tier.tier.demand[number])


def _metric_query(series: str, metric: MetricConfig) -> MetricQuery:
    dimensions = tuple(sorted(metric.dimensions.items()))
    return MetricQuery(series, metric.namespace, metric.metric, dimensions, metric.stat)


def _own_queries(tier: Tier) -> tuple[MetricQuery, ...]:
    """Metrics of the target itself: units in service, the most it allowed, how busy they were.

    Raises
    ------
    InputError
        When demand is to be scaled by units in service, and nothing counts them.
    """
    target = tier.tier.target
    own = target_class(target.type).metrics(target.name)
    scaled = [demand.metric for demand in tier.tier.demand if demand.scale_by]
    if scaled and not any(query.series == "units" for query in own):
        raise InputError(
            f"{tier.name}: {scaled[0]} cannot be scaled by capacity: no metric counts the units "
            f"in service of {target.type}",
            cure="name a demand metric that counts work, like requests",
        )
    return own


def _throttled_query(tier: Tier) -> list[MetricQuery]:
    metric = tier.tier.throttled
    return [] if metric is None else [_metric_query("throttled", metric)]


def _one_demand(
    tier: Tier,
    demand: DemandConfig,
    query: MetricQuery,
    metrics: pd.DataFrame,
    context: pd.DataFrame,
    end: datetime,
) -> pd.DataFrame:
    units = _pick(context, "units")
    most = _pick(context, "most")
    busy = _pick(context, "busy")
    return demand_frame(
        metrics[metrics["series"] == query.series],
        stat=demand.stat,
        period=demand.period,
        missing=demand.missing,
        scale_by=units if demand.scale_by else None,
        capacity=units,
        at_max=tier.tier.max if most is None else most,
        utilization=None if busy is None else busy.assign(value=busy["value"] / 100),
        throttled=_pick(context, "throttled"),
        end=end,
    )


def _pick(frame: pd.DataFrame, series: str) -> pd.DataFrame | None:
    found = frame.loc[frame["series"] == series, ["timestamp", "value"]]
    return None if found.empty else found


def plan_tier(
    tier: Tier,
    demand: pd.DataFrame,
    target: Target,
    now: datetime,
    *,
    quantile: float | None = None,
) -> Planned:
    """Forecast a tier's demand, plan its floor and compare with what is live."""
    from foresail.forecast.api import forecast_series

    live = target.read(tier.tier.target.name)
    if live.max_size < tier.tier.min:
        raise InputError(
            f"{live.name} may have {live.max_size} units (its maximum), but min of {tier.name} is "
            f"{tier.tier.min}",
            cure="raise its maximum on AWS, or lower min in foresail.yaml",
        )
    covered, why = (quantile, "") if quantile else _quantile(tier, live, demand)
    levels = tuple(sorted({*QUANTILES, covered}))
    forecast = forecast_series(
        demand,
        horizon=tier.config.horizon,
        quantiles=levels,
        timezone=tier.timezone,
        calendar=tier.service.calendar or None,
        at=now,
    )
    units = in_units(tier, forecast.frame)
    wanted = needed_capacity(
        units,
        1.0,
        utilization=tier.tier.utilization,
        minimum=tier.tier.min,
        lead=tier.tier.lead_time,
        quantile=covered,
    )
    most = min(tier.tier.max, live.max_size)
    needed = wanted.assign(needed=wanted["needed"].clip(upper=most))
    steps = capacity_steps(needed, _most_steps(tier, live, target.quota))
    about = _about(tier, forecast, demand) | {"quantile": covered, "quantile_reason": why}
    about |= {"peak_need": float(wanted["needed"].max()), "maximum": float(most)}
    plan = _compile(tier, live, about, steps, units, now)
    return Planned(tier, demand, forecast, steps, needed, plan)


def _quantile(tier: Tier, live: LiveTarget, demand: pd.DataFrame) -> tuple[float, str]:
    """Quantile that the floor covers, and why: as configured, or chosen for a promised risk."""
    if tier.tier.risk is None:
        return tier.tier.quantile, ""
    from foresail.replay.case import Rules
    from foresail.replay.choose import choose_quantile

    busy = demand.assign(value=demand["value"] / demand["series"].map(capacities(tier)))
    most = busy.groupby("timestamp", as_index=False)["value"].max().assign(series=tier.name)
    bound = max(min(tier.tier.max, live.max_size), tier.tier.min)
    rules = Rules(tier.tier.utilization, tier.tier.lead_time, tier.tier.min, bound)
    target = tier.tier.utilization if live.dynamic_policies else None
    choice = choose_quantile(most, rules, tier.tier.risk, target=target)
    if choice is None:
        return tier.tier.quantile, "too little demand known to choose a quantile on"
    return float(choice.setting.quantile), f"{choice.why}, over the last days"


def in_units(tier: Tier, forecast: pd.DataFrame) -> pd.DataFrame:
    """Express demand in units at 100 %; of several metrics, the one that needs most counts."""
    capacity = capacities(tier)
    quantiles = [column for column in forecast.columns if column.startswith("q")]
    scaled = forecast.copy()
    per_unit = scaled["series"].map(capacity)
    scaled[quantiles] = scaled[quantiles].div(per_unit, axis=0)
    most = scaled.groupby("timestamp", as_index=False)[quantiles].max()
    most.insert(0, "series", tier.name)
    return most


def capacities(tier: Tier) -> dict[str, float]:
    """Demand that one unit serves at 100 %, by the series of each demand metric."""
    return {
        _series(tier, number): _unit_capacity(tier, demand)
        for number, demand in enumerate(tier.tier.demand)
    }


def _unit_capacity(tier: Tier, demand: DemandConfig) -> float:
    return (demand.unit_capacity or tier.tier.unit_capacity).amount


def _most_steps(tier: Tier, live: LiveTarget, quota: int) -> int:
    room = quota - len(others(live)) - RETURN_TO_FLOOR - ROOM_TO_REPLACE
    most = min(tier.tier.max_actions - RETURN_TO_FLOOR, room)
    if most < 1:
        raise InputError(
            f"{live.name} holds {len(others(live))} scheduled actions of others; "
            f"of AWS's {quota} none is left for a plan",
            cure="delete scheduled actions that are no longer needed",
        )
    return most


def _compile(
    tier: Tier,
    live: LiveTarget,
    about: dict[str, str | float],
    steps: pd.DataFrame,
    units: pd.DataFrame,
    now: datetime,
) -> TierPlan:
    end = units["timestamp"].max() + tier.tier.period
    desired = compile_actions(
        steps,
        end=end.to_pydatetime(),
        floor=tier.tier.min,
        now=now,
        set_desired=live.set_desired,
        taken=taken_minutes(live, now, end.to_pydatetime()),
    )
    desired = settled(live, desired, now)
    wanted = name_actions(live, desired)
    evidence = Evidence(
        trust=float(about["trust"]),
        trust_reasons=str(about["trust_reasons"]),
        history=timedelta(days=float(about["history_days"])),
    )
    limits = Limits(**tier.tier.guardrails.model_dump())
    return TierPlan(
        service=tier.service.name,
        tier=tier.tier.name,
        live=live,
        wanted=tuple(wanted),
        reasons={a.name: d.reason for a, d in zip(wanted, desired, strict=True)},
        refused=tuple(refusals(live, wanted, limits, evidence, now)),
        about=about,
    )


def settled(live: LiveTarget, desired: list[DesiredAction], now: datetime) -> list[DesiredAction]:
    """Do not ask again for a floor that is due now and stands already, or is about to.

    Without this each run a minute later would move the first action by a minute.
    """
    first, rest = desired[0], desired[1:]
    if not rest or first.reason != DUE_NOW:
        return desired
    soon = [a for a in owned(live) if a.start is not None and now < a.start <= first.start]
    if soon and soon[-1].min_size == first.min_size and soon[-1].start is not None:
        return [replace(first, start=soon[-1].start), *rest]
    if not soon and live.min_size == first.min_size:
        return rest
    return desired


def taken_minutes(live: LiveTarget, now: datetime, end: datetime) -> frozenset[datetime]:
    """Minutes at which actions of others start: AWS lets no two start together."""
    from foresail.targets.cron import occurrences

    starts = {a.start for a in others(live) if a.start is not None and a.start >= now}
    for action in others(live):
        if action.recurrence:
            last = end + timedelta(hours=1)  # the final action may have to move past its minute
            starts |= set(occurrences(action.recurrence, action.time_zone, now, last))
    return frozenset(starts)


def _about(tier: Tier, forecast: Forecast, demand: pd.DataFrame) -> dict[str, str | float]:
    """Tell what the plan rests on; of several metrics the least trusted one speaks."""
    worst = forecast.details.sort_values("trust").iloc[0]
    keys = ("model", "trust", "trust_reasons", "history_days", "missing_share", "skill", "coverage")
    plain = {k: worst[k] if isinstance(worst[k], str) else float(worst[k]) for k in keys}
    return {
        **plain,
        "lead_time_minutes": tier.tier.lead_time.total_seconds() / 60,
        "censored_periods": float(demand["censored"].sum()),
    }


def plan_all(
    config: Config,
    aws: Aws,
    now: datetime,
    *,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> tuple[PlanFile, list[Planned]]:
    """Plan every tier of a configuration; nothing is written to AWS."""
    planned = []
    for tier in tiers(config, service):
        target = open_target(tier.tier.target.type, aws)
        target.read(tier.tier.target.name)  # a missing group is told before a long pull
        demand = pull_demand(tier, aws, now, progress)
        progress(f"{tier.name}: forecast and plan")
        planned.append(plan_tier(tier, demand, target, now))
    return seal(config, planned, now), planned


def seal(config: Config, planned: list[Planned], now: datetime) -> PlanFile:
    """Put the plans of all tiers into one plan file."""
    return PlanFile(now, config.region, config.digest(), tuple(p.plan for p in planned))
