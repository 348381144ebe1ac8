"""Seed a sandbox: a group with its policy, and the history its fleet would have left."""

from __future__ import annotations

from datetime import timedelta

from foresail.sandbox.fleet import Bounds, Fleet, FleetState
from foresail.sandbox.server import Sandbox

MINUTE = timedelta(minutes=1)


def create_group(
    sandbox: Sandbox,
    name: str,
    *,
    min_size: int,
    max_size: int,
    desired: int | None = None,
    target_tracking: float | None = None,
) -> None:
    """Create a launch template and a group; with a target, a target-tracking policy on CPU."""
    sandbox.client("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "m7g.large"}
    )
    autoscaling = sandbox.client("autoscaling")
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchTemplate={"LaunchTemplateName": name},
        AvailabilityZones=[f"{sandbox.region}a"],
        MinSize=min_size,
        MaxSize=max_size,
        DesiredCapacity=min_size if desired is None else desired,
    )
    if target_tracking is not None:
        autoscaling.put_scaling_policy(
            AutoScalingGroupName=name,
            PolicyName=f"{name}-cpu",
            PolicyType="TargetTrackingScaling",
            TargetTrackingConfiguration={
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ASGAverageCPUUtilization"
                },
                "TargetValue": target_tracking,
            },
        )


def seed_history(sandbox: Sandbox, fleet: Fleet) -> None:
    """Publish the metrics of a reactive fleet from the demand's start to the clock's now."""
    bounds = sandbox.fleets[fleet.group]
    live = sandbox.client("autoscaling").describe_auto_scaling_groups(
        AutoScalingGroupNames=[fleet.group]
    )["AutoScalingGroups"][0]
    past = FleetState(fleet, in_service=bounds.in_service)
    play = Bounds(live["MinSize"], live["MaxSize"], bounds.in_service, sandbox.tracked(fleet.group))
    minute = fleet.demand.index[0].to_pydatetime()
    while minute < sandbox.clock.now:
        play.desired = past.step(minute, play)
        minute += MINUTE
    sandbox.publish(fleet, past.log, every=5)
    bounds.events[:0] = past.events
