"""What a reviewer should know of the scaling policies and warm pool that a plan wants."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from foresail.changes.names import other_settings, owned_settings
from foresail.policies.items import Item, ScalingPolicy, Setting, WarmPool
from foresail.targets.base import LiveTarget


def reacts(live: LiveTarget, wanted: Iterable[Item]) -> bool:
    """Whether a dynamic policy will stand: one of others', or one that is wanted."""
    mine = {setting.name for setting in owned_settings(live)}
    others = [name for name in live.dynamic_policies if name not in mine]
    return bool(others) or any(isinstance(i, ScalingPolicy) and i.dynamic for i in wanted)


def setting_warnings(live: LiveTarget, wanted: Sequence[Setting]) -> list[str]:
    """Say which wanted settings meet those of others, are one-way, or will not act."""
    policies = [one for one in wanted if isinstance(one, ScalingPolicy)]
    return [
        *_twice_tracked(live, policies),
        *_two_predictive(live, policies),
        *_one_way(live, wanted),
        *_only_out(live, policies),
        *_not_carried_out(live, wanted),
    ]


def _twice_tracked(live: LiveTarget, wanted: Sequence[ScalingPolicy]) -> list[str]:
    theirs = [one for one in other_settings(live) if isinstance(one, ScalingPolicy)]
    return [
        f"{other.name} (not foresail's) tracks the same metric as {mine.name}: the one that wants "
        "more capacity wins, and both must agree to scale in"
        for mine in wanted
        for other in theirs
        if _tracked(mine) is not None and _tracked(mine) == _tracked(other)
    ]


def _two_predictive(live: LiveTarget, wanted: Sequence[ScalingPolicy]) -> list[str]:
    theirs = [p for p in other_settings(live) if isinstance(p, ScalingPolicy) and _scales_ahead(p)]
    return [
        f"{other.name} (not foresail's) forecasts and scales as {mine.name} does: let one of them "
        "only forecast"
        for mine in wanted
        for other in theirs
        if _scales_ahead(mine)
    ]


def _one_way(live: LiveTarget, wanted: Sequence[Setting]) -> list[str]:
    """Say what AWS does not take back: a raised maximum, and a pool that follows it."""
    raising = [p for p in wanted if isinstance(p, ScalingPolicy) and _raises_maximum(p)]
    following = [
        pool
        for pool in wanted
        if isinstance(pool, WarmPool) and pool.settings.get("MaxGroupPreparedCapacity", -1) == -1
    ]
    return [
        *(
            f"{policy.name} may raise the maximum of {live.name}; AWS never lowers it again, and "
            "a rollback does not either"
            for policy in raising
        ),
        *(
            f"the warm pool of {live.name} follows its maximum: whoever raises the maximum grows "
            "the pool and its bill; set warm_pool.max to bound it"
            for _ in following
        ),
    ]


def _only_out(live: LiveTarget, wanted: Sequence[ScalingPolicy]) -> list[str]:
    """Say that nothing scales in, where the wanted policies only scale out."""
    reacting = [one for one in wanted if one.dynamic]
    if not wanted or reacts(live, ()) or any(map(_scales_in, reacting)):
        return []
    if not reacting and live.desired_capacity is not None:
        return []  # then each scheduled action sets the desired capacity
    return [f"the policies of {live.name} only scale out: nothing scales in when demand falls"]


def _not_carried_out(live: LiveTarget, wanted: Sequence[Setting]) -> list[str]:
    dynamic = any(isinstance(one, ScalingPolicy) and one.dynamic for one in wanted)
    if not dynamic or "AlarmNotification" not in live.suspended:
        return []
    return [
        f"process AlarmNotification of {live.name} is suspended: target tracking and step "
        "policies do nothing"
    ]


def _tracked(policy: ScalingPolicy) -> Any:
    """Metric that target tracking keeps, as a comparable value; None for other policies."""
    if policy.policy_type != "TargetTrackingScaling":
        return None
    return {k: v for k, v in _configuration(policy).items() if k.endswith("MetricSpecification")}


def _predictive(policy: ScalingPolicy) -> dict[str, Any]:
    if policy.policy_type != "PredictiveScaling":
        return {}
    return _configuration(policy)


def _configuration(policy: ScalingPolicy) -> dict[str, Any]:
    inner = (value for key, value in policy.settings.items() if key.endswith("Configuration"))
    return next(inner, {})


def _scales_ahead(policy: ScalingPolicy) -> bool:
    return _predictive(policy).get("Mode") == "ForecastAndScale"


def _raises_maximum(policy: ScalingPolicy) -> bool:
    return _predictive(policy).get("MaxCapacityBreachBehavior") == "IncreaseMaxCapacity"


def _scales_in(policy: ScalingPolicy) -> bool:
    if policy.policy_type == "TargetTrackingScaling":
        return not any(
            body.get("DisableScaleIn")
            for body in policy.settings.values()
            if isinstance(body, dict)
        )
    steps = policy.settings.get("StepAdjustments") or policy.settings.get(
        "StepScalingPolicyConfiguration", {}
    ).get("StepAdjustments", [])
    return any(step["ScalingAdjustment"] < 0 for step in steps)
