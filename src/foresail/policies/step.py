"""Step policies, each with the alarm that drives it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from foresail.config.policies import StepConfig
from foresail.config.policy_metrics import EC2
from foresail.config.policy_parts import AdjustmentConfig, SideConfig, checked_steps
from foresail.policies.ec2 import warm_up
from foresail.policies.items import ScalingPolicy
from foresail.policies.normal import normal, normal_alarm
from foresail.policies.specification import dimensions

_ADJUSTMENTS = {
    "units": "ChangeInCapacity",
    "percent": "PercentChangeInCapacity",
    "exact": "ExactCapacity",
}


def step_policies(
    step: StepConfig, type_name: str, target_name: str, prefix: str, lead: timedelta
) -> list[ScalingPolicy]:
    """Build the policy that scales out, and the one that scales in where there is one."""
    sides = [("out", step.scale_out)]
    if step.scale_in is not None:
        sides.append(("in", step.scale_in))
    return [
        ScalingPolicy(
            f"{prefix}step-{way}",
            "StepScaling",
            _settings(step, checked_steps(side, out=way == "out"), type_name, lead),
            _alarm(step, side, _metric(step, type_name, target_name), out=way == "out"),
        )
        for way, side in sides
    ]


def _settings(
    step: StepConfig, steps: tuple[AdjustmentConfig, ...], type_name: str, lead: timedelta
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "AdjustmentType": _ADJUSTMENTS[step.adjustment],
        "StepAdjustments": [_adjustment(one) for one in steps],
        "MetricAggregationType": "Average",
    }
    if step.least_change is not None:
        body["MinAdjustmentMagnitude"] = step.least_change
    if type_name == EC2:
        return normal({**body, **warm_up(step.warmup, lead)})
    if step.cooldown is not None:
        body["Cooldown"] = int(step.cooldown.total_seconds())
    return normal({"StepScalingPolicyConfiguration": body})


def _adjustment(step: AdjustmentConfig) -> dict[str, Any]:
    bounds = {"MetricIntervalLowerBound": step.lower, "MetricIntervalUpperBound": step.upper}
    given = {key: value for key, value in bounds.items() if value is not None}
    return {**given, "ScalingAdjustment": step.change}


def _metric(step: StepConfig, type_name: str, target_name: str) -> dict[str, Any]:
    """Metric of the alarm: the target's own utilisation by its short name, or any other."""
    if step.metric.named is None:
        [query] = step.metric.queries
        named = {"Namespace": query.namespace, "MetricName": query.metric}
        statistic = "Statistic" if not query.stat.startswith("p") else "ExtendedStatistic"
        return {**named, "Dimensions": dimensions(query.dimensions), statistic: query.stat}
    metric = {"cpu": "CPUUtilization", "memory": "MemoryUtilization"}[step.metric.named]
    if type_name == EC2:
        namespace, where = "AWS/EC2", {"AutoScalingGroupName": target_name}
    else:
        _, cluster, service = target_name.split("/")
        namespace, where = "AWS/ECS", {"ClusterName": cluster, "ServiceName": service}
    said = {"Namespace": namespace, "MetricName": metric, "Statistic": "Average"}
    return {**said, "Dimensions": dimensions(where)}


def _alarm(
    step: StepConfig, side: SideConfig, metric: dict[str, Any], *, out: bool
) -> dict[str, Any]:
    way = "GreaterThanOrEqualToThreshold" if out else "LessThanOrEqualToThreshold"
    return normal_alarm(
        {
            **metric,
            "Period": int(step.period.total_seconds()),
            "EvaluationPeriods": side.periods,
            "Threshold": side.threshold,
            "ComparisonOperator": way,
        }
    )
