"""Tiers of a service as scaling instructions of one AWS Auto Scaling plan.

Limits: botocore's model of ``autoscaling-plans`` (ScalingMetricType, LoadMetricType, and what it
says of each member).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from foresail.config import TierConfig
from foresail.config.policies import IncreaseConfig, PredictiveConfig, TrackingConfig
from foresail.config.policy_metrics import BY_TARGET_GROUP, LOAD, SCALING, TRACKING
from foresail.config.policy_parts import PolicyMetric
from foresail.config.scaling_plans import DIMENSIONS, ApplicationConfig
from foresail.errors import ConfigError
from foresail.policies.adopt import followed
from foresail.policies.compile import LONGEST_BUFFER, seconds_of
from foresail.policies.normal import normal
from foresail.policies.specification import dimensions, predefined

EC2 = "ec2-auto-scaling-group"
STATISTICS = ("Average", "Minimum", "Maximum", "SampleCount", "Sum")
_DEFAULTS = {
    "ScheduledActionBufferTime": 300,
    "PredictiveScalingMaxCapacityBehavior": "SetForecastCapacityToMaxCapacity",
    "PredictiveScalingMode": "ForecastAndScale",
    "ScalingPolicyUpdateBehavior": "KeepExternalPolicies",
    "DisableDynamicScaling": False,
    "DisableScaleIn": False,
}
_MODES = {"forecast_only": "ForecastOnly", "forecast_and_scale": "ForecastAndScale"}


def instruction(tier: TierConfig) -> dict[str, Any]:
    """Say a tier as a scaling instruction, as CreateScalingPlan takes it.

    Its target is that of `policies`, else what `utilization` says of a metric that AWS has ready.

    Raises
    ------
    ConfigError
        When a scaling plan cannot track what the tier says; names the tier and the cure.
    """
    dimension, kind = DIMENSIONS[tier.target.type], tier.target.type
    tracking = tier.policies.target_tracking if tier.policies else None
    ahead = tier.policies.predictive if tier.policies else None
    return {
        "ServiceNamespace": dimension.split(":")[0],
        "ResourceId": f"autoScalingGroup/{tier.target.name}" if kind == EC2 else tier.target.name,
        "ScalableDimension": dimension,
        "MinCapacity": tier.min,
        "MaxCapacity": tier.max,
        "TargetTrackingConfigurations": [_tracked(tier, tracking, ahead)],
        **({} if ahead is None else _ahead(tier, ahead, dynamic=tracking is not None)),
    }


def application_source(application: ApplicationConfig) -> dict[str, Any]:
    """Write what the plan is of as AWS does."""
    if application.stack is not None:
        return {"CloudFormationStackARN": application.stack}
    tags = sorted(application.tags.items())
    return {"TagFilters": [{"Key": key, "Values": list(values)} for key, values in tags]}


def comparable(source: Mapping[str, Any], instructions: Sequence[Mapping[str, Any]]) -> Any:
    """Bring a plan, asked for or described, into one form: no defaults, order settled."""
    rows = sorted(instructions, key=lambda row: (row["ResourceId"], row["ScalableDimension"]))
    filters = sorted(source.get("TagFilters", ()), key=lambda one: str(one["Key"]))
    tags = [{"Key": one["Key"], "Values": sorted(one.get("Values", ()))} for one in filters]
    return source.get("CloudFormationStackARN"), tags, [_settled(row) for row in rows]


def _settled(row: Mapping[str, Any]) -> dict[str, Any]:
    tracked = [_without_defaults(one) for one in row["TargetTrackingConfigurations"]]
    return normal({**_without_defaults(row), "TargetTrackingConfigurations": tracked})


def _without_defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in values.items() if k not in _DEFAULTS or v != _DEFAULTS[k]}


def _tracked(
    tier: TierConfig, tracking: TrackingConfig | None, ahead: PredictiveConfig | None
) -> dict[str, Any]:
    if tracking is not None:
        return {**_scaling(tier, tracking), **_times(tier, tracking)}
    if ahead is not None:
        names = SCALING[tier.target.type]
        metric = _metric(tier, ahead.metric.scaling, names, ahead.resource_label)
        return {**metric, "TargetValue": ahead.target}
    return _utilised(tier)


def _scaling(tier: TierConfig, policy: TrackingConfig) -> dict[str, Any]:
    names = TRACKING.get(tier.target.type, {})
    metric = _metric(tier, policy.metric, names, policy.resource_label)
    return {**metric, "TargetValue": policy.target, "DisableScaleIn": policy.disable_scale_in}


def _times(tier: TierConfig, policy: TrackingConfig) -> dict[str, int]:
    given = {
        "EstimatedInstanceWarmup": policy.warmup,
        "ScaleOutCooldown": policy.scale_out_cooldown,
        "ScaleInCooldown": policy.scale_in_cooldown,
    }
    lead = tier.lead_time
    return {k: _seconds(seconds_of(v, lead)) for k, v in given.items() if v is not None}


def _metric(
    tier: TierConfig, metric: PolicyMetric, names: Mapping[str, str], label: str | None
) -> dict[str, Any]:
    if metric.named is None:
        return {"CustomizedScalingMetricSpecification": _own(tier, metric)}
    if metric.named.endswith("_high_resolution"):
        coarse = metric.named.removesuffix("_high_resolution")
        raise _impossible(tier, f"it has no metric {metric.named}", f"write metric: {coarse}")
    said = predefined(names[metric.named], metric.named, label)
    said["PredefinedScalingMetricType"] = said.pop("PredefinedMetricType")
    return {"PredefinedScalingMetricSpecification": said}


def _own(tier: TierConfig, metric: PolicyMetric) -> dict[str, Any]:
    """One metric of one's own, in one of CloudWatch's plain statistics; no expression."""
    query = metric.queries[-1]
    if len(metric.queries) > 1 or query.expression is not None or query.stat not in STATISTICS:
        cure = "name one metric, with stat: " + ", ".join(STATISTICS)
        raise _impossible(tier, "it knows no metric maths and no percentiles", cure)
    where = dimensions(query.dimensions)
    plain = {"MetricName": query.metric, "Namespace": query.namespace, "Statistic": query.stat}
    return {**plain, **({"Dimensions": where} if where else {})}


def _utilised(tier: TierConfig) -> dict[str, Any]:
    """Track the tier's own utilisation, by a metric that AWS has ready."""
    names, demand = TRACKING[tier.target.type], tier.demand[0]
    if "utilization" in names:
        kind, target = "utilization", 100 * tier.utilization
        if not 20 <= target <= 90:
            cure = "write a utilization from 20% to 90%"
            raise _impossible(tier, f"DynamoDB tracks no utilization of {target:g} %", cure)
    else:
        ready = followed(getattr(demand, "metric", ""), tier.capacity_of(demand).amount)
        if ready is None or ready.tracking not in names or ready.tracking in BY_TARGET_GROUP:
            cure = "add policies: {target_tracking: {metric: ..., target: ...}} to the tier"
            raise _impossible(tier, f"it cannot track {demand.said} by itself", cure)
        kind, target = ready.tracking, tier.utilization * ready.at_full
    said = {"PredefinedScalingMetricType": names[kind]}
    return {"PredefinedScalingMetricSpecification": said, "TargetValue": round(target, 6)}


def _ahead(tier: TierConfig, policy: PredictiveConfig, *, dynamic: bool) -> dict[str, Any]:
    """Predictive scaling of an EC2 group; it keeps the target of the one tracked metric."""
    if tier.target.type != EC2:
        raise _impossible(tier, "it predicts EC2 groups only", "leave predictive out of the tier")
    tracking = tier.policies.target_tracking if tier.policies else None
    if dynamic and tracking is not None and not _alike(tier, tracking, policy):
        cure = "give target_tracking and predictive one metric and one target"
        raise _impossible(tier, "it has one scaling metric and target for both", cure)
    buffer = min(seconds_of(policy.buffer, tier.lead_time), LONGEST_BUFFER)
    return {
        **_load(tier, policy),
        "ScheduledActionBufferTime": _seconds(buffer),
        "PredictiveScalingMode": _MODES[policy.mode],
        **_most(tier, policy),
        "DisableDynamicScaling": not dynamic,
    }


def _alike(tier: TierConfig, tracking: TrackingConfig, policy: PredictiveConfig) -> bool:
    metric = _metric(tier, policy.metric.scaling, SCALING[EC2], policy.resource_label)
    one = {**metric, "TargetValue": policy.target, "DisableScaleIn": tracking.disable_scale_in}
    return one == _scaling(tier, tracking)


def _load(tier: TierConfig, policy: PredictiveConfig) -> dict[str, Any]:
    load = policy.metric.load
    if load.named is not None:
        said = predefined(LOAD[EC2][load.named], load.named, policy.resource_label)
        said["PredefinedLoadMetricType"] = said.pop("PredefinedMetricType")
        return {"PredefinedLoadMetricSpecification": said}
    own = _own(tier, load)
    if own["Statistic"] != "Sum":
        raise _impossible(tier, f"it takes no {own['Statistic']} of a load", "write stat: Sum")
    return {"CustomizedLoadMetricSpecification": own}


def _most(tier: TierConfig, policy: PredictiveConfig) -> dict[str, Any]:
    most = policy.max_capacity
    if not isinstance(most, IncreaseConfig):
        return {}
    buffer = round(100 * most.increase)
    if buffer == 0:
        return {"PredictiveScalingMaxCapacityBehavior": "SetMaxCapacityToForecastCapacity"}
    return {
        "PredictiveScalingMaxCapacityBehavior": "SetMaxCapacityAboveForecastCapacity",
        "PredictiveScalingMaxCapacityBuffer": buffer,
    }


def _seconds(value: timedelta) -> int:
    return int(value.total_seconds())


def _impossible(tier: TierConfig, why: str, cure: str) -> ConfigError:
    return ConfigError(f"{tier.name}: not in a scaling plan: {why}", cure=cure)
