"""How fast each tier gets capacity, the lead that follows, and what is worth holding ready."""

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
from foresail.pipeline.tiers import Tier, open_tier, tiers
from foresail.places import aws_of
from foresail.plan.capacity import quantile_columns
from foresail.provisioning.advice import UPPER, Advice, launch_advice
from foresail.provisioning.lead import ENOUGH, Lead
from foresail.provisioning.reservation import Reservation, lcu_reservation
from foresail.provisioning.warm_pool import WarmPool, warm_pool

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.targets.base import Target

TAIL = 0.99  # highest quantile that is forecast for what is held ready
BALANCER = "elb-capacity-units"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars for an hour: of a unit that lacks, of one in a warm pool, of a reserved LCU.

    What has no price is not sized.
    """

    shortage: Decimal
    warm: Decimal | None = None
    lcu: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Provisioned:
    """How fast a tier gets capacity; what was not asked for, or cannot be, is None.

    ``reservation`` holds over the forecast's horizon.
    """

    tier: str
    measured: Measured
    lead: Lead
    advice: tuple[Advice, ...]
    pool: WarmPool | None
    reservation: Reservation | None

    def to_json(self) -> dict[str, Any]:
        """Plain values; times in seconds, money in dollars."""
        held = {"warm_pool": self.pool, "reservation": self.reservation}
        return {
            "tier": self.tier,
            "boot": self.measured.boots.to_json(),
            "launches": self.measured.kind,
            "lead_seconds": self.lead.value.total_seconds(),
            "lead_reason": self.lead.why or "configured",
            "advice": [asdict(advice) for advice in self.advice],
            **{name: None if one is None else asdict(one) for name, one in held.items()},
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
    """Measure every tier; with prices also size what can be held ready. Reads only."""
    rows = []
    for tier in tiers(config, service):
        progress(f"{tier.name}: launches of {tier.tier.target.name}")
        rows.append(_one(tier, aws, now, prices, progress))
    return rows


def _one(
    tier: Tier, aws: Aws, now: datetime, prices: Prices | None, progress: Progress
) -> Provisioned:
    there = aws_of(aws, tier.service)
    measured = measure(tier.tier.target, there)
    lead = lead_time(tier.tier, there)
    ready = replace(tier, tier=tier.tier.model_copy(update={"lead_time": lead.value}))
    boot = _boot(measured, lead)
    kind, pool, reservation = tier.tier.target.type, None, None
    if prices is not None and prices.warm is not None and kind == GROUP:
        tail = _tail(ready, aws, now, progress)
        pool = _pool(tail, boot, prices.warm, prices.shortage, now, open_tier(tier, aws))
    if prices is not None and prices.lcu is not None and kind == BALANCER:
        tail = _tail(ready, aws, now, progress)
        reservation = _reservation(tail, prices.lcu, prices.shortage)
    advice = launch_advice(measured.boots, measured.settings)
    return Provisioned(tier.name, measured, lead, tuple(advice), pool, reservation)


def _boot(measured: Measured, lead: Lead) -> timedelta:
    if measured.boots.count < ENOUGH:
        return lead.value
    return measured.boots.quantile(UPPER) + measured.warm_up.time


def _tail(tier: Tier, aws: Aws, now: datetime, progress: Progress) -> Foreseen:
    demand = pull_demand(tier, aws, now, progress)
    progress(f"{tier.name}: forecast of the tail")
    return foresee(tier, demand, open_tier(tier, aws), now, quantile=TAIL)


def _reservation(tail: Foreseen, price: Decimal, shortage: Decimal) -> Reservation:
    hours = tail.tier.config.horizon / timedelta(hours=1)
    return lcu_reservation(_in_need(tail), hours, price=price, shortage_price=shortage)


def _pool(
    tail: Foreseen,
    boot: timedelta,
    price: Decimal,
    shortage: Decimal,
    now: datetime,
    target: Target,
) -> WarmPool:
    tier = tail.tier
    covered = tier.tier.quantile
    if tier.tier.risk is not None:
        covered = foresee(tier, tail.demand, target, now).quantile
    return warm_pool(
        _in_need(tail),
        _floor(tail, covered),
        boot,
        warm_price=price,
        shortage_price=shortage,
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
