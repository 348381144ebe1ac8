"""How fast each tier gets capacity, the lead that follows, and a warm pool worth its cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresail.config import Config
from foresail.discovery.boots import GROUP, Measured, lead_time, measure
from foresail.pipeline.planning import Foreseen, foresee, need
from foresail.pipeline.pulling import pull_demand
from foresail.pipeline.tiers import Tier, tiers
from foresail.plan.capacity import quantile_columns
from foresail.provisioning.advice import UPPER, Advice, launch_advice
from foresail.provisioning.lead import ENOUGH, Lead
from foresail.provisioning.warm_pool import WarmPool, warm_pool
from foresail.targets.registry import open_target

if TYPE_CHECKING:
    from foresail.aws import Aws

TAIL = 0.99  # highest quantile that is forecast for a pool
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars for an hour: of a unit held ready in a warm pool, and of a unit that lacks."""

    warm: Decimal
    shortage: Decimal


@dataclass(frozen=True, slots=True)
class Provisioned:
    """How fast a tier gets capacity; the pool is None where none was asked for or can be."""

    tier: str
    measured: Measured
    lead: Lead
    advice: tuple[Advice, ...]
    pool: WarmPool | None

    def to_json(self) -> dict[str, Any]:
        """Plain values; times in seconds, money in dollars."""
        pool = None if self.pool is None else asdict(self.pool)
        return {
            "tier": self.tier,
            "boot": self.measured.boots.to_json(),
            "launches": self.measured.kind,
            "lead_seconds": self.lead.value.total_seconds(),
            "lead_reason": self.lead.why or "configured",
            "advice": [asdict(advice) for advice in self.advice],
            "warm_pool": pool,
        }


def provision(
    config: Config,
    aws: Aws,
    now: datetime,
    *,
    prices: Prices | None = None,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> list[Provisioned]:
    """Measure every tier; with prices also forecast those that can have a warm pool. Reads only."""
    rows = []
    for tier in tiers(config, service):
        progress(f"{tier.name}: launches of {tier.tier.target.name}")
        rows.append(_one(tier, aws, now, prices, progress))
    return rows


def _one(
    tier: Tier, aws: Aws, now: datetime, prices: Prices | None, progress: Progress
) -> Provisioned:
    measured = measure(tier.tier.target, aws)
    lead = lead_time(tier.tier, aws)
    ready = replace(tier, tier=tier.tier.model_copy(update={"lead_time": lead.value}))
    boot = _boot(measured, lead)
    pool = None
    if prices is not None and tier.tier.target.type == GROUP:
        pool = _pool(ready, aws, now, boot, prices, progress)
    advice = launch_advice(measured.boots, measured.settings)
    return Provisioned(tier.name, measured, lead, tuple(advice), pool)


def _boot(measured: Measured, lead: Lead) -> timedelta:
    if measured.boots.count < ENOUGH:
        return lead.value
    return measured.boots.quantile(UPPER) + measured.warm_up.time


def _pool(
    tier: Tier, aws: Aws, now: datetime, boot: timedelta, prices: Prices, progress: Progress
) -> WarmPool:
    target = open_target(tier.tier.target.type, aws)
    demand = pull_demand(tier, aws, now, progress)
    progress(f"{tier.name}: forecast of the tail")
    tail = foresee(tier, demand, target, now, quantile=TAIL)
    covered = tier.tier.quantile
    if tier.tier.risk is not None:
        covered = foresee(tier, demand, target, now).quantile
    return warm_pool(
        _in_need(tail),
        _floor(tail, covered),
        boot,
        warm_price=prices.warm,
        shortage_price=prices.shortage,
        most=min(tier.tier.max, tail.live.max_size),
    )


def _in_need(tail: Foreseen) -> pd.DataFrame:
    """Units at the planned utilisation, from units at 100 %."""
    columns = list(quantile_columns(tail.units).values())
    units = tail.units.copy()
    units[columns] = units[columns] / tail.tier.tier.utilization
    return units


def _floor(tail: Foreseen, covered: float) -> pd.Series:
    """Planned floor in force at the start of each period."""
    wanted = need(replace(tail, quantile=covered)).sort_values("start")
    times = pd.DatetimeIndex(tail.units["timestamp"])
    at = pd.DatetimeIndex(wanted["start"]).searchsorted(times, side="right") - 1
    return pd.Series(wanted["needed"].to_numpy()[at.clip(0)], index=times, dtype="float64")
