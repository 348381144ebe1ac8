"""The natural demand of what stands behind a load balancer: its requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.discovery import target_groups as elb

if TYPE_CHECKING:
    from foresail.aws import Aws

NAMESPACE, METRIC = "AWS/ApplicationELB", "RequestCount"
IAM_READ = ("cloudwatch:ListMetrics", *elb.IAM_READ)


def request_count(aws: Aws, arns: Sequence[str]) -> dict[str, Any] | None:
    """Name the request count of the first target group that an application balancer uses.

    By target group, where CloudWatch knows it so; else by the balancer, whose requests then count
    whole. None when no application load balancer is in front.
    """
    for group in elb.target_groups(aws, arns):
        for balancer in group.application_balancers:
            own = {"TargetGroup": group.dimension, "LoadBalancer": balancer}
            known = _dimensions(aws, balancer)
            whole = {"LoadBalancer": balancer}
            return _demand(whole if own not in known and whole in known else own)
    return None


def _demand(dimensions: dict[str, str]) -> dict[str, Any]:
    return {
        "namespace": NAMESPACE,
        "metric": METRIC,
        "dimensions": dimensions,
        "stat": "Sum",
        "missing": "zero",
    }


def _dimensions(aws: Aws, balancer: str) -> list[dict[str, str]]:
    wanted = [{"Name": "LoadBalancer", "Value": balancer}]
    with aws_errors(IAM_READ[0], METRIC):
        pages = aws.client("cloudwatch").get_paginator("list_metrics")
        rows = [
            row
            for page in pages.paginate(Namespace=NAMESPACE, MetricName=METRIC, Dimensions=wanted)
            for row in page["Metrics"]
        ]
    return [{d["Name"]: d["Value"] for d in row["Dimensions"]} for row in rows]
