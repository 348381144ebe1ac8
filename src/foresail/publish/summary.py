"""The live plan in a few words, as a parameter that other programs can read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail import remote
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.remote import STANDARD_BYTES, Address, Pushed, put
from foresail.targets.base import ScheduledAction

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM_WRITE = (*remote.IAM_READ, *remote.IAM_WRITE)


def write_summary(aws: Aws, prefix: str, plan: PlanFile, now: datetime) -> Pushed:
    """Write the summary of a plan that was applied to ``PREFIX/plan``.

    Raises
    ------
    AwsError
        When Parameter Store does not take it.
    """
    return put(aws, Address(f"{prefix}/plan"), plan_summary(plan, now))


def plan_summary(plan: PlanFile, now: datetime) -> str:
    """Summarise a plan as JSON that a standard parameter holds.

    Returns
    -------
    str
        plan (its id, which the journal and the plan file know), created, applied, region, and for
        each tier its target, floors and peak. Of tiers that do not fit, only how many they are.
    """
    head = {"plan": plan.id, "created": plan.created.isoformat(), "applied": now.isoformat()}
    head["region"] = plan.region
    tiers = [_tier(tier) for tier in plan.tiers]
    shown = len(tiers)
    text = _text(head, tiers, shown)
    while len(text.encode()) > STANDARD_BYTES:
        shown -= 1
        text = _text(head, tiers, shown)
    return text


def _text(head: dict[str, str], tiers: Sequence[dict[str, Any]], shown: int) -> str:
    whole = {**head, "tiers": list(tiers[:shown])}
    more = {"more_tiers": len(tiers) - shown} if shown < len(tiers) else {}
    return json.dumps({**whole, **more}, separators=(",", ":"))


def _tier(tier: TierPlan) -> dict[str, Any]:
    actions = [
        item
        for item in tier.wanted
        if isinstance(item, ScheduledAction) and item.start and item.min_size is not None
    ]
    highest = max(actions, key=lambda action: action.min_size or 0, default=None)
    plain: dict[str, Any] = {
        "tier": f"{tier.service}/{tier.tier}",
        "target": tier.live.name,
        "actions": len(actions),
        "floor": tier.live.min_size,
    }
    if highest is None or highest.start is None:
        return plain
    return {**plain, "peak": highest.min_size, "peak_at": f"{highest.start:%Y-%m-%dT%H:%MZ}"}
