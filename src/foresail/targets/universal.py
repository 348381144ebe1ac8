"""EventBridge Scheduler's universal target: an API call as the ARN and the input of a schedule.

The names of the input are those of AWS's SDK for Java 2 with a capital letter (DbInstanceIdentifier
for the API's DBInstanceIdentifier), and so is the name of the service; the action begins small.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from foresail.errors import InputError

SERVICES = {"elbv2": "elasticloadbalancingv2"}  # where boto3's name is not the SDK's


def universal_call(
    partition: str, service: str, operation: str, params: dict[str, Any]
) -> tuple[str, str]:
    """Write a boto3 call as target ARN and input.

    Parameters
    ----------
    partition
        Of the region, like ``aws``.
    service, operation
        As boto3 and the API name them: ``elbv2``, ``ModifyCapacityReservation``.
    params
        As boto3 takes them.

    Returns
    -------
    tuple of str
        ARN and JSON text, with sorted keys.
    """
    shape = _input(service, operation)
    action = operation[0].lower() + operation[1:]
    arn = f"arn:{partition}:scheduler:::aws-sdk:{SERVICES.get(service, service)}:{action}"
    return arn, json.dumps(_renamed(shape, params, to_sdk=True), sort_keys=True)


def boto3_call(arn: str, text: str) -> tuple[str, str, dict[str, Any]]:
    """Read what `universal_call` wrote: service, operation and parameters of boto3.

    Raises
    ------
    InputError
        When the ARN is no universal target, or the input no such call.
    """
    found = re.fullmatch(r"arn:[a-z-]+:scheduler:::aws-sdk:([a-z0-9]+):(\w+)", arn)
    if found is None:
        raise InputError(f"{arn!r} is no universal target of EventBridge Scheduler")
    service = next((ours for ours, sdk in SERVICES.items() if sdk == found[1]), found[1])
    operation = found[2][0].upper() + found[2][1:]
    try:
        shape = _input(service, operation)
        params = _renamed(shape, json.loads(text), to_sdk=False)
    except (LookupError, ValueError, AttributeError, TypeError) as error:
        raise InputError(f"{arn}: its input is no such call: {text!r}") from error
    return service, operation, params


def _renamed(shape: Any, value: Any, *, to_sdk: bool) -> Any:
    """Rename the members of structures, at any depth."""
    if shape.type_name == "structure":
        names = {ours: sdk_name(ours) for ours in shape.members}
        old_new = names if to_sdk else {sdk: ours for ours, sdk in names.items()}
        return {
            old_new[key]: _renamed(
                shape.members[key if to_sdk else old_new[key]], inner, to_sdk=to_sdk
            )
            for key, inner in value.items()
        }
    if shape.type_name == "list":
        return [_renamed(shape.member, inner, to_sdk=to_sdk) for inner in value]
    return value


def sdk_name(member: str) -> str:
    """Name of an API member in the SDK for Java 2, with a capital: words, each lower but its first.

    >>> sdk_name("DBInstanceIdentifier"), sdk_name("ECPUPerSecond"), sdk_name("patchOperations")
    ('DbInstanceIdentifier', 'EcpuPerSecond', 'PatchOperations')
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", member)
    words = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", words)
    words = re.sub(r"([0-9])([a-zA-Z])", r"\1 \2", words)
    return "".join(word.capitalize() for word in words.split())


@cache
def _model(service: str) -> Any:
    import botocore.session
    from botocore.exceptions import UnknownServiceError

    try:
        return botocore.session.get_session().get_service_model(service)
    except UnknownServiceError as error:
        raise LookupError(service) from error


def _input(service: str, operation: str) -> Any:
    model = _model(service)
    if operation not in model.operation_names:
        raise LookupError(operation)
    return model.operation_model(operation).input_shape
