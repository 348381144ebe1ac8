"""What an apply decided for a tier, as it is kept: from what to what, why, at what cost."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from foresail.changes.compared import unit_hours
from foresail.changes.floor import Floor
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import Config
from foresail.pipeline.keeping import resource_kind
from foresail.policies.items import ScalingPolicy
from foresail.store.decisions import Decision
from foresail.targets.base import scheduled, standing

CENT = Decimal("0.01")


def decision(
    config: Config, plan: PlanFile, tier: TierPlan, run_id: str, approved_by: str | None
) -> Decision:
    """Say what a run decided for a tier; what the configuration no longer has is left out."""
    known = {one.name: one for one in config.service(tier.service).tiers}
    configured = known.get(tier.tier)
    end = _end(tier, plan.created)
    floors = [a.min_size for a in scheduled(tier.wanted) if a.min_size is not None]
    return Decision(
        id=run_id,
        plan_id=plan.id,
        service=tier.service,
        tier=tier.tier,
        resource=tier.live.name,
        resource_kind=resource_kind(tier.live.type_name),
        made=plan.created,
        current_capacity=tier.live.min_size,
        target_capacity=max(floors, default=tier.live.min_size),
        strategy=_strategy(tier),
        metrics=tuple(one.label for one in configured.demand) if configured else (),
        expected_completion=end,
        cost_impact=_cost(configured.price if configured else None, tier, plan.created, end),
        approved_by=approved_by,
    )


def _end(tier: TierPlan, now: datetime) -> datetime:
    starts = [a.start for a in scheduled(tier.wanted) if a.start is not None]
    return max(starts, default=now)


def _strategy(tier: TierPlan) -> str:
    actions = scheduled(tier.wanted)
    names = {"recurring-actions" if one.recurrence else "scheduled-actions" for one in actions}
    for one in standing(tier.wanted):
        names.add(one.policy_type if isinstance(one, ScalingPolicy) else one.kind)
    return ", ".join(sorted(names)) or "none"


def _cost(price: Decimal | None, tier: TierPlan, now: datetime, end: datetime) -> Decimal | None:
    """Dollars that the planned floor costs more than the one in force, until the plan's end."""
    if price is None:
        return None
    window = (now, end)
    before = Floor.of(tier.live.min_size, tier.live.actions, window)
    after = Floor.of(tier.live.min_size, tier.wanted, window)
    hours = unit_hours(after, window) - unit_hours(before, window)
    return (price * Decimal(str(round(hours, 6)))).quantize(CENT)
