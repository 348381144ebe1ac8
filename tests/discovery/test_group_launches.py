"""Launches of an EC2 Auto Scaling group: which activities count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from discovery.sample import Scripted
from foresail.discovery.group_launches import group_launches, launch_settings
from foresail.errors import AwsError

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def activity(
    number, description="Launching a new EC2 instance: i-0abc", code="Successful", took=90
):
    end = {} if took is None else {"EndTime": AT + timedelta(seconds=took)}
    return {
        "ActivityId": str(number), "AutoScalingGroupName": "web", "Cause": "demand",
        "Description": description, "StartTime": AT, "StatusCode": code, **end,
    }  # fmt: skip


@pytest.fixture
def aws():
    scripted = Scripted()
    yield scripted
    scripted.assert_all_asked()


def test_launches_of_all_pages_are_read(aws):
    aws.expect(
        "autoscaling", "describe_scaling_activities",
        {"Activities": [activity(n) for n in range(3)], "NextToken": "more"},
        {"AutoScalingGroupName": "web", "MaxRecords": 100},
    )  # fmt: skip
    aws.expect(
        "autoscaling", "describe_scaling_activities", {"Activities": [activity(3, took=200)]},
        {"AutoScalingGroupName": "web", "MaxRecords": 100, "NextToken": "more"},
    )  # fmt: skip
    took = [launch.took for launch in group_launches(aws, "web")]
    assert took == [timedelta(seconds=s) for s in (90, 90, 90, 200)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("cold", True)),
        ({"description": "Launching a new EC2 instance from warm pool: i-0abc"}, ("warm", True)),
        ({"description": "Launching a new EC2 instance into warm pool: i-0abc"}, None),
        ({"description": "Terminating EC2 instance: i-0abc"}, None),
        ({"code": "Failed"}, ("cold", False)),
        ({"code": "Cancelled"}, ("cold", False)),
        ({"code": "MidLifecycleAction", "took": None}, None),
        ({"code": "WaitingForInstanceWarmup", "took": None}, None),
    ],
)
def test_only_launches_that_are_over_count(aws, changes, expected):
    answer = {"Activities": [activity(1, **changes)]}
    aws.expect("autoscaling", "describe_scaling_activities", answer)
    found = [(launch.kind, launch.succeeded) for launch in group_launches(aws, "web")]
    assert found == ([] if expected is None else [expected])


def group(**more):
    return {
        "AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 9, "DesiredCapacity": 2,
        "DefaultCooldown": 300, "AvailabilityZones": ["us-east-1a"], "HealthCheckType": "ELB",
        "CreatedTime": AT, **more,
    }  # fmt: skip


def hook(name, transition, **more):
    return {"LifecycleHookName": name, "LifecycleTransition": transition, **more}


def test_settings_are_those_that_a_launch_waits_for(aws):
    said = group(
        DefaultInstanceWarmup=120, HealthCheckGracePeriod=300, TargetGroupARNs=["arn:web"],
        WarmPoolConfiguration={"MinSize": 2},
    )  # fmt: skip
    aws.expect("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": [said]})
    hooks = [
        hook("install", "autoscaling:EC2_INSTANCE_LAUNCHING", HeartbeatTimeout=900),
        hook("plain", "autoscaling:EC2_INSTANCE_LAUNCHING"),
        hook("drain", "autoscaling:EC2_INSTANCE_TERMINATING", HeartbeatTimeout=60),
    ]
    aws.expect("autoscaling", "describe_lifecycle_hooks", {"LifecycleHooks": hooks})
    found, arns = launch_settings(aws, "web")
    assert found.instance_warm_up == timedelta(minutes=2)
    assert found.grace == timedelta(minutes=5)
    assert {h.name: h.timeout for h in found.hooks} == {
        "install": timedelta(minutes=15),
        "plain": timedelta(hours=1),
    }
    assert found.warm_pool is True
    assert arns == ["arn:web"]


def test_a_warm_up_that_is_not_set_is_not_zero(aws):
    said = group(DefaultInstanceWarmup=-1)
    aws.expect("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": [said]})
    aws.expect("autoscaling", "describe_lifecycle_hooks", {"LifecycleHooks": []})
    found, _ = launch_settings(aws, "web")
    assert found.instance_warm_up is None
    assert found.warm_pool is False


def test_a_group_that_is_not_there_and_a_missing_permission_are_named(aws):
    aws.expect("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": []})
    with pytest.raises(AwsError, match="group 'web' does not exist in us-east-1"):
        launch_settings(aws, "web")
    aws.refuse("autoscaling", "describe_scaling_activities")
    with pytest.raises(AwsError, match="no permission for autoscaling:DescribeScalingActivities"):
        group_launches(aws, "web")
