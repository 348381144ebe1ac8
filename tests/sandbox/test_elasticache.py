"""Shards, replicas and serverless caches change as AWS lets them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from foresail.sandbox import Sandbox

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        yield running


@pytest.fixture
def client(sandbox):
    made = sandbox.client("elasticache")
    made.create_replication_group(
        ReplicationGroupId="cart", ReplicationGroupDescription="cart", NumNodeGroups=2,
        ReplicasPerNodeGroup=1, ClusterMode="enabled", Engine="redis",
        CacheNodeType="cache.r7g.large", AutomaticFailoverEnabled=True,
    )  # fmt: skip
    return made


def shards(client):
    [group] = client.describe_replication_groups(ReplicationGroupId="cart")["ReplicationGroups"]
    return [(g["NodeGroupId"], len(g["NodeGroupMembers"])) for g in group["NodeGroups"]]


def reshard(client, count, **fields):
    client.modify_replication_group_shard_configuration(
        **{"ReplicationGroupId": "cart", "NodeGroupCount": count, "ApplyImmediately": True} | fields
    )


def refused(code, call, *args, **fields):
    with pytest.raises(ClientError) as caught:
        call(*args, **fields)
    assert caught.value.response["Error"]["Code"] == code


def test_shards_are_added_and_taken_away_by_name(client):
    reshard(client, 4)
    assert shards(client) == [("0001", 2), ("0002", 2), ("0003", 2), ("0004", 2)]
    refused("InvalidParameterValue", reshard, client, 2)
    refused("InvalidParameterValue", reshard, client, 2, NodeGroupsToRemove=["0001"])
    reshard(client, 2, NodeGroupsToRemove=["0001", "0003"])
    assert [name for name, _ in shards(client)] == ["0002", "0004"]
    reshard(client, 1, NodeGroupsToRetain=["0004"])
    reshard(client, 3)
    assert [name for name, _ in shards(client)] == ["0004", "0001", "0002"]


def test_what_aws_refuses_of_resharding(client):
    refused("InvalidParameterValue", reshard, client, 3, ApplyImmediately=False)
    refused("NodeGroupsPerReplicationGroupQuotaExceeded", reshard, client, 91)
    refused("ReplicationGroupNotFoundFault", reshard, client, 3, ReplicationGroupId="none")


def test_replicas_go_up_and_down(client):
    asked = {"ReplicationGroupId": "cart", "ApplyImmediately": True}
    client.increase_replica_count(**asked, NewReplicaCount=3)
    assert shards(client) == [("0001", 4), ("0002", 4)]
    refused("NoOperationFault", client.increase_replica_count, **asked, NewReplicaCount=2)
    refused("InvalidParameterValue", client.increase_replica_count, **asked, NewReplicaCount=6)
    client.decrease_replica_count(**asked, NewReplicaCount=0)
    assert shards(client) == [("0001", 1), ("0002", 1)]


def test_a_serverless_cache_has_minima(client):
    limits = {"DataStorage": {"Maximum": 10, "Unit": "GB"}, "ECPUPerSecond": {"Maximum": 9000}}
    client.create_serverless_cache(
        ServerlessCacheName="pages", Engine="valkey", CacheUsageLimits=limits
    )
    raised = {"ECPUPerSecond": {"Minimum": 3000, "Maximum": 9000}}
    client.modify_serverless_cache(ServerlessCacheName="pages", CacheUsageLimits=raised)
    [found] = client.describe_serverless_caches(ServerlessCacheName="pages")["ServerlessCaches"]
    assert found["CacheUsageLimits"] == {**limits, **raised}
    wrong = {"ECPUPerSecond": {"Minimum": 9999, "Maximum": 9000}}
    modify = client.modify_serverless_cache
    refused("InvalidParameterValue", modify, ServerlessCacheName="pages", CacheUsageLimits=wrong)
    refused("ServerlessCacheNotFoundFault", modify, ServerlessCacheName="none")


def test_scaling_moves_the_group_itself(sandbox, client):
    scaling = sandbox.client("application-autoscaling")
    for dimension, low, high in (("NodeGroups", 4, 9), ("Replicas", 2, 5)):
        scaling.register_scalable_target(
            ServiceNamespace="elasticache", ResourceId="replication-group/cart",
            ScalableDimension=f"elasticache:replication-group:{dimension}",
            MinCapacity=low, MaxCapacity=high,
        )  # fmt: skip
    assert [members for _, members in shards(client)] == [3] * 4
    scaling.register_scalable_target(
        ServiceNamespace="elasticache", ResourceId="replication-group/cart",
        ScalableDimension="elasticache:replication-group:NodeGroups", MinCapacity=1, MaxCapacity=2,
    )  # fmt: skip
    assert [members for _, members in shards(client)] == [3] * 2
