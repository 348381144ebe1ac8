"""Which policies a target type takes, and with which metrics, labels and targets."""

from __future__ import annotations

import re

from foresail.config.fields import mistake
from foresail.config.policies import PoliciesConfig, PredictiveConfig, StepConfig, TrackingConfig
from foresail.config.policy_metrics import (
    BY_TARGET_GROUP,
    COUNTS,
    EC2,
    ECS,
    LOAD,
    PAIRS,
    SCALING,
    SHARE_METRICS,
    TRACKING,
    Names,
)
from foresail.config.policy_parts import PolicyMetric

_LABEL = re.compile(r"app/[^/]+/[0-9a-f]+/targetgroup/[^/]+/[0-9a-f]+")
_STEPPED = {  # what an alarm of a step policy can follow by a short name: the target's own metric
    EC2: {"cpu": "CPUUtilization"},
    ECS: {"cpu": "CPUUtilization", "memory": "MemoryUtilization"},
}


def check_policies(policies: PoliciesConfig, type_name: str) -> None:
    """Refuse what AWS does not offer for a target type.

    Raises
    ------
    PydanticCustomError
        Naming the policy and the cure.
    """
    if policies.warm_pool is not None and type_name != EC2:
        raise mistake(f"warm_pool: {type_name} has none", f"use it with type: {EC2}")
    if policies.target_tracking is not None:
        _check_tracking(policies.target_tracking, type_name)
    if policies.step is not None:
        _check_step(policies.step, type_name)
    if policies.predictive is not None:
        _check_predictive(policies.predictive, type_name)


def _check_tracking(policy: TrackingConfig, type_name: str) -> None:
    _check_times(policy, type_name, ("scale_out_cooldown", "scale_in_cooldown"))
    _check_named("target_tracking", policy.metric, TRACKING, type_name)
    _check_label("target_tracking", policy.resource_label, [policy.metric])
    _check_target("target_tracking", policy.metric, policy.target, type_name)


def _check_step(policy: StepConfig, type_name: str) -> None:
    _check_times(policy, type_name, ("cooldown",))
    _check_named("step", policy.metric, _STEPPED, type_name)


def _check_predictive(policy: PredictiveConfig, type_name: str) -> None:
    if type_name not in PAIRS:
        raise mistake(
            f"predictive: AWS has no predictive scaling for {type_name}",
            f"use it with {EC2} or {ECS}; foresail's own schedule needs no policy",
        )
    pair = policy.metric
    same = pair.load.named is not None and pair.load.named == pair.scaling.named
    _check_named("predictive", pair.load, PAIRS if same else LOAD, type_name)
    _check_named("predictive", pair.scaling, PAIRS if same else SCALING, type_name)
    _check_label("predictive", policy.resource_label, [pair.load, pair.scaling])
    _check_target("predictive", pair.scaling, policy.target, type_name)


def _check_times(policy: TrackingConfig | StepConfig, type_name: str, aas: tuple[str, ...]) -> None:
    """EC2 knows a warm-up, Application Auto Scaling cooldowns."""
    wrong = aas if type_name == EC2 else ("warmup",)
    given = [name for name in wrong if getattr(policy, name) is not None]
    if given:
        other = "warmup" if type_name == EC2 else " and ".join(aas)
        raise mistake(
            f"{given[0]}: {type_name} has none", f"write {other} instead, or leave it out"
        )


def _check_named(policy: str, metric: PolicyMetric, names: Names, type_name: str) -> None:
    known = names.get(type_name, {})
    if metric.named is not None and metric.named not in known:
        ready = f"one of {', '.join(known)}, or " if known else ""
        raise mistake(
            f"{policy}: {type_name} has no metric {metric.named!r} ready",
            f"write {ready}metrics of your own: [{{id: m1, namespace: ..., metric: ...}}]",
        )


def _check_label(policy: str, label: str | None, metrics: list[PolicyMetric]) -> None:
    wanted = any(metric.named in BY_TARGET_GROUP for metric in metrics)
    if wanted == (label is not None and _LABEL.fullmatch(label) is not None):
        return
    if not wanted:
        if label is None:
            return
        raise mistake(
            f"{policy}: resource_label goes with requests of a target group", "leave it out"
        )
    raise mistake(
        f"{policy}: requests are counted by target group, and resource_label "
        + ("names none" if label is None else f"{label!r} is none"),
        "write resource_label: app/NAME/ID/targetgroup/NAME/ID, the ends of both ARNs",
    )


def _check_target(policy: str, metric: PolicyMetric, target: float, type_name: str) -> None:
    """Hold a utilisation against its bounds; a count has none."""
    if metric.named is None or metric.named in COUNTS:
        return
    if metric.named == SHARE_METRICS.get(type_name):
        low, high, like = 0.0, 1.0, "0.7"
    elif type_name.startswith(("dynamodb-", "cassandra-")):
        low, high, like = 20.0, 90.0, "70"
    else:
        low, high, like = 0.0, 100.0, "60"
    if not low <= target <= high:
        raise mistake(
            f"{policy}: target: {target:g} is not between {low:g} and {high:g}",
            f"write a target that {metric.named} can have, like {like}",
        )
