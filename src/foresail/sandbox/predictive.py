"""Loads that predictive scaling policies name, for EC2 groups and ECS services."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from foresail.sandbox.forecaster import LEAST, Hours, Load, metric_hours, total
from foresail.sandbox.metrics import Metrics

_NETWORK = {"In": "NetworkIn", "Out": "NetworkOut"}
Dimensions = dict[str, str]


def load_of(
    metrics: Metrics, specification: Mapping[str, Any], owner: Dimensions, now: datetime
) -> Load:
    """Load of a metric specification over the last 14 days.

    Parameters
    ----------
    owner
        Dimensions of the fleet: AutoScalingGroupName, or ClusterName and ServiceName.

    Raises
    ------
    ValueError
        When the metric is not known here, or has less than 24 hours.
    """
    target = float(specification["TargetValue"])
    custom = specification.get("CustomizedLoadMetricSpecification")
    if custom:
        hours, per_unit = _customised(metrics, custom, target, now)
    else:
        hours, per_unit = _predefined(metrics, specification, owner, target, now)
    if len(hours) < LEAST:
        raise ValueError(f"the load metric has {len(hours)} hours of data; {LEAST} are needed")
    return Load(hours, per_unit)


def _customised(
    metrics: Metrics, custom: Mapping[str, Any], target: float, now: datetime
) -> tuple[Hours, float]:
    queries = custom["MetricDataQueries"]
    if len(queries) != 1 or "MetricStat" not in queries[0]:
        raise ValueError("the sandbox forecasts one metric without maths")
    stat = queries[0]["MetricStat"]
    hours = metric_hours(metrics, stat["Metric"], stat["Stat"], now)
    return hours, target * (60 if stat["Stat"] == "Sum" else 1)


def _predefined(
    metrics: Metrics, spec: Mapping[str, Any], owner: Dimensions, target: float, now: datetime
) -> tuple[Hours, float]:
    chosen = spec.get("PredefinedLoadMetricSpecification") or spec.get(
        "PredefinedMetricPairSpecification"
    )
    if chosen is None:
        raise ValueError("a load metric or a metric pair is needed")
    kind = chosen["PredefinedMetricType"]
    if "RequestCount" in kind:  # TargetValue is per unit and minute
        return _requests(metrics, chosen["ResourceLabel"], now), target * 60
    name = next((n for n in ("CPUUtilization", "MemoryUtilization") if n[:3] in kind), None)
    name = name or next((n for tail, n in _NETWORK.items() if kind.endswith(tail)), None)
    if name is None:
        raise ValueError(f"the sandbox does not know the metric {kind}")
    return _total(metrics, name, owner, now), target


def _requests(metrics: Metrics, label: str, now: datetime) -> Hours:
    """Count requests of the target group in a label, or of its load balancer when it has none."""
    balancer, _, group = label.partition("/targetgroup/")
    values: list[Dimensions] = [
        {"LoadBalancer": balancer, "TargetGroup": f"targetgroup/{group}"},
        {"LoadBalancer": balancer},
    ]
    tried = (_hours(metrics, "AWS/ApplicationELB", "RequestCount", v, "Sum", now) for v in values)
    return next((hours for hours in tried if hours), {})


def _total(metrics: Metrics, name: str, owner: Dimensions, now: datetime) -> Hours:
    """Average of a fleet times its units."""
    ecs = "ServiceName" in owner
    average = _hours(metrics, "AWS/ECS" if ecs else "AWS/EC2", name, owner, "Average", now)
    place, counted = ("ECS/ContainerInsights", "RunningTaskCount") if ecs else (
        "AWS/AutoScaling", "GroupInServiceInstances"
    )  # fmt: skip
    return total(average, _hours(metrics, place, counted, owner, "Average", now))


def _hours(
    metrics: Metrics, namespace: str, name: str, dimensions: Dimensions, stat: str, now: datetime
) -> Hours:
    named = [{"Name": k, "Value": v} for k, v in dimensions.items()]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": named}
    return metric_hours(metrics, metric, stat, now)
