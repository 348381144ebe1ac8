"""ECS services: requests of their target group, else CPU times running tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.discovery import proposals, requests, scalable
from foresail.discovery.found import TO_SET, Found, Seen
from foresail.discovery.proposals import propose
from foresail.discovery.requests import request_count
from foresail.discovery.scalable import Registered, how_to_register, registered

if TYPE_CHECKING:
    from foresail.aws import Aws

SERVICE = "ECS"
IAM_READ = (
    *scalable.IAM_READ, "ecs:ListClusters", "ecs:ListServices", "ecs:DescribeServices",
    *requests.IAM_READ, *proposals.IAM_READ,
)  # fmt: skip
TYPE, DIMENSION = "ecs-service", "ecs:service:DesiredCount"
BATCH = 10  # services of one DescribeServices call
_INSIGHTS = "units in service come from Container Insights: switch it on for the cluster"


def find(aws: Aws, now: datetime) -> Iterator[Found | Seen]:
    """Find services that are scalable targets; name those that are not."""
    targets = {one.name: one for one in registered(aws, "ecs")}
    for service in _services(aws):
        cluster = service["clusterArn"].split("/")[-1]
        name = f"service/{cluster}/{service['serviceName']}"
        target = targets.get(name)
        if target is None:
            yield Seen(f"{TYPE} {name}", how_to_register("ecs", DIMENSION, name))
        elif not target.maximum:
            yield Seen(f"{TYPE} {name}", "may have no task: its maximum is 0")
        else:
            yield _found(aws, now, target, service)


def _found(aws: Aws, now: datetime, target: Registered, service: dict[str, Any]) -> Found:
    by_cpu = Found(
        TYPE, target.name, target.minimum, target.maximum, _cpu(target.name), "100 %",
        (_INSIGHTS,),
    )  # fmt: skip
    balancers = service.get("loadBalancers", [])
    arns = [one["targetGroupArn"] for one in balancers if one.get("targetGroupArn")]
    counted = request_count(aws, arns)
    if counted is None:
        return by_cpu
    proposal = propose(aws, now, TYPE, target.name, counted)
    notes = (f"unit_capacity {proposal.why}" if proposal.unit_capacity else proposal.why,)
    capacity = proposal.unit_capacity or TO_SET
    return replace(by_cpu, demand=counted, unit_capacity=capacity, notes=notes)


def _cpu(name: str) -> dict[str, Any]:
    _, cluster, service = name.split("/")
    return {
        "namespace": "AWS/ECS",
        "metric": "CPUUtilization",
        "dimensions": {"ClusterName": cluster, "ServiceName": service},
        "stat": "Average",
        "scale_by": "capacity",
    }


def _services(aws: Aws) -> Iterator[dict[str, Any]]:
    client = aws.client("ecs")
    with aws_errors("ecs:ListClusters", "all clusters"):
        pages = client.get_paginator("list_clusters").paginate()
        clusters = [arn for page in pages for arn in page["clusterArns"]]
    for cluster in clusters:
        with aws_errors("ecs:ListServices", cluster):
            pages = client.get_paginator("list_services").paginate(cluster=cluster)
            arns = [arn for page in pages for arn in page["serviceArns"]]
        for at in range(0, len(arns), BATCH):
            with aws_errors("ecs:DescribeServices", cluster):
                answer = client.describe_services(cluster=cluster, services=arns[at : at + BATCH])
            yield from answer["services"]
