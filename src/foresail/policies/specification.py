"""Metric specifications of scaling policies: both services spell them alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from foresail.config.policies import IncreaseConfig, PredictiveConfig
from foresail.config.policy_metrics import BY_TARGET_GROUP, LOAD, PAIRS, SCALING
from foresail.config.policy_parts import PolicyMetric, QueryConfig


def predictive_configuration(
    policy: PredictiveConfig, type_name: str, buffer: timedelta
) -> dict[str, Any]:
    """Build the configuration of a predictive policy; both services spell it alike."""
    most = policy.max_capacity
    behaviour: dict[str, Any] = {"MaxCapacityBreachBehavior": "HonorMaxCapacity"}
    if isinstance(most, IncreaseConfig):
        behaviour = {
            "MaxCapacityBreachBehavior": "IncreaseMaxCapacity",
            "MaxCapacityBuffer": round(most.increase * 100),
        }
    modes = {"forecast_only": "ForecastOnly", "forecast_and_scale": "ForecastAndScale"}
    return {
        "MetricSpecifications": [{"TargetValue": policy.target, **_pair(policy, type_name)}],
        "Mode": modes[policy.mode],
        "SchedulingBufferTime": int(buffer.total_seconds()),
        **behaviour,
    }


def predefined(name: str, short: str, label: str | None) -> dict[str, str]:
    """Name one of AWS's own metrics, with the target group where it counts requests."""
    where = {"ResourceLabel": label} if label is not None and short in BY_TARGET_GROUP else {}
    return {"PredefinedMetricType": name, **where}


def queries(metric: PolicyMetric) -> list[dict[str, Any]]:
    """Build MetricDataQueries; of several only the last one returns data."""
    rows = [_query(query) for query in metric.queries]
    if len(rows) == 1:
        return rows
    return [*({**row, "ReturnData": False} for row in rows[:-1]), {**rows[-1], "ReturnData": True}]


def dimensions(where: dict[str, str]) -> list[dict[str, str]]:
    """Write dimensions as AWS does."""
    return [{"Name": name, "Value": value} for name, value in sorted(where.items())]


def _pair(policy: PredictiveConfig, type_name: str) -> dict[str, Any]:
    load, scaling, label = policy.metric.load, policy.metric.scaling, policy.resource_label
    if load.named is not None and load.named == scaling.named:
        pair = predefined(PAIRS[type_name][load.named], load.named, label)
        return {"PredefinedMetricPairSpecification": pair}
    capacity = policy.metric.capacity
    return {
        **_one("Scaling", scaling, SCALING[type_name], label),
        **_one("Load", load, LOAD[type_name], label),
        **({} if capacity is None else _one("Capacity", capacity, {}, label)),
    }


def _one(role: str, metric: PolicyMetric, names: Any, label: str | None) -> dict[str, Any]:
    if metric.named is not None:
        said = predefined(names[metric.named], metric.named, label)
        return {f"Predefined{role}MetricSpecification": said}
    return {f"Customized{role}MetricSpecification": {"MetricDataQueries": queries(metric)}}


def _query(query: QueryConfig) -> dict[str, Any]:
    if query.expression is not None:
        return {"Id": query.id, "Expression": query.expression}
    where = {
        "Namespace": query.namespace,
        "MetricName": query.metric,
        "Dimensions": dimensions(query.dimensions),
    }
    return {"Id": query.id, "MetricStat": {"Metric": where, "Stat": query.stat}}
