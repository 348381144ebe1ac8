"""Policies of scalable targets, from foresail.yaml to AWS and back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from foresail.changes.apply import Writer
from foresail.changes.names import other_settings, owned_settings, prefix
from foresail.config import parse_config
from foresail.policies.compile import compile_policies
from foresail.policies.items import WarmPool
from foresail.sandbox import Sandbox
from foresail.store.opening import folder_store
from foresail.targets.dynamodb_table_read import DynamodbTableRead
from foresail.targets.dynamodb_table_write import DynamodbTableWrite
from foresail.targets.ecs_service import EcsService

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SERVICE = "service/shop/web"
ECS = {
    "ServiceNamespace": "ecs",
    "ScalableDimension": "ecs:service:DesiredCount",
    "ResourceId": SERVICE,
}
SIDE = {"scale_out": {"threshold": 70, "change": 2}}
ORDERS = {"namespace": "Shop", "metric": "Orders"}


def settings(type_name, name, **policies):
    tier = {
        "name": "web",
        "target": {"type": type_name, "name": name},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"},
        "unit_capacity": "100 requests/s",
        "max": 60,
        "policies": policies,
    }
    data = {"services": [{"name": "shop", "tiers": [tier]}]}
    read = parse_config(data, source="test").services[0].tiers[0]
    return compile_policies(
        read.policies,
        type_name=type_name,
        target_name=name,
        prefix=prefix(name),
        lead=read.lead_time,
    )


ALL = settings(
    "ecs-service",
    SERVICE,
    target_tracking={"metric": "memory", "target": 60, "scale_in_cooldown": "5m"},
    step={"metric": "cpu", "cooldown": "60s", **SIDE, "scale_in": {"threshold": 30, "change": -1}},
    predictive={"metric": "cpu", "target": 60, "mode": "forecast_and_scale", "buffer": "7m"},
)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        ecs = running.client("ecs")
        ecs.create_cluster(clusterName="shop")
        ecs.register_task_definition(
            family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 128}]
        )
        ecs.create_service(cluster="shop", serviceName="web", taskDefinition="web", desiredCount=3)
        scaling = running.client("application-autoscaling")
        scaling.register_scalable_target(**ECS, MinCapacity=2, MaxCapacity=40)
        scaling.put_scaling_policy(
            **ECS, PolicyName="theirs", PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 70.0,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
                },
            },
        )  # fmt: skip
        yield running


def write(target, name, tmp_path, wanted):
    journal = folder_store(tmp_path).journal
    writer = Writer(target, journal, "plan", "apply", "us-east-1", lambda: NOW)
    return writer.write(target.read(name), tuple(wanted))


def test_every_kind_is_written_read_back_changed_and_deleted(sandbox, tmp_path):
    target = EcsService(sandbox.aws)
    before = other_settings(target.read(SERVICE))
    _, after = write(target, SERVICE, tmp_path, ALL)
    assert sorted(map(str, owned_settings(after))) == sorted(map(str, ALL))
    assert write(target, SERVICE, tmp_path, ALL)[0] is None
    changed = settings("ecs-service", SERVICE, step={"metric": "memory", **SIDE})
    _, after = write(target, SERVICE, tmp_path, changed)
    assert owned_settings(after) == tuple(changed)
    _, after = write(target, SERVICE, tmp_path, ())
    assert (owned_settings(after), other_settings(after)) == ((), before)
    alarms = sandbox.client("cloudwatch").describe_alarms(AlarmNamePrefix="foresail-")
    assert alarms["MetricAlarms"] == []


def test_reads_and_writes_of_a_table_have_alarms_of_their_own(sandbox, tmp_path):
    sandbox.client("dynamodb").create_table(
        TableName="orders", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )  # fmt: skip
    name = "table/orders"
    both = (DynamodbTableRead(sandbox.aws), DynamodbTableWrite(sandbox.aws))
    for target in both:
        sandbox.client("application-autoscaling").register_scalable_target(
            ServiceNamespace="dynamodb", ResourceId=name, MinCapacity=5, MaxCapacity=50,
            ScalableDimension=target.dimension,
        )  # fmt: skip
        wanted = settings(target.type_name, name, step={"metric": ORDERS, **SIDE})
        write(target, name, tmp_path, wanted)
    assert all(len(owned_settings(t.read(name))) == 1 for t in both)
    write(both[0], name, tmp_path, ())
    [left] = owned_settings(both[1].read(name))
    assert left.alarm is not None


def test_gone_already_is_no_failure_and_a_refusal_names_the_policy(sandbox):
    target = EcsService(sandbox.aws)
    assert target.settings.delete(SERVICE, ALL) == {}
    tracking, pool = ALL[0], WarmPool("foresail-x-warm-pool", {})
    with Stubber(target.client) as stub:
        stub.add_client_error("put_scaling_policy", "ValidationException", "No such metric")
        failed = target.settings.put(SERVICE, (tracking, pool))
    assert failed == {
        tracking.name: "ValidationException: No such metric",
        pool.name: "only EC2 Auto Scaling groups have a warm pool",
    }
    assert target.settings.cautions(SERVICE) == ()
