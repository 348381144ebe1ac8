"""Application Auto Scaling in the sandbox: what AWS refuses, what actions do to resources."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import botocore.session
import pytest
from botocore.exceptions import ClientError

from foresail.sandbox import Sandbox

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ECS = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/shop/app",
    "ScalableDimension": "ecs:service:DesiredCount",
}
READS = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/orders",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}
SHARDS = {
    "ServiceNamespace": "elasticache",
    "ResourceId": "replication-group/cart",
    "ScalableDimension": "elasticache:replication-group:NodeGroups",
}


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        ecs = running.client("ecs")
        ecs.create_cluster(clusterName="shop")
        containers = [{"name": "app", "image": "app", "memory": 128}]
        ecs.register_task_definition(family="app", containerDefinitions=containers)
        ecs.create_service(cluster="shop", serviceName="app", taskDefinition="app", desiredCount=3)
        running.client("dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            ProvisionedThroughput={"ReadCapacityUnits": 100, "WriteCapacityUnits": 20},
        )
        yield running


@pytest.fixture
def client(sandbox):
    made = sandbox.client("application-autoscaling")
    made.register_scalable_target(**ECS, MinCapacity=2, MaxCapacity=10)
    return made


def put(client, name="a", target=ECS, schedule="at(2026-10-30T12:05:00)", low=5, high=None, **more):
    sizes = {"MinCapacity": low, "MaxCapacity": high}
    given = {k: v for k, v in sizes.items() if v is not None}
    fields = {"Schedule": schedule, "ScalableTargetAction": given, **more}
    kept = {k: v for k, v in fields.items() if v is not None}
    client.put_scheduled_action(**target, ScheduledActionName=name, **kept)


def actions(client, **target):
    pages = client.get_paginator("describe_scheduled_actions").paginate(
        **(target or ECS), PaginationConfig={"PageSize": 50}
    )
    return {a["ScheduledActionName"]: a for page in pages for a in page["ScheduledActions"]}


def bounds(client, target=ECS):
    found = client.describe_scalable_targets(
        ServiceNamespace=target["ServiceNamespace"], ResourceIds=[target["ResourceId"]]
    )
    [row] = found["ScalableTargets"]
    return row["MinCapacity"], row["MaxCapacity"]


def tasks(sandbox):
    found = sandbox.client("ecs").describe_services(cluster="shop", services=["app"])
    return found["services"][0]["desiredCount"]


def units(sandbox):
    return sandbox.client("dynamodb").describe_table(TableName="orders")["Table"][
        "ProvisionedThroughput"
    ]


def refused(code, call, *args, **fields):
    with pytest.raises(ClientError) as caught:
        call(*args, **fields)
    assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"target": {**ECS, "ResourceId": "service/shop/other"}}, "ObjectNotFoundException"),
        ({"target": {**ECS, "ServiceNamespace": "ecz"}}, "ValidationException"),
        ({"target": {**ECS, "ResourceId": "table/orders"}}, "ValidationException"),
        ({"schedule": "every day"}, "ValidationException"),
        ({"schedule": "cron(0 7 * * *)"}, "ValidationException"),
        ({"schedule": "at(2026-10-30T12:00:00)"}, "ValidationException"),  # past
        ({"schedule": None}, "ValidationException"),
        ({"Timezone": "Mars/Olympus"}, "ValidationException"),
        ({"low": None}, "ValidationException"),
        ({"low": 7, "high": 6}, "ValidationException"),
        ({"low": -1}, "ValidationException"),
        ({"name": "a/b"}, "ValidationException"),
        ({"name": "a "}, "ValidationException"),
        ({"StartTime": NOW, "EndTime": NOW, "schedule": "rate(1 hour)"}, "ValidationException"),
    ],
)
def test_refused_as_aws_does(client, fields, code):
    refused(code, put, client, **fields)
    assert actions(client) == {}


def test_two_hundred_actions_a_target_in_pages(client):
    for n in range(200):
        put(client, f"a{n}", schedule=f"at(2026-11-{n // 24 + 1:02}T{n % 24:02}:00:00)")
    refused("LimitExceededException", put, client, "one more")
    put(client, "a7", low=9)  # an update is no more
    assert len(actions(client)) == 200
    first = client.describe_scheduled_actions(**ECS, MaxResults=30)
    assert len(first["ScheduledActions"]) == 30
    refused("InvalidNextTokenException", client.describe_scheduled_actions, **ECS, NextToken="x")


def test_an_update_keeps_what_it_does_not_name_but_for_the_times(client):
    put(client, schedule="rate(2 hours)", high=9, StartTime=NOW + MINUTE, EndTime=NOW + 9 * MINUTE,
        Timezone="Asia/Kolkata")  # fmt: skip
    client.put_scheduled_action(**ECS, ScheduledActionName="a", Schedule="rate(3 hours)")
    [action] = actions(client).values()
    assert (action["Schedule"], action["Timezone"]) == ("rate(3 hours)", "Asia/Kolkata")
    assert action["ScalableTargetAction"] == {"MinCapacity": 5, "MaxCapacity": 9}
    assert not {"StartTime", "EndTime"} & set(action)


def test_what_is_not_there_cannot_be_deleted(client):
    refused(
        "ObjectNotFoundException", client.delete_scheduled_action, **ECS, ScheduledActionName="x"
    )
    refused("ObjectNotFoundException", client.deregister_scalable_target, **READS)


def test_a_target_without_its_resource_or_bounds_is_refused(client):
    register = client.register_scalable_target
    refused("ValidationException", register, **READS, MinCapacity=1)
    refused("ValidationException", register, **READS, MinCapacity=2, MaxCapacity=1)
    for there, name in ((ECS, "service/shop/none"), (READS, "table/none")):
        fields = {**there, "ResourceId": name, "MinCapacity": 1, "MaxCapacity": 2}
        refused("ValidationException", register, **fields)


@pytest.mark.parametrize(
    ("dimension", "resource"),
    [
        ("elasticache:replication-group:Replicas", "replication-group/cart"),
        ("neptune:cluster:ReadReplicaCount", "cluster:graph"),
        ("workspaces:workspacespool:DesiredUserSessions", "workspacespool/wspool-1"),
        ("sagemaker:inference-component:DesiredCopyCount", "inference-component/rank"),
        ("rds:cluster:ReadReplicaCount", "cluster:orders"),
        ("lambda:function:ProvisionedConcurrency", "function:checkout:live"),
        ("kafka:broker-storage:VolumeSize", "arn:aws:kafka:us-east-1:1:cluster/c/1"),
    ],
)
def test_namespaces_that_moto_rejects_are_served(client, dimension, resource):
    where = {
        "ServiceNamespace": dimension.split(":")[0],
        "ResourceId": resource,
        "ScalableDimension": dimension,
    }
    client.register_scalable_target(**where, MinCapacity=1, MaxCapacity=9)
    assert bounds(client, where) == (1, 9)
    model = botocore.session.get_session().get_service_model("application-autoscaling")
    assert where["ServiceNamespace"] in model.shape_for("ServiceNamespace").enum


def test_targets_come_in_pages(sandbox, client):
    for n in range(7):
        client.register_scalable_target(
            **{**SHARDS, "ResourceId": f"replication-group/r{n}"}, MinCapacity=1, MaxCapacity=2
        )
    pages = client.get_paginator("describe_scalable_targets").paginate(
        ServiceNamespace="elasticache", PaginationConfig={"PageSize": 3}
    )
    assert [len(page["ScalableTargets"]) for page in pages] == [3, 3, 1]


def test_registering_moves_capacity_inside_the_bounds(sandbox, client):
    client.register_scalable_target(**ECS, MinCapacity=6)
    assert tasks(sandbox) == 6
    client.register_scalable_target(**READS, MinCapacity=5, MaxCapacity=50)
    assert (units(sandbox)["ReadCapacityUnits"], units(sandbox)["WriteCapacityUnits"]) == (50, 20)


def test_due_actions_move_bounds_and_the_resource_and_one_off_ones_vanish(sandbox, client):
    put(client, "up", low=7)
    put(client, "down", low=1, high=4, schedule="at(2026-10-30T15:10:00)", Timezone="Europe/Kyiv")
    sandbox.advance(5 * MINUTE)
    assert (bounds(client), tasks(sandbox)) == ((2, 10), 3)
    sandbox.advance(MINUTE)
    assert (bounds(client), tasks(sandbox)) == ((7, 10), 7)
    assert list(actions(client)) == ["down"]  # 15:10 in Kyiv is 13:10 UTC
    sandbox.advance(timedelta(hours=1, minutes=5))
    assert (bounds(client), tasks(sandbox)) == ((1, 4), 4)
    assert actions(client) == {}
    told = client.describe_scaling_activities(**ECS)["ScalingActivities"]
    assert [(a["Description"], a["Cause"]) for a in told] == [
        ("Setting desired count to 4.", "maximum capacity was set to 4"),
        ("Setting min capacity to 1 and max capacity to 4",
         "scheduled action name down was triggered"),
        ("Setting desired count to 7.", "minimum capacity was set to 7"),
        ("Setting min capacity to 7 and max capacity to 10",
         "scheduled action name up was triggered"),
    ]  # fmt: skip
    assert {a["StatusCode"] for a in told} == {"Successful"}
    assert told[-1]["StartTime"] == NOW + 5 * MINUTE


def test_recurring_actions_run_inside_their_times_and_end(sandbox, client):
    put(client, schedule="cron(0/10 * * * ? *)", StartTime=NOW + 15 * MINUTE,
        EndTime=NOW + 40 * MINUTE)  # fmt: skip
    sandbox.advance(timedelta(hours=1))
    told = client.describe_scaling_activities(ServiceNamespace="ecs")["ScalingActivities"]
    runs = [a["StartTime"] - NOW for a in told if "scheduled action" in a["Cause"]]
    assert sorted(runs) == [20 * MINUTE, 30 * MINUTE]
    assert actions(client) == {}


def test_suspended_scheduled_scaling_skips_what_is_due(sandbox, client):
    put(client)
    client.register_scalable_target(**ECS, SuspendedState={"ScheduledScalingSuspended": True})
    sandbox.advance(10 * MINUTE)
    client.register_scalable_target(**ECS, SuspendedState={"ScheduledScalingSuspended": False})
    sandbox.advance(10 * MINUTE)
    assert (bounds(client), tasks(sandbox)) == ((2, 10), 3)


def test_a_minimum_above_the_maximum_fails_at_run_time(sandbox, client):
    put(client, low=20)
    sandbox.advance(10 * MINUTE)
    [told] = client.describe_scaling_activities(**ECS)["ScalingActivities"]
    assert told["StatusCode"] == "Failed"
    assert (bounds(client), tasks(sandbox)) == ((2, 10), 3)


def test_deregistering_takes_actions_and_policies_along(client):
    put(client)
    policy(client)
    client.deregister_scalable_target(**ECS)
    client.register_scalable_target(**ECS, MinCapacity=2, MaxCapacity=10)
    assert actions(client) == {}
    assert client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []


def policy(client, **config):
    return client.put_scaling_policy(
        **ECS, PolicyName="ahead", PolicyType="PredictiveScaling",
        PredictiveScalingPolicyConfiguration={
            "MetricSpecifications": [
                {
                    "TargetValue": 50.0,
                    "PredefinedMetricPairSpecification": {
                        "PredefinedMetricType": "ECSServiceCPUUtilization"
                    },
                }
            ],
            "Mode": "ForecastOnly",
            **config,
        },
    )  # fmt: skip


def test_predictive_policies_of_ecs_are_kept_and_deleted(client):
    arn = policy(client)["PolicyARN"]
    [found] = client.describe_scaling_policies(**ECS)["ScalingPolicies"]
    assert (found["PolicyARN"], found["PolicyType"]) == (arn, "PredictiveScaling")
    assert found["PredictiveScalingPolicyConfiguration"]["Mode"] == "ForecastOnly"
    client.delete_scaling_policy(**ECS, PolicyName="ahead")
    assert client.describe_scaling_policies(**ECS)["ScalingPolicies"] == []
    refused("ObjectNotFoundException", client.delete_scaling_policy, **ECS, PolicyName="ahead")


def test_predictive_policies_are_checked(client):
    refused("ValidationException", policy, client, Mode="Guess")
    refused("ValidationException", policy, client, SchedulingBufferTime=4000)
    refused("ValidationException", policy, client, MaxCapacityBuffer=10)
    with pytest.raises(ClientError, match="ECS services only"):
        client.register_scalable_target(**READS, MinCapacity=1, MaxCapacity=9)
        client.put_scaling_policy(**READS, PolicyName="x", PolicyType="PredictiveScaling")


def test_other_policies_need_a_registered_target(client):
    tracking = {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "DynamoDBReadCapacityUtilization"
        },
    }
    refused(
        "ObjectNotFoundException", client.put_scaling_policy, **READS, PolicyName="x",
        PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=tracking,
    )  # fmt: skip
