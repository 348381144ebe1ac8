"""EC2 Auto Scaling groups as AWS describes them, over all pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM_READ = ("autoscaling:DescribeAutoScalingGroups",)
PAGE = 100


def groups(aws: Aws, names: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
    """Read groups by name, or all."""
    wanted = {"AutoScalingGroupNames": list(names)} if names else {}
    with aws_errors(IAM_READ[0], ", ".join(names) or "all groups"):
        pages = aws.client("autoscaling").get_paginator("describe_auto_scaling_groups")
        for page in pages.paginate(**wanted, PaginationConfig={"PageSize": PAGE}):
            yield from page["AutoScalingGroups"]


def managed_by(group: dict[str, Any]) -> str:
    """Name the service that alone may change a group; empty where it is the account's own."""
    return str((group.get("Operator") or {}).get("Principal") or "")
