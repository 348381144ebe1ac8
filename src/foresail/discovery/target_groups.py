"""Elastic Load Balancing: target groups, their balancer, and how long health takes to show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM_READ = ("elasticloadbalancing:DescribeTargetGroups",)
BATCH = 20


@dataclass(frozen=True, slots=True)
class TargetGroup:
    """A target group as CloudWatch's dimensions name it, and its health check.

    Parameters
    ----------
    dimension
        ``targetgroup/NAME/ID``.
    balancers
        ``app/NAME/ID`` or ``net/NAME/ID`` of each balancer that uses it.
    until_healthy
        Checks in a row that must pass, times their interval: how long a sound unit waits at least.
    """

    dimension: str
    balancers: tuple[str, ...]
    until_healthy: timedelta

    @property
    def application_balancers(self) -> tuple[str, ...]:
        """Those that count requests."""
        return tuple(name for name in self.balancers if name.startswith("app/"))


def target_groups(aws: Aws, arns: Sequence[str]) -> list[TargetGroup]:
    """Read target groups by ARN."""
    client = aws.client("elbv2")
    found = []
    for at in range(0, len(arns), BATCH):
        batch = list(arns[at : at + BATCH])
        with aws_errors(IAM_READ[0], batch[0]):
            answer = client.describe_target_groups(TargetGroupArns=batch)
        found += [_target_group(row) for row in answer["TargetGroups"]]
    return found


def _target_group(row: dict[str, Any]) -> TargetGroup:
    interval = row.get("HealthCheckIntervalSeconds") or 0
    return TargetGroup(
        dimension=row["TargetGroupArn"].split(":")[-1],
        balancers=tuple(arn.split(":loadbalancer/")[-1] for arn in row.get("LoadBalancerArns", [])),
        until_healthy=timedelta(seconds=interval * (row.get("HealthyThresholdCount") or 0)),
    )
