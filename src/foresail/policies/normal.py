"""One form for what was asked and what AWS answers: defaults filled in, order and types settled.

AWS leaves out what is empty or fills in its default, so a policy read back is compared in this
form only. Defaults are those of the API references of EC2 and Application Auto Scaling.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DEFAULTS: dict[str, dict[str, Any]] = {
    "TargetTrackingConfiguration": {"DisableScaleIn": False},
    "TargetTrackingScalingPolicyConfiguration": {"DisableScaleIn": False},
    "PredictiveScalingConfiguration": {
        "Mode": "ForecastOnly",
        "SchedulingBufferTime": 300,
        "MaxCapacityBreachBehavior": "HonorMaxCapacity",
    },
    "PredictiveScalingPolicyConfiguration": {
        "Mode": "ForecastOnly",
        "SchedulingBufferTime": 300,
        "MaxCapacityBreachBehavior": "HonorMaxCapacity",
    },
    "StepScalingPolicyConfiguration": {"MetricAggregationType": "Average"},
}
_STEP = {"MetricAggregationType": "Average"}
_POOL = {"MinSize": 0, "PoolState": "Stopped", "MaxGroupPreparedCapacity": -1}
_ALARM = (
    "Namespace",
    "MetricName",
    "Dimensions",
    "Statistic",
    "ExtendedStatistic",
    "Period",
    "EvaluationPeriods",
    "Threshold",
    "ComparisonOperator",
    "TreatMissingData",
)
_SORTED = {"Dimensions": "Name"}
_PERIOD = 60  # of a target-tracking metric that names none


def normal(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Bring the settings of a policy into the form in which they are compared.

    Parameters
    ----------
    settings
        What PutScalingPolicy takes or DescribePolicies answers, without names, ARN and alarms.
    """
    clean = _clean(settings)
    if "StepAdjustments" in clean:
        clean = {**_STEP, **clean}
    filled = {
        key: {**_DEFAULTS.get(key, {}), **value} if isinstance(value, dict) else value
        for key, value in clean.items()
    }
    return {key: filled[key] for key in sorted(filled)}


def normal_pool(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Bring the settings of a warm pool into that form; its status is left out."""
    known = _clean({k: v for k, v in settings.items() if k != "Status"})
    reuse = {"ReuseOnScaleIn": False, **known.get("InstanceReusePolicy", {})}
    return {**_POOL, **known, "InstanceReusePolicy": reuse}


def normal_alarm(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Bring an alarm, asked for or described, into that form; name, actions and state left out."""
    known = _clean({key: settings[key] for key in _ALARM if key in settings})
    return {"TreatMissingData": "missing", **known}


def _clean(value: Any, key: str = "") -> Any:
    """Drop what is empty, make numbers plain, and sort where order means nothing."""
    if isinstance(value, Mapping):
        pairs = {k: _clean(v, k) for k, v in value.items()}
        kept = {k: v for k, v in pairs.items() if v not in (None, {}, [])}
        return _with_period(key, kept)
    if isinstance(value, list | tuple):
        items = [_clean(one) for one in value]
        return sorted(items, key=lambda one: str(one[_SORTED[key]])) if key in _SORTED else items
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _with_period(key: str, values: dict[str, Any]) -> dict[str, Any]:
    """Drop the default Period of a target-tracking metric, which AWS may or may not answer."""
    if key in ("MetricStat", "CustomizedMetricSpecification") and values.get("Period") == _PERIOD:
        return {k: v for k, v in values.items() if k != "Period"}
    return values
