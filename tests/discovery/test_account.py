"""Discovery over a whole account in the sandbox, and what it says when parts are closed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.config import parse_config
from foresail.discovery.account import IAM_READ
from foresail.discovery.init import propose_config
from foresail.errors import AwsError, InputError
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history
from foresail.yamls import parse_yaml
from recorder import Recorder

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)


class Closed:
    """An account in which some services are denied to us."""

    def __init__(self, aws, *services):
        self.aws = aws
        self.services = services

    def client(self, service):
        if service in self.services:
            raise AwsError(f"no permission for {service}:*")
        return self.aws.client(service)


def register(sandbox, namespace, dimension, name, most=20):
    sandbox.client("application-autoscaling").register_scalable_target(
        ServiceNamespace=namespace, ScalableDimension=dimension, ResourceId=name,
        MinCapacity=2, MaxCapacity=most,
    )  # fmt: skip


def add_balancer(sandbox, group):
    """Put an application load balancer before a group; gives its CloudWatch dimension."""
    ec2, elb = sandbox.client("ec2"), sandbox.client("elbv2")
    subnets = [s["SubnetId"] for s in ec2.describe_subnets()["Subnets"][:2]]
    made = elb.create_load_balancer(Name=group, Subnets=subnets)["LoadBalancers"][0]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    target = elb.create_target_group(Name=group, Protocol="HTTP", Port=80, VpcId=vpc)
    arn = target["TargetGroups"][0]["TargetGroupArn"]
    elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"], Protocol="HTTP", Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": arn}],
    )  # fmt: skip
    sandbox.client("autoscaling").attach_load_balancer_target_groups(
        AutoScalingGroupName=group, TargetGroupARNs=[arn]
    )
    return made["LoadBalancerArn"].split(":loadbalancer/")[-1]


def add_fleet(sandbox, group, balancer):
    """Leave four days of a fleet that follows demand."""
    times = pd.date_range(NOW.replace(minute=0) - timedelta(days=4), periods=5 * 288, freq="5min")
    rng = np.random.default_rng(1)
    wave = 600 - 500 * np.cos(np.arange(len(times)) * 2 * np.pi / 288)
    noisy = pd.Series(wave * rng.lognormal(0, 0.15, len(times)), index=times)
    fleet = Fleet(group, balancer, noisy, timedelta(minutes=5), 100.0)
    sandbox.add_fleet(fleet)
    seed_history(sandbox, fleet)


def add_services(sandbox):
    ecs = sandbox.client("ecs")
    ecs.create_cluster(clusterName="shop")
    task = {"family": "cart", "containerDefinitions": [{"name": "c", "image": "c", "memory": 64}]}
    ecs.register_task_definition(**task)
    for name in ("cart", "mail"):
        ecs.create_service(cluster="shop", serviceName=name, taskDefinition="cart", desiredCount=2)
    register(sandbox, "ecs", "ecs:service:DesiredCount", "service/shop/cart")


def add_tables(sandbox):
    for name in ("orders", "stock"):
        sandbox.client("dynamodb").create_table(
            TableName=name, KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        )  # fmt: skip
    sandbox.client("dynamodb").create_table(
        TableName="logs", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )  # fmt: skip
    register(sandbox, "dynamodb", "dynamodb:table:ReadCapacityUnits", "table/orders", 500)
    register(sandbox, "dynamodb", "dynamodb:table:ReadCapacityUnits", "table/stock", 500)
    consume(sandbox, "orders", hours=60)
    consume(sandbox, "stock", hours=30)


def consume(sandbox, table, hours):
    data = [
        {
            "MetricName": "ConsumedReadCapacityUnits", "Value": 90.0,
            "Timestamp": NOW - timedelta(hours=hour, minutes=2),
            "Dimensions": [{"Name": "TableName", "Value": table}],
        }
        for hour in range(hours)
    ]  # fmt: skip
    sandbox.client("cloudwatch").put_metric_data(Namespace="AWS/DynamoDB", MetricData=data)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, "web", min_size=2, max_size=40, desired=8, target_tracking=70)
        add_fleet(running, "web", add_balancer(running, "web"))
        create_group(running, "batch", min_size=0, max_size=10)
        create_group(running, "parked", min_size=0, max_size=0)
        add_services(running)
        add_tables(running)
        running.client("kinesis").create_stream(StreamName="clicks", ShardCount=3)
        yield running


@pytest.fixture(scope="module")
def recorder(sandbox):
    return Recorder(sandbox.aws)


@pytest.fixture(scope="module")
def proposed(recorder):
    return propose_config(recorder, NOW, "Europe/Berlin")


def tiers(proposed):
    return {one.tier: one for one in proposed.discovered.found}


def test_the_file_is_a_configuration_that_says_what_it_rests_on(proposed):
    config = parse_config(parse_yaml(proposed.text, "proposed"), source="proposed")
    assert proposed.to_set == ()
    assert config.region == "us-east-1"
    [service] = config.services
    assert service.timezone == "Europe/Berlin"
    assert {tier.name for tier in service.tiers} == {"web", "orders"}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("batch", "no data for AWS/EC2 CPUUtilization Average (AutoScalingGroupName=batch)"),
        ("stock", "1.2 days of AWS/DynamoDB ConsumedReadCapacityUnits Sum (TableName=stock)"),
        ("cart", "no data for AWS/ECS CPUUtilization"),
    ],
)
def test_what_has_too_little_history_is_a_comment(proposed, name, why):
    assert why in tiers(proposed)[name].blocked
    lines = proposed.text.splitlines()
    at = lines.index(f"      # - name: {name}")
    assert any(line.startswith("      # not ready: ") and why in line for line in lines[:at])


def test_a_group_behind_a_balancer_has_requests_and_an_estimate(proposed):
    web = tiers(proposed)["web"]
    assert web.demand["metric"] == "RequestCount"
    assert web.demand["dimensions"]["LoadBalancer"].startswith("app/web/")
    amount = float(web.unit_capacity.removesuffix(" requests/s"))
    assert amount == pytest.approx(100, rel=0.05)
    assert (web.minimum, web.maximum) == (2, 40)
    assert re.search(r"# unit_capacity from [45] days at 70 % CPU; 95 %: ", proposed.text)


def test_a_group_without_one_has_cpu_times_units(proposed):
    batch = tiers(proposed)["batch"]
    assert batch.demand["scale_by"] == "capacity"
    assert batch.unit_capacity == "100 %"
    assert any("enable-metrics-collection" in note for note in batch.notes)


def test_tables_are_planned_by_what_they_consume(proposed):
    assert tiers(proposed)["orders"].demand == {
        "kind": "dynamodb", "table": "orders", "access": "read",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ec2-auto-scaling-group parked", "its MaxSize is 0"),
        ("ecs-service service/shop/mail", "register-scalable-target --service-namespace ecs"),
        ("dynamodb table/orders", "dynamodb:table:WriteCapacityUnits"),
        ("dynamodb table/logs", "is on demand"),
        ("kinesis clicks", "has 3 shards"),
    ],
)
def test_what_no_tier_was_written_for_is_said_in_the_file(proposed, name, why):
    assert any(one.name == name and why in one.why for one in proposed.discovered.seen)
    assert f"# not written: {name} " in proposed.text


def test_a_service_that_is_closed_is_skipped_and_the_rest_goes_on(sandbox):
    found = propose_config(Closed(sandbox.aws, "dynamodb", "kinesis"), NOW, "UTC")
    assert {one.service for one in found.discovered.skipped} == {"DynamoDB", "Kinesis"}
    assert "# skipped: DynamoDB: no permission for dynamodb:*" in found.text
    assert {"web", "batch", "cart"} == set(tiers(found))


def test_only_reads_are_called_and_all_of_them_are_listed(proposed, recorder):
    assert proposed.discovered.skipped == ()
    assert recorder.calls <= {*IAM_READ, "sts:GetCallerIdentity"}
    assert len(recorder.calls) > 12
    verbs = {name.split(":")[1] for name in recorder.calls}
    assert all(verb.startswith(("Describe", "Get", "List")) for verb in verbs)


def test_an_account_with_nothing_to_scale_says_why():
    with Sandbox(start=NOW) as empty:
        create_group(empty, "parked", min_size=0, max_size=0)
        with pytest.raises(InputError, match="nothing that can be planned was found") as caught:
            propose_config(empty.aws, NOW, "UTC")
    assert "parked may have no instance" in caught.value.cure


def test_credentials_that_are_refused_end_it_at_once(sandbox):
    with pytest.raises(AwsError):
        propose_config(Closed(sandbox.aws, "sts"), NOW, "UTC")
