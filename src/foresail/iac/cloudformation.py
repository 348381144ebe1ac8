"""A plan as a CloudFormation template.

CloudFormation names EC2's scheduled actions and policies itself, and has no scheduled action of
Application Auto Scaling: those are a property of the scalable target.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from foresail.errors import InputError
from foresail.iac.resources import Resource
from foresail.policies.items import ScalingPolicy
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.base import ScheduledAction
from foresail.targets.policies_aas import alarm_name
from foresail.targets.registry import target_class
from foresail.targets.scheduler import ScheduledCall

MOST_RESOURCES = 500  # of a template
MOST_TEXT = 1_000_000  # bytes of a template in S3; 51,200 in the request itself
UNLIMITED = -1  # how the API says that a warm pool has no maximum of its own
Body = dict[str, Any]


def cloudformation(found: Sequence[Resource], notes: Iterable[str], *, yaml: bool) -> str:
    """Write resources as a template, in JSON or YAML.

    Raises
    ------
    InputError
        The tiers are in several places, or more than a template may hold.
    """
    places = sorted({one.tier.place for one in found})
    if len(places) > 1:
        raise InputError(
            f"a stack is of one region and account, and the plan is of {', '.join(places)}",
            cure="write each service by itself: --service NAME",
        )
    known = _resources(found)
    if len(known) > MOST_RESOURCES:
        raise _too_much(f"{len(known)} resources; a template has {MOST_RESOURCES} at most")
    text = _text({"Metadata": {"Foresail": list(notes)}, "Resources": known}, yaml=yaml)
    if len(text.encode()) > MOST_TEXT:
        raise _too_much(f"{len(text.encode()):,} bytes; a template has {MOST_TEXT:,} at most")
    return text


def _too_much(what: str) -> InputError:
    return InputError(
        f"the plan is {what}",
        cure="write each service by itself (--service NAME), or fewer steps (max_actions)",
    )


def _text(template: Body, *, yaml: bool) -> str:
    whole = {"AWSTemplateFormatVersion": "2010-09-09", **template}
    if not yaml:
        return json.dumps(whole, indent=2) + "\n"
    import yaml as library

    return library.safe_dump(whole, sort_keys=False, width=100)


def _resources(found: Sequence[Resource]) -> dict[str, Body]:
    known: dict[str, Body] = {}
    standing: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in found:
        owner = (one.tier.service, one.tier.tier)
        if one.scalable and isinstance(one.item, ScheduledAction):
            _add_to_target(known, one, one.scalable, standing[owner])
            continue
        name = _logical(one)
        known[name] = {**_body(one), **_told(one)}
        if isinstance(one.item, ScheduledAction):
            known[name] |= {"DependsOn": list(standing[owner])} if standing[owner] else {}
            continue
        standing[owner].append(name)
        if isinstance(one.item, ScalingPolicy) and one.item.alarm is not None:
            known[f"{name}Alarm"] = _alarm(one, one.item.alarm, name)
            standing[owner].append(f"{name}Alarm")
    return known


def _logical(one: Resource) -> str:
    return "".join(word[:1].upper() + word[1:] for word in (*one.words, one.unique))


def _told(one: Resource) -> Body:
    said = {"Name": one.item.name, "Reason": one.reason}
    return {"Metadata": {"Foresail": {key: value for key, value in said.items() if value}}}


def _body(one: Resource) -> Body:
    group = {"AutoScalingGroupName": one.tier.live.name}
    if isinstance(one.item, ScheduledAction):
        if issubclass(target_class(one.tier.live.type_name), ScheduledCall):
            return _resource("AWS::Scheduler::Schedule", _without(one, "ActionAfterCompletion"))
        request = _without(one, "ScheduledActionName")
        return _resource("AWS::AutoScaling::ScheduledAction", {**group, **request})
    if not isinstance(one.item, ScalingPolicy):
        pool = {key: value for key, value in one.request.items() if value != UNLIMITED}
        return _resource("AWS::AutoScaling::WarmPool", {**group, **pool})
    if one.scalable:
        named = {"PolicyName": one.item.name, **_scalable(one, one.scalable)}
        return _resource("AWS::ApplicationAutoScaling::ScalingPolicy", {**named, **one.request})
    return _resource("AWS::AutoScaling::ScalingPolicy", {**group, **one.request})


def _resource(kind: str, properties: Body) -> Body:
    return {"Type": kind, "Properties": properties}


def _without(one: Resource, name: str) -> Body:
    return {key: value for key, value in one.request.items() if key != name}


def _scalable(one: Resource, cls: type[ScalableTarget]) -> Body:
    return {
        "ServiceNamespace": cls.namespace,
        "ResourceId": one.tier.live.name,
        "ScalableDimension": cls.dimension,
    }


def _add_to_target(
    known: dict[str, Body], one: Resource, cls: type[ScalableTarget], standing: Sequence[str]
) -> None:
    """Put an action into its scalable target, which is kept when the stack goes.

    Its bounds are those in force: an update of the stack sets them, and must not lower the floor.
    """
    words = ("foresail", one.tier.service, one.tier.tier, "target")
    plain = ("".join(c for c in word if c.isalnum()) for word in words)
    name = "".join(word[:1].upper() + word[1:] for word in plain) + _short(one)
    live = one.tier.live
    bounds = {"MinCapacity": live.min_size, "MaxCapacity": live.max_size}
    target = known.setdefault(
        name,
        {
            **_resource(
                "AWS::ApplicationAutoScaling::ScalableTarget",
                {**_scalable(one, cls), **bounds, "ScheduledActions": []},
            ),
            **({"DependsOn": list(standing)} if standing else {}),
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Metadata": {"Foresail": {"Reasons": {}}},
        },
    )
    target["Properties"]["ScheduledActions"].append(dict(one.request))
    target["Metadata"]["Foresail"]["Reasons"][one.item.name] = one.reason


def _short(one: Resource) -> str:
    import hashlib

    live = one.tier.live
    text = "\0".join((one.tier.place, live.type_name, live.name))
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def _alarm(one: Resource, alarm: Mapping[str, Any], policy: str) -> Body:
    name = alarm_name(one.item.name, one.scalable.dimension) if one.scalable else one.item.name
    driven = {"AlarmName": name, "AlarmActions": [{"Ref": policy}]}
    return _resource("AWS::CloudWatch::Alarm", {**driven, **alarm})
