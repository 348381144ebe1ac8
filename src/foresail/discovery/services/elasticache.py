"""ElastiCache: replication groups whose shards or replicas are scalable, by CPU of their nodes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.discovery import scalable
from foresail.discovery.found import Found, Seen
from foresail.discovery.scalable import Registered, how_to_register, registered, type_of

if TYPE_CHECKING:
    from foresail.aws import Aws

SERVICE = "ElastiCache"
IAM_READ = (*scalable.IAM_READ, "elasticache:DescribeReplicationGroups")
SHARDS = "elasticache:replication-group:NodeGroups"
REPLICAS = "elasticache:replication-group:Replicas"


def find(aws: Aws, now: datetime) -> Iterator[Found | Seen]:
    """Find replication groups that are scalable targets; name those that are not."""
    del now
    targets = registered(aws, "elasticache")
    for group in _groups(aws):
        name = f"replication-group/{group['ReplicationGroupId']}"
        mine = [one for one in targets if one.name == name and one.dimension in (SHARDS, REPLICAS)]
        if not mine:
            yield Seen(f"elasticache {name}", how_to_register("elasticache", SHARDS, name))
        for target in mine:
            yield _found(target, group)


def _found(target: Registered, group: dict[str, Any]) -> Found | Seen:
    kind, nodes = type_of(target.dimension), _nodes(target.dimension, group)
    if kind is None or not nodes or not target.maximum:
        return Seen(f"elasticache {target.name}", "has no nodes to measure")
    demand = {"kind": "elasticache", "nodes": nodes}
    note = "CPU of the nodes there are now; add those that will be there later"
    return Found(kind, target.name, target.minimum, target.maximum, demand, notes=(note,))


def _nodes(dimension: str, group: dict[str, Any]) -> list[str]:
    """Name the primary of each shard, or the replicas of the first shard."""
    shards = [
        [member["CacheClusterId"] for member in shard.get("NodeGroupMembers", [])]
        for shard in group.get("NodeGroups", [])
    ]
    if dimension == SHARDS:
        return [members[0] for members in shards if members]
    return shards[0][1:] if shards else []


def _groups(aws: Aws) -> list[dict[str, Any]]:
    with aws_errors(IAM_READ[1], "all replication groups"):
        pages = aws.client("elasticache").get_paginator("describe_replication_groups").paginate()
        return [row for page in pages for row in page["ReplicationGroups"]]
