"""A plan as Terraform, in its JSON syntax: names and blocks of hashicorp/aws 5.

Attributes are those of the provider's own schema. Text of a plan is never a template: ``${`` and
``%{`` are escaped; only the references between resources are expressions.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from foresail.changes.planfile import PlanFile
from foresail.iac.resources import Resource
from foresail.policies.items import ScalingPolicy
from foresail.targets.base import ScheduledAction
from foresail.targets.policies_aas import alarm_name
from foresail.targets.registry import target_class
from foresail.targets.scheduler import ScheduledCall

UNSET = -1  # of a size: the provider takes a size that is left out for 0
_BLOCKS = {
    "Dimensions": "dimensions",
    "MetricSpecifications": "metric_specification",
    "StepAdjustments": "step_adjustment",
}
_SIZES = ("min_size", "max_size", "desired_capacity")
Body = dict[str, Any]


def terraform(plan: PlanFile, found: Sequence[Resource], notes: Iterable[str]) -> str:
    """Write resources as a ``.tf.json`` file.

    Parameters
    ----------
    plan
        The plan that they are of.
    found
        Its items, settings before actions.
    notes
        Told at the top of the file.
    """
    known: dict[str, dict[str, Body]] = defaultdict(dict)
    standing: dict[str, list[str]] = defaultdict(list)
    for one in found:
        if left_out(one):
            continue
        owner = f"{one.tier.service}/{one.tier.tier}"
        for kind, name, body in _resources(one):
            if not isinstance(one.item, ScheduledAction):
                standing[owner].append(f"{kind}.{name}")
            elif standing[owner]:  # a floor may rely on what reacts above it
                body["depends_on"] = list(standing[owner])
            known[kind][name] = {**_provider(plan, one), **body}
    return json.dumps({"//": list(notes), "resource": known}, indent=2) + "\n"


def left_out(one: Resource) -> str:
    """Say why the provider cannot have a resource; empty where it can."""
    if not isinstance(one.item, ScalingPolicy | ScheduledAction):
        return "Terraform knows a warm pool only inside aws_autoscaling_group"
    if one.scalable and getattr(one.item, "policy_type", "") == "PredictiveScaling":
        return "hashicorp/aws 5 has no predictive policy of Application Auto Scaling"
    return ""


def provider_alias(one: Resource) -> str:
    """Alias of the provider for a tier's place: ``eu_west_1``, or with its account behind."""
    return "_".join(filter(None, (one.tier.region.replace("-", "_"), one.tier.account)))


def elsewhere(plan: PlanFile, one: Resource) -> bool:
    """Whether a tier is not where the configuration is, so that it needs a provider of its own."""
    return bool(one.tier.account) or one.tier.region != plan.region


def _provider(plan: PlanFile, one: Resource) -> Body:
    return {"provider": f"aws.{provider_alias(one)}"} if elsewhere(plan, one) else {}


def _resources(one: Resource) -> Iterable[tuple[str, str, Body]]:
    """Type, name and body of what an item becomes: a step policy brings its alarm."""
    name = "_".join((*one.words, one.unique))
    if isinstance(one.item, ScheduledAction):
        kind, body = _scheduled(one)
        yield kind, name, {"//": one.reason, **body}
        return
    policy = "aws_appautoscaling_policy" if one.scalable else "aws_autoscaling_policy"
    yield policy, name, {"//": one.reason, **_policy(one)}
    if isinstance(one.item, ScalingPolicy) and one.item.alarm is not None:
        driven = f"${{{policy}.{name}.arn}}"
        yield "aws_cloudwatch_metric_alarm", name, _alarm(one, one.item.alarm, driven)


def _scheduled(one: Resource) -> tuple[str, Body]:
    cls = target_class(one.tier.live.type_name)
    if issubclass(cls, ScheduledCall):  # the provider cannot say ActionAfterCompletion
        request = {k: v for k, v in one.request.items() if k != "ActionAfterCompletion"}
        return "aws_scheduler_schedule", _block(request)
    body = _block(one.request)
    if one.scalable:
        body["name"] = body.pop("scheduled_action_name")
        return "aws_appautoscaling_scheduled_action", {**_scalable(one), **body}
    sizes = dict.fromkeys(_SIZES, UNSET)
    group = {"autoscaling_group_name": _text(one.tier.live.name)}
    return "aws_autoscaling_schedule", {**group, **sizes, **body}


def _scalable(one: Resource) -> Body:
    assert one.scalable is not None
    return {
        "service_namespace": one.scalable.namespace,
        "resource_id": _text(one.tier.live.name),
        "scalable_dimension": one.scalable.dimension,
    }


def _policy(one: Resource) -> Body:
    body = {"name": _text(one.item.name), **_block(one.request)}
    if one.scalable:
        return {**_scalable(one), **body}
    for tracked in body.get("target_tracking_configuration", ()):
        for metric in tracked.get("customized_metric_specification", ()):
            if "dimensions" in metric:
                metric["metric_dimension"] = metric.pop("dimensions")
    return {"autoscaling_group_name": _text(one.tier.live.name), **body}


def _alarm(one: Resource, alarm: Mapping[str, Any], driven: str) -> Body:
    name = alarm_name(one.item.name, one.scalable.dimension) if one.scalable else one.item.name
    where = {_text(row["Name"]): _text(row["Value"]) for row in alarm.get("Dimensions", ())}
    rest = _block({key: value for key, value in alarm.items() if key != "Dimensions"})
    return {"alarm_name": _text(name), "dimensions": where, **rest, "alarm_actions": [driven]}


def _block(request: Mapping[str, Any]) -> Body:
    """Turn a request of the API into a block: names in snake case, structures as blocks."""
    return {_BLOCKS.get(key, _snake(key)): _value(inner) for key, inner in request.items()}


def _value(value: Any) -> Any:
    if isinstance(value, Mapping):
        return [_block(value)]
    if isinstance(value, list | tuple):
        return [_block(one) if isinstance(one, Mapping) else _value(one) for one in value]
    return _text(value) if isinstance(value, str) else value


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _text(value: str) -> str:
    return value.replace("${", "$${").replace("%{", "%%{")
