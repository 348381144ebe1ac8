"""Scalable targets and scheduled actions: what AWS refuses, keeps and lists."""

from __future__ import annotations

import botocore.session
import pytest
from botocore.exceptions import ClientError

from sandbox.scaling import (
    ECS,
    MINUTE,
    NOW,
    READS,
    actions,
    bounds,
    policy,
    put,
    refused,
    started,
)


@pytest.fixture(scope="module")
def account():
    """Serve the tests in which no time passes."""
    with started() as running:
        yield running.client("application-autoscaling")


@pytest.fixture
def client(account):
    account.register_scalable_target(**ECS, MinCapacity=2, MaxCapacity=10)
    yield account
    account.deregister_scalable_target(**ECS)


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


def test_deregistering_takes_actions_and_policies_along(client):
    put(client)
    policy(client)
    client.deregister_scalable_target(**ECS)
    client.register_scalable_target(**ECS, MinCapacity=2, MaxCapacity=10)
    assert actions(client) == {}
    assert client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []


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
    client.deregister_scalable_target(**READS)


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
