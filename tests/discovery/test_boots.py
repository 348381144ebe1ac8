"""Boot times by target type, and the lead time of a tier, in the sandbox and by script."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from discovery.sample import Scripted
from foresail.config import TargetConfig, parse_config
from foresail.discovery.boots import lead_time, measure, reads
from foresail.errors import ConfigError
from foresail.sandbox import Fleet, Sandbox, create_group

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
BOOT = timedelta(minutes=4)


def tier(**changes):
    told = {
        "name": "web", "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"},
        "unit_capacity": "100 requests/s", "max": 60, **changes,
    }  # fmt: skip
    config = parse_config({"services": [{"name": "s", "tiers": [told]}]}, source="test")
    return config.services[0].tiers[0]


@pytest.fixture(scope="module")
def account():
    """A group whose fleet boots in four minutes and has launched 14 units."""
    with Sandbox(start=AT) as sandbox:
        create_group(sandbox, "web", min_size=1, max_size=60)
        create_group(sandbox, "idle", min_size=1, max_size=60)
        demand = pd.Series(10.0, index=pd.date_range(AT, periods=60, freq="1min"))
        sandbox.add_fleet(Fleet("web", "app/shop/1", demand, timedelta(minutes=1), 100, BOOT))
        for wanted in (5, 15):
            sandbox.client("autoscaling").set_desired_capacity(
                AutoScalingGroupName="web", DesiredCapacity=wanted
            )
            sandbox.advance(timedelta(minutes=10))
        yield sandbox


def test_boot_times_come_from_the_activities_of_the_group(account):
    found = measure(TargetConfig(type="ec2-auto-scaling-group", name="web"), account.aws)
    assert found.boots.count == 14
    assert found.boots.quantile(0.5) == BOOT
    assert found.kind == "cold"


def test_a_measured_lead_is_the_boot_and_says_so(account):
    lead = lead_time(tier(lead_time="measured p90"), account.aws)
    assert lead.value == BOOT
    assert lead.count == 14
    assert lead.why == "measured: p90 of 14 launches 4m (95 %: 4m to 4m)"


def test_a_group_without_launches_falls_back_on_the_configured_lead(account):
    idle = {"type": "ec2-auto-scaling-group", "name": "idle"}
    lead = lead_time(tier(target=idle, lead_time="7m", lead_quantile=0.95), account.aws)
    assert (lead.value, lead.count) == (timedelta(minutes=7), 0)
    assert lead.why.startswith("default: 0 launches are known")


def test_a_configured_lead_asks_nobody():
    lead = lead_time(tier(lead_time="12m"), Scripted())
    assert (lead.value, lead.why) == (timedelta(minutes=12), "")


def test_health_checks_come_on_top_where_no_warm_up_is_set():
    aws = Scripted()
    launched = [
        {
            "ActivityId": str(n), "AutoScalingGroupName": "web", "Cause": "x", "StartTime": AT,
            "Description": "Launching a new EC2 instance: i-1", "StatusCode": "Successful",
            "EndTime": AT + timedelta(seconds=100),
        }
        for n in range(10)
    ]  # fmt: skip
    group = {
        "AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 9, "DesiredCapacity": 2,
        "DefaultCooldown": 300, "AvailabilityZones": ["a"], "HealthCheckType": "ELB",
        "CreatedTime": AT, "TargetGroupARNs": ["arn:x:targetgroup/web/1"],
    }  # fmt: skip
    checks = {
        "TargetGroupArn": "arn:x:targetgroup/web/1", "LoadBalancerArns": [],
        "HealthCheckIntervalSeconds": 30, "HealthyThresholdCount": 5,
    }  # fmt: skip
    aws.expect("autoscaling", "describe_scaling_activities", {"Activities": launched})
    aws.expect("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": [group]})
    aws.expect("autoscaling", "describe_lifecycle_hooks", {"LifecycleHooks": []})
    aws.expect("elbv2", "describe_target_groups", {"TargetGroups": [checks]})
    lead = lead_time(tier(lead_time="measured"), aws)
    assert lead.value == timedelta(minutes=5)  # 100 s + 150 s
    assert lead.why.endswith("+ 2m 30s until the target group's checks pass")


def outs(count):
    return [
        {
            "ActivityId": str(n), "ServiceNamespace": "ecs", "ResourceId": "service/shop/web",
            "ScalableDimension": "ecs:service:DesiredCount", "Cause": "x",
            "Description": f"Setting desired count to {n + 2}.", "StatusCode": "Successful",
            "StartTime": AT + timedelta(hours=n), "EndTime": AT + timedelta(hours=n, seconds=50),
        }
        for n in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize(("tasks", "expected"), [(12, (12, 30.0)), (3, (14, 50.0))])
def test_a_service_is_measured_by_its_tasks_else_by_its_scale_outs(tasks, expected):
    aws = Scripted()
    aws.expect(
        "application-autoscaling", "describe_scaling_activities", {"ScalingActivities": outs(15)}
    )
    started = {"createdAt": AT, "startedAt": AT + timedelta(seconds=30)}
    aws.expect("ecs", "list_tasks", {"taskArns": ["a"] * tasks})
    aws.expect("ecs", "list_tasks", {"taskArns": []})
    aws.expect("ecs", "describe_tasks", {"tasks": [started] * tasks})
    aws.expect("ecs", "describe_services", {"services": [{"loadBalancers": []}]})
    found = measure(TargetConfig(type="ecs-service", name="service/shop/web"), aws)
    assert (found.boots.count, found.boots.quantile(0.5).total_seconds()) == expected


def test_every_type_names_what_measuring_it_reads():
    assert "autoscaling:DescribeScalingActivities" in reads("ec2-auto-scaling-group")
    assert reads("aurora-replicas") == ("application-autoscaling:DescribeScalingActivities",)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"lead_time": "measured p"}, "names no percentile"),
        ({"lead_time": "measured p0"}, "names no percentile"),
        ({"lead_time": "measured p95", "lead_quantile": 0.9}, "say the same"),
        ({"lead_quantile": 95}, "write a number between 0 and 1, like 0.95"),
    ],
)
def test_a_lead_that_cannot_be_is_refused(changes, says):
    with pytest.raises(ConfigError) as caught:
        tier(**changes)
    assert says in str(caught.value)


def test_measured_is_short_for_a_quantile_of_boot_times():
    assert tier(lead_time="measured").lead_quantile == 0.95
    assert tier(lead_time="measured p99").lead_quantile == 0.99
    assert tier(lead_time="measured").lead_time == timedelta(minutes=10)
