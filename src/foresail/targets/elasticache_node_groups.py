"""ElastiCache replication groups: shards, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.application_auto_scaling import ScalableTarget


class ElasticacheNodeGroups(ScalableTarget):
    """The shards of an ElastiCache replication group."""

    type_name: ClassVar[str] = "elasticache-node-groups"
    about: ClassVar[str] = "shards of an ElastiCache replication group"
    unit: ClassVar[str] = "shards"
    bounds: ClassVar[tuple[int, int | None]] = (1, 250)
    namespace: ClassVar[str] = "elasticache"
    dimension: ClassVar[str] = "elasticache:replication-group:NodeGroups"
    pattern: ClassVar[str] = r"replication-group/[A-Za-z](-?[A-Za-z0-9]){0,39}"
    example: ClassVar[str] = "replication-group/NAME"


TARGET = ElasticacheNodeGroups
