"""Accounts and regions of services: whether their role is given, and to whom it would be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from foresail.discovery.checks.account import identify
from foresail.discovery.checks.finding import Finding, ok, warning
from foresail.errors import AwsError

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.credentials import Role

IAM_WRITE = ("sts:AssumeRole",)


def check_role(aws: Aws, about: str) -> Iterator[Finding]:
    """Say whether a role asks for its external id: it is tried without."""
    role = aws.role
    if role is None:
        return
    if role.external_id is None:
        yield warning(
            about,
            f"{role.arn} is taken on without an external id",
            "where others than you may take on roles for you, have its trust policy ask for "
            "sts:ExternalId, and write external_id: docs/accounts.md",
        )
    elif _given(aws, replace(role, external_id=None)):
        yield warning(
            about,
            f"{role.arn} is given without its external id, too",
            "have its trust policy ask for it: Condition: StringEquals: sts:ExternalId",
        )
    else:
        yield ok(about, f"{role.arn} asks for its external id")


def _given(aws: Aws, role: Role) -> bool:
    try:
        identify(aws.at(role=role))
    except AwsError:
        return False
    return True
