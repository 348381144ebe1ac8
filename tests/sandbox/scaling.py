"""An account with an ECS service and a table, and calls on their scalable targets."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

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


@contextmanager
def started():
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
