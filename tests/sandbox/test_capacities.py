"""Capacity of scalable targets lives in the resource where moto has one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from foresail.sandbox import Sandbox

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
AURORA = {
    "ServiceNamespace": "rds",
    "ResourceId": "cluster:orders",
    "ScalableDimension": "rds:cluster:ReadReplicaCount",
}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        yield running


def readers(sandbox):
    [found] = sandbox.client("rds").describe_db_clusters()["DBClusters"]
    return [
        m["DBInstanceIdentifier"] for m in found["DBClusterMembers"] if not m["IsClusterWriter"]
    ]


def test_aurora_readers_come_and_only_those_of_scaling_go(sandbox):
    rds = sandbox.client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="orders", Engine="aurora-postgresql", MasterUsername="admin1",
        MasterUserPassword="secret-12345",
    )  # fmt: skip
    for name in ("writer", "manual"):
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.r7g.large", Engine="aurora-postgresql",
            DBClusterIdentifier="orders",
        )  # fmt: skip
    scaling = sandbox.client("application-autoscaling")
    scaling.register_scalable_target(**AURORA, MinCapacity=3, MaxCapacity=9)
    assert len(readers(sandbox)) == 3
    scaling.register_scalable_target(**AURORA, MinCapacity=0, MaxCapacity=0)
    assert readers(sandbox) == ["manual"]


def test_dynamodb_index_and_warm_throughput(sandbox):
    dynamodb = sandbox.client("dynamodb")
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
    dynamodb.create_table(
        TableName="orders", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("id", "day")],
        ProvisionedThroughput=units,
        GlobalSecondaryIndexes=[
            {"IndexName": "by-day", "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}],
             "Projection": {"ProjectionType": "ALL"}, "ProvisionedThroughput": units}
        ],
    )  # fmt: skip
    sandbox.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="dynamodb", ResourceId="table/orders/index/by-day",
        ScalableDimension="dynamodb:index:WriteCapacityUnits", MinCapacity=20, MaxCapacity=40,
    )  # fmt: skip
    table = dynamodb.describe_table(TableName="orders")["Table"]
    [index] = table["GlobalSecondaryIndexes"]
    assert index["ProvisionedThroughput"]["WriteCapacityUnits"] == 20
    assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert table["ProvisionedThroughput"]["WriteCapacityUnits"] == 6

    dynamodb.update_table(TableName="orders", WarmThroughput={"ReadUnitsPerSecond": 20_000})
    with pytest.raises(ClientError, match="not lowered") as caught:
        dynamodb.update_table(TableName="orders", WarmThroughput={"ReadUnitsPerSecond": 15_000})
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    warm = dynamodb.describe_table(TableName="orders")["Table"]["WarmThroughput"]
    assert warm["ReadUnitsPerSecond"] == 20_000
    assert warm["WriteUnitsPerSecond"] >= 6
