"""Scaling policies as EC2 Auto Scaling takes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from foresail.config.policies import PredictiveConfig, TrackingConfig
from foresail.config.policy_metrics import TRACKING
from foresail.policies.normal import normal
from foresail.policies.specification import predefined, predictive_configuration, queries


def tracking(policy: TrackingConfig, type_name: str, lead: timedelta) -> dict[str, Any]:
    """Build a target-tracking policy."""
    metric = policy.metric
    followed: dict[str, Any]
    if metric.named is not None:
        name = TRACKING[type_name][metric.named]
        followed = {
            "PredefinedMetricSpecification": predefined(name, metric.named, policy.resource_label)
        }
    else:
        followed = {"CustomizedMetricSpecification": {"Metrics": _with_period(policy)}}
    body = {"TargetValue": policy.target, "DisableScaleIn": policy.disable_scale_in, **followed}
    return normal({"TargetTrackingConfiguration": body, **warm_up(policy.warmup, lead)})


def predictive(policy: PredictiveConfig, type_name: str, buffer: timedelta) -> dict[str, Any]:
    """Build a predictive policy."""
    body = predictive_configuration(policy, type_name, buffer)
    return normal({"PredictiveScalingConfiguration": body})


def warm_up(value: timedelta | str | None, lead: timedelta) -> dict[str, int]:
    """Write how long a new unit is left out of the metric; nothing leaves it to the group."""
    if value is None:
        return {}
    warm = value if isinstance(value, timedelta) else lead
    return {"EstimatedInstanceWarmup": int(warm.total_seconds())}


def _with_period(policy: TrackingConfig) -> list[dict[str, Any]]:
    rows = queries(policy.metric)
    if policy.period is None:
        return rows
    period = {"Period": int(policy.period.total_seconds())}
    return [
        {**row, "MetricStat": {**row["MetricStat"], **period}} if "MetricStat" in row else row
        for row in rows
    ]
