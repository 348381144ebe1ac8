"""Scaling policies and warm pools in a few words, for change sets and drift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def policy_words(
    policy_type: str, settings: Mapping[str, Any], alarm: Mapping[str, Any] | None
) -> str:
    """Say what a policy does; `settings` as `foresail.policies.items.ScalingPolicy` has them."""
    body = _body(settings)
    if policy_type == "TargetTrackingScaling":
        return _tracking(body)
    if policy_type == "PredictiveScaling":
        return _predictive(body)
    if policy_type == "StepScaling":
        return _step(body, alarm)
    return f"{policy_type} of {body.get('ScalingAdjustment', '?')}"


def pool_words(settings: Mapping[str, Any]) -> str:
    """Say what a warm pool holds."""
    if not settings:
        return "no pool, but foresail's mark on the group"
    most = settings.get("MaxGroupPreparedCapacity", -1)
    size = "up to MaxSize" if most == -1 else f"up to {most} prepared"
    reuse = ", reused on scale-in" if settings["InstanceReusePolicy"]["ReuseOnScaleIn"] else ""
    return (
        f"warm pool, {settings['PoolState'].lower()}, {settings['MinSize']} or more, {size}{reuse}"
    )


def _body(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Look one level down, where AWS keeps the settings in a configuration."""
    inner = [value for key, value in settings.items() if key.endswith("Configuration")]
    return inner[0] if inner else settings


def _tracking(body: Mapping[str, Any]) -> str:
    only_out = ", scale-out only" if body.get("DisableScaleIn") else ""
    return f"track {_metric(body)} at {body['TargetValue']:g}{only_out}"


def _predictive(body: Mapping[str, Any]) -> str:
    spec = body["MetricSpecifications"][0]
    verb = "forecast and scale" if body["Mode"] == "ForecastAndScale" else "forecast only"
    buffer = body["SchedulingBufferTime"]
    most = body["MaxCapacityBreachBehavior"]
    over = f", {most}" if most != "HonorMaxCapacity" else ""
    return f"{verb}: {_metric(spec)} at {spec['TargetValue']:g}, {buffer} s ahead{over}"


def _step(body: Mapping[str, Any], alarm: Mapping[str, Any] | None) -> str:
    moves = [f"{step['ScalingAdjustment']:+d}" for step in body.get("StepAdjustments", [])]
    percent = " %" if body.get("AdjustmentType", "").startswith("Percent") else ""
    said = f"steps {', '.join(moves)}{percent}"
    if alarm is None:
        return f"{said}, without an alarm of foresail's"
    side = ">=" if alarm["ComparisonOperator"].startswith("Greater") else "<="
    return f"{said} when {alarm['MetricName']} {side} {alarm['Threshold']:g}"


def _metric(spec: Mapping[str, Any]) -> str:
    for key, value in spec.items():
        if key.startswith("Predefined"):
            return str(value["PredefinedMetricType"])
    return "a customised metric"
