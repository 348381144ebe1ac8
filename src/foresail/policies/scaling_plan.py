"""AWS Auto Scaling's scaling plans in foresail's terms: each scaling instruction is a tier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foresail.config.policy_metrics import TRACKING

UTILIZATION = 0.7  # where the plan tells none
_TYPES = {
    "autoscaling:autoScalingGroup:DesiredCapacity": "ec2-auto-scaling-group",
    "ecs:service:DesiredCount": "ecs-service",
    "ec2:spot-fleet-request:TargetCapacity": "spot-fleet",
    "rds:cluster:ReadReplicaCount": "aurora-replicas",
    "dynamodb:table:ReadCapacityUnits": "dynamodb-table-read",
    "dynamodb:table:WriteCapacityUnits": "dynamodb-table-write",
    "dynamodb:index:ReadCapacityUnits": "dynamodb-index-read",
    "dynamodb:index:WriteCapacityUnits": "dynamodb-index-write",
}
_MODES = {"ForecastOnly": "forecast_only", "ForecastAndScale": "forecast_and_scale"}
_LOADS = {
    "ASGTotalCPUUtilization": "cpu",
    "ASGTotalNetworkIn": "network_in",
    "ASGTotalNetworkOut": "network_out",
    "ALBTargetGroupRequestCount": "requests",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """What a scaling plan says as tiers, and what of it could not be said."""

    tiers: tuple[dict[str, Any], ...]
    left_out: tuple[str, ...]


def imported(plan: Mapping[str, Any]) -> Imported:
    """Put a scaling plan, as DescribeScalingPlans answers it, into tiers of a service.

    The demand of a tier is the load that its target tracking keeps: CPU times units, requests of
    the target group, or consumed capacity. What has no such metric is left out, and told.
    """
    tiers, left_out = [], []
    for instruction in plan["ScalingInstructions"]:
        tier = _tier(instruction)
        if isinstance(tier, str):
            left_out.append(f"{instruction['ResourceId']}: {tier}")
            continue
        tiers.append(tier)
        left_out += _further(instruction)
    return Imported(tuple(tiers), tuple(left_out))


def _tier(instruction: Mapping[str, Any]) -> dict[str, Any] | str:
    dimension, resource = instruction["ScalableDimension"], instruction["ResourceId"]
    type_name = _TYPES[dimension]
    name = resource.split("/", 1)[1] if type_name == "ec2-auto-scaling-group" else resource
    tracked = _tracked(instruction["TargetTrackingConfigurations"], type_name)
    if tracked is None:
        return "it tracks no metric that AWS has ready; write the tier by hand"
    metric, configuration = tracked
    demand = _demand(metric, configuration, type_name, name)
    if demand is None:
        return f"no demand can be told from {metric}; write the tier by hand"
    policies = _policies(instruction, metric, configuration, type_name)
    return {
        "name": _short(name, type_name),
        "target": {"type": type_name, "name": name},
        **demand,
        "min": instruction["MinCapacity"],
        "max": instruction["MaxCapacity"],
        **({"policies": policies} if policies else {}),
    }


def _tracked(
    configurations: Sequence[Mapping[str, Any]], type_name: str
) -> tuple[str, Mapping[str, Any]] | None:
    """Find the first metric tracked that has a short name, and its configuration."""
    short = {aws: name for name, aws in TRACKING[type_name].items()}
    for one in configurations:
        said = one.get("PredefinedScalingMetricSpecification", {})
        found = short.get(said.get("PredefinedScalingMetricType", ""))
        if found is not None:
            return found, one
    return None


def _further(instruction: Mapping[str, Any]) -> list[str]:
    more = len(instruction["TargetTrackingConfigurations"]) - 1
    if not more:
        return []
    said = "1 more tracked metric" if more == 1 else f"{more} more tracked metrics"
    return [f"{instruction['ResourceId']}: {said}; a tier tracks one"]


def _demand(
    metric: str, configuration: Mapping[str, Any], type_name: str, name: str
) -> dict[str, Any] | None:
    target = float(configuration["TargetValue"])
    if type_name.startswith("dynamodb-"):
        return _consumed(type_name, name, target / 100)
    if metric == "requests_per_target":
        label = configuration["PredefinedScalingMetricSpecification"]["ResourceLabel"]
        balancer, group = label.split("/targetgroup/")
        where = {"LoadBalancer": balancer, "TargetGroup": f"targetgroup/{group}"}
        rate = target / 60 / UTILIZATION
        return {
            "demand": _metric("AWS/ApplicationELB", "RequestCount", where, "Sum", missing="zero"),
            "unit_capacity": f"{rate:.6g} requests/s",
            "utilization": UTILIZATION,
        }
    busy = _utilised(metric, type_name, name)
    if busy is None:
        return None
    return {"demand": busy, "unit_capacity": "100 %", "utilization": target / 100}


def _utilised(metric: str, type_name: str, name: str) -> dict[str, Any] | None:
    """Utilisation times units, where foresail knows what counts the units."""
    if metric == "cpu" and type_name == "ec2-auto-scaling-group":
        dimensions = {"AutoScalingGroupName": name}
        return _metric("AWS/EC2", "CPUUtilization", dimensions, "Average", scale_by="capacity")
    if metric in ("cpu", "memory") and type_name == "ecs-service":
        _, cluster, service = name.split("/")
        spelled = {"cpu": "CPUUtilization", "memory": "MemoryUtilization"}[metric]
        dimensions = {"ClusterName": cluster, "ServiceName": service}
        return _metric("AWS/ECS", spelled, dimensions, "Average", scale_by="capacity")
    return None


def _consumed(type_name: str, name: str, utilization: float) -> dict[str, Any]:
    parts = name.split("/")
    way = "Read" if type_name.endswith("read") else "Write"
    where = {"TableName": parts[1]}
    if len(parts) > 2:
        where["GlobalSecondaryIndexName"] = parts[3]
    metric = f"Consumed{way}CapacityUnits"
    return {
        "demand": _metric("AWS/DynamoDB", metric, where, "Sum", missing="zero"),
        "unit_capacity": "1 units/s",
        "utilization": utilization,
    }


def _metric(
    namespace: str, metric: str, dimensions: dict[str, str], stat: str, **more: str
) -> dict[str, Any]:
    said = {"namespace": namespace, "metric": metric, "dimensions": dimensions, "stat": stat}
    return {**said, **more}


def _policies(
    instruction: Mapping[str, Any], metric: str, configuration: Mapping[str, Any], type_name: str
) -> dict[str, Any]:
    label = configuration["PredefinedScalingMetricSpecification"].get("ResourceLabel")
    labelled = {"resource_label": label} if label else {}
    ec2 = type_name == "ec2-auto-scaling-group"
    times = (
        {"warmup": "EstimatedInstanceWarmup"}
        if ec2
        else {"scale_out_cooldown": "ScaleOutCooldown", "scale_in_cooldown": "ScaleInCooldown"}
    )
    found: dict[str, Any] = {}
    if not instruction.get("DisableDynamicScaling", False):
        found["target_tracking"] = {
            "metric": metric,
            "target": configuration["TargetValue"],
            **labelled,
            **({"disable_scale_in": True} if configuration.get("DisableScaleIn") else {}),
            **{k: f"{configuration[v]}s" for k, v in times.items() if v in configuration},
        }
    predictive = _predictive(instruction, configuration["TargetValue"], labelled) if ec2 else None
    return {**found, **({"predictive": predictive} if predictive else {})}


def _predictive(
    instruction: Mapping[str, Any], target: float, labelled: dict[str, str]
) -> dict[str, Any] | None:
    load = instruction.get("PredefinedLoadMetricSpecification", {}).get("PredefinedLoadMetricType")
    if load is None:
        return None
    requests = _LOADS[load] == "requests"
    most = instruction.get("PredictiveScalingMaxCapacityBehavior", "")
    buffer = instruction.get("PredictiveScalingMaxCapacityBuffer", 0)
    return {
        "metric": _LOADS[load],
        "target": target,
        **(labelled if requests else {}),
        "mode": _MODES[instruction.get("PredictiveScalingMode", "ForecastAndScale")],
        "buffer": f"{instruction.get('ScheduledActionBufferTime', 300)}s",
        **({"max_capacity": {"increase": f"{buffer}%"}} if most.startswith("SetMax") else {}),
    }


def _short(name: str, type_name: str) -> str:
    """Name a tier by the last part of its resource; a table's reads and writes are two tiers."""
    last = name.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
    plain = "".join(c if c.isalnum() or c in "._-" else "-" for c in last)[:50]
    way = type_name.rsplit("-", 1)[-1]
    return f"{plain}-{way}" if way in ("read", "write") else plain
