"""What only a group has: its metrics, tags, operator and vCPUs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from discovery.checks.sample import CPU, one_tier, said
from discovery.sample import Scripted
from foresail.discovery.checks.finding import optional
from foresail.discovery.checks.group import check_group, check_vcpus
from foresail.sandbox import Sandbox, create_group

AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def sandbox():
    with Sandbox(start=AT) as running:
        create_group(running, "web", min_size=2, max_size=40)
        yield running


def test_metrics_are_opt_in_and_matter_more_where_units_are_counted(sandbox):
    plain = list(check_group(one_tier(), sandbox.aws, "web"))
    assert "enable-metrics-collection" in said(plain, "warning")[0]
    by_cpu = list(check_group(one_tier(demand=CPU, unit_capacity="100 %"), sandbox.aws, "web"))
    assert "scale_by: capacity needs them" in said(by_cpu, "problem")[0]
    sandbox.client("autoscaling").enable_metrics_collection(
        AutoScalingGroupName="web", Granularity="1Minute"
    )
    metrics = ["GroupInServiceInstances", "GroupMaxSize"]
    sandbox.client("autoscaling").enable_metrics_collection(
        AutoScalingGroupName="web", Granularity="1Minute", Metrics=metrics
    )
    assert [f.level for f in check_group(one_tier(), sandbox.aws, "web")] == ["ok"]


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("aws:cloudformation:stack-name", "shop-prod", "CloudFormation stack shop-prod"),
        ("ManagedBy", "Terraform", "Terraform owns the group"),
    ],
)
def test_a_tool_that_would_set_min_back_is_named(key, value, says):
    aws = Scripted()
    aws.expect("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": [group(
        Tags=[{"Key": "team", "Value": "shop"}, {"Key": key, "Value": value}]
    )]})  # fmt: skip
    assert says in said(check_group(one_tier(), aws, "web"), "warning")[-1]


def test_a_group_of_another_service_is_a_problem():
    aws = Scripted()
    managed = group(Operator={"Principal": "eks.amazonaws.com"})
    aws.expect("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": [managed]})
    assert "eks.amazonaws.com manages" in said(check_group(one_tier(), aws, "web"), "problem")[0]


def group(**more):
    return {
        "AutoScalingGroupName": "web", "MinSize": 1, "MaxSize": 9, "DesiredCapacity": 2,
        "DefaultCooldown": 300, "AvailabilityZones": ["a"], "HealthCheckType": "EC2",
        "CreatedTime": AT, **more,
    }  # fmt: skip


def vcpus(allowed, kind="m7g.large", **more):
    aws = Scripted()
    launched = group(LaunchTemplate={"LaunchTemplateId": "lt-1", "Version": "3"}, **more)
    aws.expect("autoscaling", "describe_auto_scaling_groups", {"AutoScalingGroups": [launched]})
    version = {"LaunchTemplateVersions": [{"LaunchTemplateData": {"InstanceType": kind}}]}
    wanted = {"LaunchTemplateId": "lt-1", "Versions": ["3"]}
    aws.expect("ec2", "describe_launch_template_versions", version, wanted)
    types = {"InstanceTypes": [{"VCpuInfo": {"DefaultVCpus": 2}}]}
    aws.expect("ec2", "describe_instance_types", types, {"InstanceTypes": [kind]})
    quota = {"ServiceCode": "ec2", "QuotaCode": "L-1216C47A"}
    aws.expect("service-quotas", "get_service_quota", {"Quota": {"Value": allowed}}, quota)
    [found] = optional("web", lambda: check_vcpus(one_tier(), aws, "web"))
    return found


def test_max_is_held_against_the_vcpu_quota():
    assert vcpus(100.0).level == "ok"
    over = vcpus(64.0)
    assert over.level == "problem"
    assert "40 x m7g.large are 80 vCPUs of 64" in over.text
    assert "--desired-value 80" in over.cure


def test_what_is_not_one_standard_type_is_not_checked():
    assert vcpus(100.0, kind="p5.48xlarge").level == "not checked"


def test_without_permission_the_quota_is_not_checked(sandbox):
    [found] = optional("web", lambda: check_vcpus(one_tier(), sandbox.aws, "web"))
    assert found.level == "not checked"  # the sandbox has no quotas
