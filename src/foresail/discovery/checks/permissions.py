"""Permissions: reads are tried for real, writes are put to IAM's policy simulator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.discovery.checks.finding import Finding, not_checked, ok, problem
from foresail.errors import AwsError

if TYPE_CHECKING:
    from foresail.aws import Aws

ABOUT = "permissions"
IAM_READ = ("iam:SimulatePrincipalPolicy",)
SERVICES = {  # IAM's prefix, where boto3 calls the service otherwise
    "elasticloadbalancing": "elbv2",
    "states": "stepfunctions",
    "servicequotas": "service-quotas",
}
_ROLE = re.compile(r"arn:(?P<partition>[\w-]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/")
_DENIED = "no permission for"  # how aws_errors begins what it says of a denial
_BATCH = 100


def check_reads(
    aws: Aws, actions: Iterable[str], known: Mapping[str, Any], about: str = ABOUT
) -> Iterator[Finding]:
    """Try each read once, as cheaply as it goes.

    Parameters
    ----------
    aws
        Account to try it in.
    actions
        IAM actions that read.
    known
        Values for parameters that a call cannot do without, by their name.
    about
        What the findings are about.
    """
    allowed: list[str] = []
    left: list[str] = []
    for action in sorted(set(actions)):
        try:
            (allowed if _try(aws, action, known) else left).append(action)
        except AwsError as error:
            if error.message.startswith(_DENIED):
                yield problem(about, error.message, error.cure)
            elif "does not implement" in error.message:
                left.append(action)
            else:  # AWS judged the request, so that it was allowed
                allowed.append(action)
    if allowed:
        yield ok(about, f"reads allowed: {', '.join(allowed)}")
    if left:
        yield not_checked(about, f"reads that cannot be tried alone: {', '.join(left)}")


def _try(aws: Aws, action: str, known: Mapping[str, Any]) -> bool:
    """Call an action with what it cannot do without; False when that is not known."""
    from botocore import xform_name

    service, operation = action.split(":")
    client = aws.client(SERVICES.get(service, service))
    if operation not in client.meta.service_model.operation_names:
        return False  # API Gateway's actions are methods of HTTP
    shape = client.meta.service_model.operation_model(operation).input_shape
    required = shape.required_members if shape else []
    if not set(required) <= set(known):
        return False
    with aws_errors(action, "a trial"):
        getattr(client, xform_name(operation))(**{name: known[name] for name in required})
    return True


def check_writes(
    aws: Aws, caller: str, actions: Iterable[str], about: str = ABOUT
) -> Iterator[Finding]:
    """Ask IAM's simulator whether the caller may write; it changes nothing."""
    wanted = sorted(set(actions))
    if not wanted:
        return
    if caller.endswith(":root"):
        yield ok(about, "writes: these are the account's root credentials, which may do all")
        return
    try:
        refused = _simulate(aws, principal(caller), wanted)
    except AwsError as error:
        yield not_checked(
            about,
            f"writes ({', '.join(wanted)}): {error.message}",
            "allow iam:SimulatePrincipalPolicy to have them checked, or see foresail iam --apply",
        )
        return
    for action in refused:
        yield problem(
            about,
            f"apply may not call {action}",
            f"allow the IAM action {action} for these credentials",
        )
    if allowed := [action for action in wanted if action not in refused]:
        yield ok(about, f"writes allowed by IAM's simulator: {', '.join(allowed)}")


def principal(caller: str) -> str:
    """ARN that the simulator knows a caller by: the role of an assumed-role session.

    The path of a role is not in its session; a role that has one is not found.
    """
    found = _ROLE.match(caller)
    if found is None:
        return caller
    return f"arn:{found['partition']}:iam::{found['account']}:role/{found['role']}"


def _simulate(aws: Aws, arn: str, actions: list[str]) -> list[str]:
    client = aws.client("iam")
    refused = []
    for at in range(0, len(actions), _BATCH):
        batch = actions[at : at + _BATCH]
        with aws_errors(IAM_READ[0], arn):
            pages = client.get_paginator("simulate_principal_policy").paginate(
                PolicySourceArn=arn, ActionNames=batch
            )
            rows = [row for page in pages for row in page["EvaluationResults"]]
        refused += [r["EvalActionName"] for r in rows if r["EvalDecision"] != "allowed"]
    return refused
