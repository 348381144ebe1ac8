"""What a plan wants, item by item, with the request that AWS would get for it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from foresail.changes.guardrails import CURE
from foresail.changes.names import prefix
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.errors import RefusedError
from foresail.policies.items import Item, ScalingPolicy
from foresail.targets import application_auto_scaling, ec2_auto_scaling_group
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.base import ScheduledAction, Target, by_time, scheduled
from foresail.targets.registry import target_class
from foresail.targets.scheduler import ScheduledCall

TargetOf = Callable[[TierPlan], Target]


@dataclass(frozen=True, slots=True)
class Resource:
    """One item of a tier's plan.

    Parameters
    ----------
    tier, item
        Whose it is, and what is wanted.
    reason
        Why, in the plan's words.
    request
        The API's own request for it, names as AWS spells them; times as text.
    """

    tier: TierPlan
    item: Item
    reason: str
    request: Mapping[str, Any] = field(default_factory=dict)

    @property
    def words(self) -> tuple[str, ...]:
        """Words of a readable name: service, tier, and what foresail's own name says at its end."""
        tail = self.item.name.removeprefix(prefix(self.tier.live.name))
        said = f"foresail {self.tier.service} {self.tier.tier} {tail}"
        return tuple(re.findall(r"[A-Za-z0-9]+", said))

    @property
    def unique(self) -> str:
        """Six digits of its own: names of two items may have the same words."""
        live = self.tier.live
        text = "\0".join((self.tier.place, live.type_name, live.name, self.item.name))
        return hashlib.sha256(text.encode()).hexdigest()[:6]

    @property
    def scalable(self) -> type[ScalableTarget] | None:
        """Class of the scalable target that it stands on; None on anything else."""
        cls = target_class(self.tier.live.type_name)
        return cls if issubclass(cls, ScalableTarget) else None


def resources(plan: PlanFile, target_of: TargetOf) -> list[Resource]:
    """List everything that a plan wants, settings first, then actions by time.

    Raises
    ------
    RefusedError
        A guardrail refused a tier: a plan that may not be applied is not written as code either.
    """
    refused = [why for tier in plan.tiers for why in tier.refused]
    if refused:
        raise RefusedError("; ".join(refused), cure=CURE)
    return [one for tier in plan.tiers for one in _of_tier(tier, target_of)]


def _of_tier(tier: TierPlan, target_of: TargetOf) -> Iterator[Resource]:
    schedules = _schedules(tier, target_of)
    for item in by_time(tier.wanted):
        reason = tier.reasons.get(item.name, "")
        yield Resource(tier, item, reason, _plain(schedules.get(item.name) or _request(tier, item)))


def _schedules(tier: TierPlan, target_of: TargetOf) -> dict[str, dict[str, Any]]:
    """Ask for the requests of EventBridge Scheduler: the live resource tells parts of them."""
    if not issubclass(target_class(tier.live.type_name), ScheduledCall):
        return {}
    target = target_of(tier)
    assert isinstance(target, ScheduledCall)
    return target.requests(tier.live.name, scheduled(tier.wanted))


def _request(tier: TierPlan, item: Item) -> dict[str, Any]:
    if isinstance(item, ScheduledAction):
        if issubclass(target_class(tier.live.type_name), ScalableTarget):
            return application_auto_scaling.request_of(item)
        return ec2_auto_scaling_group.request_of(item)
    kind = {"PolicyType": item.policy_type} if isinstance(item, ScalingPolicy) else {}
    settings: Mapping[str, Any] = getattr(item, "settings", {})
    return {**kind, **settings}


def _plain(value: Any) -> Any:
    """Write times as both tools read them: UTC, to the second."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value
