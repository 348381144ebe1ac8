"""Where the capacity of a scalable target lives: in a resource of moto, or kept here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from foresail.sandbox.modules import World
from foresail.sandbox.scalable_targets import InvalidError, Key

Read = Callable[[World, str], int | None]
Write = Callable[[World, str, int], None]
_OWN = "application-autoscaling-"  # what scaling names the readers it adds


@dataclass(slots=True)
class Capacities:
    """Reads and sets what scalable targets have; what moto does not have is kept by key."""

    world: World
    kept: dict[Key, int] = field(default_factory=dict)

    def get(self, key: Key, otherwise: int) -> int:
        """Capacity right now; a resource of which nothing is known starts at `otherwise`."""
        if key[2] in _LIVE:
            found = _LIVE[key[2]][0](self.world, key[1])
            if found is not None:
                return found
        return self.kept.setdefault(key, otherwise)

    def set(self, key: Key, capacity: int) -> None:
        """Move a resource to a capacity."""
        if key[2] in _LIVE and _LIVE[key[2]][0](self.world, key[1]) is not None:
            _LIVE[key[2]][1](self.world, key[1], capacity)
        else:
            self.kept[key] = capacity


def _ecs_read(world: World, resource: str) -> int | None:
    _, cluster, service = resource.split("/")
    try:
        found = world.client("ecs").describe_services(cluster=cluster, services=[service])
    except ClientError as error:
        raise InvalidError(f"ECS service doesn't exist: {resource}") from error
    if not found["services"]:
        raise InvalidError(f"ECS service doesn't exist: {resource}")
    return int(found["services"][0]["desiredCount"])


def _ecs_write(world: World, resource: str, capacity: int) -> None:
    _, cluster, service = resource.split("/")
    world.client("ecs").update_service(cluster=cluster, service=service, desiredCount=capacity)


def _throughput(world: World, resource: str) -> Mapping[str, Any]:
    """Provisioned throughput of a table, or of the index that the resource names."""
    _, table, *index = resource.split("/")
    try:
        found = world.client("dynamodb").describe_table(TableName=table)["Table"]
    except ClientError as error:
        raise InvalidError(f"DynamoDB table does not exist: {resource}") from error
    indexes = {i["IndexName"]: i for i in found.get("GlobalSecondaryIndexes", [])}
    if index and index[-1] not in indexes:
        raise InvalidError(f"DynamoDB index does not exist: {resource}")
    owner = indexes[index[-1]] if index else found
    units: Mapping[str, Any] = owner["ProvisionedThroughput"]
    return units


def _dynamodb(unit: str) -> tuple[Read, Write]:
    def read(world: World, resource: str) -> int | None:
        return int(_throughput(world, resource)[unit])

    def write(world: World, resource: str, capacity: int) -> None:
        units = _throughput(world, resource)
        both = {k: units[k] for k in ("ReadCapacityUnits", "WriteCapacityUnits")}
        throughput = {"ProvisionedThroughput": {**both, unit: capacity}}
        _, table, *index = resource.split("/")
        if index:
            update = {"Update": {"IndexName": index[-1], **throughput}}
            throughput = {"GlobalSecondaryIndexUpdates": [update]}  # type: ignore[dict-item]
        world.client("dynamodb").update_table(TableName=table, **throughput)

    return read, write


def _readers(world: World, cluster: str) -> list[str] | None:
    """Instances of an Aurora cluster beside its writer; None when there is no such cluster."""
    try:
        found = world.client("rds").describe_db_clusters(DBClusterIdentifier=cluster)
    except ClientError:
        return None
    members = found["DBClusters"][0].get("DBClusterMembers", [])
    return [m["DBInstanceIdentifier"] for m in members if not m["IsClusterWriter"]]


def _aurora_read(world: World, resource: str) -> int | None:
    readers = _readers(world, resource.partition(":")[2])
    return None if readers is None else len(readers)


def _aurora_write(world: World, resource: str, capacity: int) -> None:
    """Add readers like the writer, or delete those that scaling itself had added."""
    rds, cluster = world.client("rds"), resource.partition(":")[2]
    readers = _readers(world, cluster) or []
    [found] = rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"]
    members = found["DBClusterMembers"]
    writer = next(m["DBInstanceIdentifier"] for m in members if m["IsClusterWriter"])
    [like] = rds.describe_db_instances(DBInstanceIdentifier=writer)["DBInstances"]
    for _ in range(capacity - len(readers)):
        rds.create_db_instance(
            DBInstanceIdentifier=f"{_OWN}{uuid4()}",
            DBInstanceClass=like["DBInstanceClass"],
            Engine=like["Engine"],
            DBClusterIdentifier=cluster,
        )
    own = [name for name in readers if name.startswith(_OWN)]
    for name in own[: max(len(readers) - capacity, 0)]:
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


def _cache(world: World, resource: str) -> Mapping[str, Any] | None:
    """Find a replication group; None when there is none."""
    name = resource.partition("/")[2]
    try:
        found = world.client("elasticache").describe_replication_groups(ReplicationGroupId=name)
    except ClientError:
        return None
    group: Mapping[str, Any] = found["ReplicationGroups"][0]
    return group


def _shards_read(world: World, resource: str) -> int | None:
    group = _cache(world, resource)
    return None if group is None else len(group["NodeGroups"])


def _shards_write(world: World, resource: str, capacity: int) -> None:
    group = _cache(world, resource) or {}
    ids = [shard["NodeGroupId"] for shard in group["NodeGroups"]]
    retain = {"NodeGroupsToRetain": ids[:capacity]} if capacity < len(ids) else {}
    world.client("elasticache").modify_replication_group_shard_configuration(
        ReplicationGroupId=resource.partition("/")[2],
        NodeGroupCount=capacity,
        ApplyImmediately=True,
        **retain,
    )


def _replicas_read(world: World, resource: str) -> int | None:
    group = _cache(world, resource)
    return None if group is None else len(group["NodeGroups"][0]["NodeGroupMembers"]) - 1


def _replicas_write(world: World, resource: str, capacity: int) -> None:
    more = capacity > (_replicas_read(world, resource) or 0)
    client = world.client("elasticache")
    change = client.increase_replica_count if more else client.decrease_replica_count
    name = resource.partition("/")[2]
    change(ReplicationGroupId=name, NewReplicaCount=capacity, ApplyImmediately=True)


_LIVE: dict[str, tuple[Read, Write]] = {
    "ecs:service:DesiredCount": (_ecs_read, _ecs_write),
    "rds:cluster:ReadReplicaCount": (_aurora_read, _aurora_write),
    "elasticache:replication-group:NodeGroups": (_shards_read, _shards_write),
    "elasticache:replication-group:Replicas": (_replicas_read, _replicas_write),
    **{
        f"dynamodb:{owner}:{unit}": _dynamodb(unit)
        for owner in ("table", "index")
        for unit in ("ReadCapacityUnits", "WriteCapacityUnits")
    },
}
