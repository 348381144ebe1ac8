"""Universal targets of EventBridge Scheduler: ``arn:aws:scheduler:::aws-sdk:SERVICE:ACTION``."""

from __future__ import annotations

import json
import re
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, UnknownServiceError
from botocore.model import OperationNotFoundError
from botocore.parsers import ResponseParserError

from foresail.sandbox.modules import World
from foresail.targets.universal import sdk_name

_ARN = re.compile(r"arn:aws[a-z-]*:scheduler:::aws-sdk:([a-z0-9]+):([a-z][A-Za-z0-9]+)")
_READS = ("get", "describe", "list", "poll", "receive", "search", "scan", "query", "select")
# Names of the AWS SDK that boto3 spells otherwise.
_BOTO3 = {
    "applicationautoscaling": "application-autoscaling",
    "elasticloadbalancingv2": "elbv2",
    "eventbridge": "events",
    "sfn": "stepfunctions",
}


class RefusedError(Exception):
    """A call failed; `code` is AWS's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def parse_target(arn: str) -> tuple[str, str]:
    """Service of boto3 and action of a target, or a ValueError."""
    found = _ARN.fullmatch(arn)
    if found is None:
        raise ValueError(f"{arn} is no universal target, and the sandbox runs no other")
    if found[2].startswith(_READS):
        raise ValueError(f"{found[2]} only reads: a universal target cannot call it")
    return _BOTO3.get(found[1], found[1]), found[2]


def check_input(world: World, service: str, action: str, text: str) -> dict[str, Any]:
    """Input of a call by the names that boto3 takes, or a ValueError."""
    shape = _operation(world, service, action).input_shape
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ValueError(f"Invalid RequestJson provided. Reason {error}") from error
    if not isinstance(given, dict):
        raise ValueError("Invalid RequestJson provided. Reason It is no object")
    named: dict[str, Any] = _named(shape, given)
    return named


def call(world: World, arn: str, text: str) -> None:
    """Make the call of a target; RefusedError with AWS's error when it fails."""
    service, action = parse_target(arn)
    fields = check_input(world, service, action, text)
    try:
        getattr(world.client(service), xform_name(action[0].upper() + action[1:]))(**fields)
    except ClientError as error:
        said: dict[str, Any] = dict(error.response.get("Error", {}))
        raise RefusedError(said.get("Code", ""), said.get("Message", "")) from error
    except (BotoCoreError, ResponseParserError) as error:
        raise RefusedError(type(error).__name__, str(error)) from error


def _operation(world: World, service: str, action: str) -> Any:
    try:
        model = world.client(service).meta.service_model
        return model.operation_model(action[0].upper() + action[1:])
    except (UnknownServiceError, OperationNotFoundError) as error:
        raise ValueError(f"no such API action: {service} {action}") from error


def _named(shape: Any, value: Any) -> Any:
    """Take members by the names that Scheduler knows, those of the SDK."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return dict(_member(shape, name, part) for name, part in value.items())
    if shape.type_name == "list" and isinstance(value, list):
        return [_named(shape.member, part) for part in value]
    return value


def _member(shape: Any, name: str, value: Any) -> tuple[str, Any]:
    for written, member in shape.members.items():
        if name == sdk_name(written):
            return written, _named(member, value)
    raise ValueError(f"Invalid RequestJson provided. Reason {name} is no field of {shape.name}")
