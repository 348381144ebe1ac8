"""ElastiCache replication groups: replicas, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.application_auto_scaling import ScalableTarget


class ElasticacheReplicas(ScalableTarget):
    """The replicas of each shard of an ElastiCache replication group."""

    type_name: ClassVar[str] = "elasticache-replicas"
    about: ClassVar[str] = "replicas of each shard of an ElastiCache replication group"
    unit: ClassVar[str] = "replicas per shard"
    bounds: ClassVar[tuple[int, int | None]] = (1, 5)
    namespace: ClassVar[str] = "elasticache"
    dimension: ClassVar[str] = "elasticache:replication-group:Replicas"
    pattern: ClassVar[str] = r"replication-group/[A-Za-z](-?[A-Za-z0-9]){0,39}"
    example: ClassVar[str] = "replication-group/NAME"


TARGET = ElasticacheReplicas
