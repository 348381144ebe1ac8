"""Boot times of a target, whatever its type, and the lead time that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from foresail.aws import aws_errors
from foresail.discovery import group_launches, scalable_activities, target_groups, task_starts
from foresail.provisioning.advice import LaunchSettings
from foresail.provisioning.boot_times import BootTimes, boot_times
from foresail.provisioning.launches import Kind, Launch, cold_first
from foresail.provisioning.lead import ENOUGH, NONE, Lead, WarmUp, lead_from
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.registry import target_class

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import TargetConfig, TierConfig

GROUP = "ec2-auto-scaling-group"
SERVICE = "ecs-service"
_GROUP_READ = (*group_launches.IAM_READ, *target_groups.IAM_READ)
_SERVICE_READ = (*task_starts.IAM_READ, "ecs:DescribeServices", *target_groups.IAM_READ)


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of how fast a target gets capacity."""

    boots: BootTimes
    kind: Kind = "cold"
    warm_up: WarmUp = NONE
    settings: LaunchSettings | None = None


def lead_time(tier: TierConfig, aws: Aws) -> Lead:
    """Resolve a tier's lead time: as configured, or measured where it says so.

    Raises
    ------
    AwsError
        When a permission to measure is missing; names it.
    """
    level = tier.lead_quantile
    if level is None:
        return Lead(tier.lead_time, "", 0)
    measured = measure(tier.target, aws)
    return lead_from(
        measured.boots,
        level,
        default=tier.lead_time,
        warm_up=measured.warm_up,
        kind=measured.kind,
    )


def reads(type_name: str) -> tuple[str, ...]:
    """IAM actions that measuring a type of target calls; none where nothing can be measured."""
    scaling = scalable_activities.IAM_READ if _scalable(type_name) else ()
    own = {GROUP: _GROUP_READ, SERVICE: _SERVICE_READ}.get(type_name, ())
    return (*scaling, *own)


def measure(target: TargetConfig, aws: Aws) -> Measured:
    """Read how long launches took, from the activities that AWS keeps.

    For types that keep none the count is zero.
    """
    if target.type == GROUP:
        return _group(aws, target.name)
    cls = _scalable(target.type)
    if cls is None:
        return Measured(boot_times([]))
    outs = scalable_activities.scale_outs(aws, cls.namespace, cls.dimension, target.name)
    if target.type == SERVICE:
        return _service(aws, target.name, outs)
    return Measured(boot_times(outs))


def _group(aws: Aws, name: str) -> Measured:
    launches, kind = cold_first(group_launches.group_launches(aws, name), ENOUGH)
    settings, arns = group_launches.launch_settings(aws, name)
    if settings.instance_warm_up:
        warm_up = WarmUp(settings.instance_warm_up, "DefaultInstanceWarmup")
    else:  # what comes after an activity is at least the checks of the target groups
        warm_up = _health(aws, arns)
    return Measured(boot_times(launches), kind, warm_up, settings)


def _service(aws: Aws, name: str, outs: list[Launch]) -> Measured:
    """Tasks one by one where enough are known, else whole scale-outs, which wait for the last."""
    starts = boot_times(task_starts.task_starts(aws, name))
    if starts.count < ENOUGH:
        return Measured(boot_times(outs))
    _, cluster, service = name.split("/")
    with aws_errors("ecs:DescribeServices", name):
        answer = aws.client("ecs").describe_services(cluster=cluster, services=[service])
    balancers = [one for row in answer["services"] for one in row.get("loadBalancers", [])]
    arns = [one["targetGroupArn"] for one in balancers if "targetGroupArn" in one]
    return Measured(starts, warm_up=_health(aws, arns))


def _health(aws: Aws, arns: list[str]) -> WarmUp:
    found = target_groups.target_groups(aws, arns)
    longest = max((group.until_healthy for group in found), default=timedelta(0))
    return WarmUp(longest, "until the target group's checks pass")


def _scalable(type_name: str) -> type[ScalableTarget] | None:
    cls = target_class(type_name)
    return cls if issubclass(cls, ScalableTarget) else None
