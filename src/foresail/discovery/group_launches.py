"""EC2 Auto Scaling: launches from a group's activities, and how the group launches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.errors import AwsError
from foresail.provisioning.advice import Hook, LaunchSettings
from foresail.provisioning.launches import Launch

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM_READ = (
    "autoscaling:DescribeScalingActivities",
    "autoscaling:DescribeLifecycleHooks",
    "autoscaling:DescribeAutoScalingGroups",
)
MOST = 1000  # activities: the newest are enough, and Describe calls share one throttling budget
PAGE = 100
_LAUNCH = re.compile(r"^Launching a new EC2 instance(?P<pool> (?:from|into) (?:the )?warm ?pool)?")
_OVER = {"Successful": True, "Failed": False, "Cancelled": False}
_LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"


def group_launches(aws: Aws, group: str) -> list[Launch]:
    """Read the launches of a group that are over, of the six weeks that AWS keeps.

    An activity lasts from the request until the instance is in service, its lifecycle hooks
    included. Instances put into a warm pool serve nobody yet and are left out.
    """
    return [launch for launch in map(_launch, _activities(aws, group)) if launch is not None]


def launch_settings(aws: Aws, group: str) -> tuple[LaunchSettings, list[str]]:
    """Read how a group launches: warm-up, grace, hooks, warm pool; and its target groups' ARNs.

    Raises
    ------
    AwsError
        When there is no such group.
    """
    client = aws.client("autoscaling")
    with aws_errors(IAM_READ[2], group):
        groups = client.describe_auto_scaling_groups(AutoScalingGroupNames=[group])
    if not groups["AutoScalingGroups"]:
        raise AwsError(
            f"Auto Scaling group {group!r} does not exist in {client.meta.region_name}",
            cure="check target.name and region in foresail.yaml",
        )
    said = groups["AutoScalingGroups"][0]
    with aws_errors(IAM_READ[1], group):
        hooks = client.describe_lifecycle_hooks(AutoScalingGroupName=group)["LifecycleHooks"]
    settings = LaunchSettings(
        instance_warm_up=_seconds(said.get("DefaultInstanceWarmup")),
        grace=_seconds(said.get("HealthCheckGracePeriod")),
        hooks=tuple(_hook(h) for h in hooks if h.get("LifecycleTransition") == _LAUNCHING),
        warm_pool="WarmPoolConfiguration" in said,
    )
    return settings, list(said.get("TargetGroupARNs", []))


def _activities(aws: Aws, group: str) -> Iterator[dict[str, Any]]:
    client = aws.client("autoscaling")
    with aws_errors(IAM_READ[0], group):
        pages = client.get_paginator("describe_scaling_activities").paginate(
            AutoScalingGroupName=group, PaginationConfig={"MaxItems": MOST, "PageSize": PAGE}
        )
        for page in pages:
            yield from page["Activities"]


def _launch(activity: dict[str, Any]) -> Launch | None:
    found = _LAUNCH.match(activity.get("Description") or "")
    succeeded = _OVER.get(activity["StatusCode"])
    if found is None or succeeded is None:
        return None
    pool = found["pool"] or ""
    if " into " in pool:
        return None
    end = activity.get("EndTime")
    return Launch(
        start=activity["StartTime"].astimezone(UTC),
        end=None if end is None else end.astimezone(UTC),
        succeeded=succeeded,
        kind="warm" if pool else "cold",
    )


def _seconds(value: int | None) -> timedelta | None:
    return None if value is None or value < 0 else timedelta(seconds=value)


def _hook(said: dict[str, Any]) -> Hook:
    # AWS's default where a hook says none (API reference, PutLifecycleHook)
    return Hook(said["LifecycleHookName"], timedelta(seconds=said.get("HeartbeatTimeout", 3600)))
