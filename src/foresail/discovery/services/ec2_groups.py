"""EC2 Auto Scaling groups: requests of their load balancer, else CPU times units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail.config import TargetConfig
from foresail.discovery import group_launches, proposals, requests
from foresail.discovery.boots import GROUP, measure
from foresail.discovery.found import TO_SET, Found, Seen
from foresail.discovery.groups import IAM_READ as GROUPS_READ
from foresail.discovery.groups import groups, managed_by
from foresail.discovery.proposals import propose
from foresail.discovery.requests import request_count
from foresail.errors import AwsError
from foresail.provisioning.lead import ENOUGH

if TYPE_CHECKING:
    from foresail.aws import Aws

SERVICE = "EC2 Auto Scaling"
IAM_READ = (
    *GROUPS_READ, *group_launches.IAM_READ, *requests.IAM_READ, *proposals.IAM_READ,
)  # fmt: skip
_METRICS_OFF = (
    "switch group metrics on: aws autoscaling enable-metrics-collection --granularity 1Minute "
    "--auto-scaling-group-name {name}"
)


def find(aws: Aws, now: datetime) -> Iterator[Found | Seen]:
    """Find the groups that are the account's own and may have instances."""
    for group in groups(aws):
        name = group["AutoScalingGroupName"]
        if operator := managed_by(group):
            yield Seen(f"{GROUP} {name}", f"is managed by {operator}")
        elif not group["MaxSize"]:
            yield Seen(f"{GROUP} {name}", "may have no instance: its MaxSize is 0")
        else:
            yield _with_lead(_found(aws, now, group), aws)


def _found(aws: Aws, now: datetime, group: dict[str, Any]) -> Found:
    name = group["AutoScalingGroupName"]
    by_cpu = Found(GROUP, name, group["MinSize"], group["MaxSize"], _cpu(name), "100 %")
    counted = request_count(aws, group.get("TargetGroupARNs", []))
    if counted is None:
        metrics_on = any(
            row["Metric"] == "GroupInServiceInstances" for row in group.get("EnabledMetrics", [])
        )
        why = "no application load balancer in front: CPU times units in service"
        notes = (why,) if metrics_on else (why, _METRICS_OFF.format(name=name))
        return replace(by_cpu, notes=notes)
    proposal = propose(aws, now, GROUP, name, counted)
    by_requests = replace(by_cpu, demand=counted, unit_capacity=proposal.unit_capacity or TO_SET)
    if proposal.unit_capacity:
        return replace(by_requests, notes=(f"unit_capacity {proposal.why}",))
    if proposal.units_known:
        why = f"CPU times units, since requests per unit are not known: {proposal.why}"
        return replace(by_cpu, notes=(why,))
    return replace(by_requests, notes=(proposal.why, _METRICS_OFF.format(name=name)))


def _with_lead(found: Found, aws: Aws) -> Found:
    """Have the lead time measured where enough launches are known."""
    try:
        boots = measure(TargetConfig(type=GROUP, name=found.target_name), aws).boots
    except AwsError:  # without the permission the default lead stands; doctor names what lacks
        return found
    return found if boots.count < ENOUGH else replace(found, lead_time="measured p95")


def _cpu(name: str) -> dict[str, Any]:
    return {
        "namespace": "AWS/EC2",
        "metric": "CPUUtilization",
        "dimensions": {"AutoScalingGroupName": name},
        "stat": "Average",
        "scale_by": "capacity",
    }
