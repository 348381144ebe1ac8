"""Scaling policies as Application Auto Scaling takes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from foresail.config.policies import PredictiveConfig, TrackingConfig
from foresail.config.policy_metrics import TRACKING
from foresail.policies.normal import normal
from foresail.policies.specification import predefined, predictive_configuration, queries


def tracking(policy: TrackingConfig, type_name: str, lead: timedelta) -> dict[str, Any]:
    """Build a target-tracking policy; `lead` plays no part, for there is no warm-up to set."""
    del lead
    metric = policy.metric
    followed: dict[str, Any]
    if metric.named is not None:
        name = TRACKING[type_name][metric.named]
        followed = {
            "PredefinedMetricSpecification": predefined(name, metric.named, policy.resource_label)
        }
    else:
        followed = {"CustomizedMetricSpecification": {"Metrics": queries(metric)}}
    cooldowns = {
        "ScaleOutCooldown": policy.scale_out_cooldown,
        "ScaleInCooldown": policy.scale_in_cooldown,
    }
    body = {
        "TargetValue": policy.target,
        "DisableScaleIn": policy.disable_scale_in,
        **followed,
        **{k: int(v.total_seconds()) for k, v in cooldowns.items() if v is not None},
    }
    return normal({"TargetTrackingScalingPolicyConfiguration": body})


def predictive(policy: PredictiveConfig, type_name: str, buffer: timedelta) -> dict[str, Any]:
    """Build a predictive policy."""
    body = predictive_configuration(policy, type_name, buffer)
    return normal({"PredictiveScalingPolicyConfiguration": body})
