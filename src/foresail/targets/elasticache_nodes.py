"""ElastiCache for Memcached: nodes of a cluster, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.targets.application_auto_scaling import ScalableTarget


class ElasticacheNodes(ScalableTarget):
    """The nodes of a Memcached cluster."""

    type_name: ClassVar[str] = "elasticache-nodes"
    about: ClassVar[str] = "nodes of an ElastiCache for Memcached cluster"
    unit: ClassVar[str] = "nodes"
    bounds: ClassVar[tuple[int, int | None]] = (1, None)
    namespace: ClassVar[str] = "elasticache"
    dimension: ClassVar[str] = "elasticache:cache-cluster:Nodes"
    pattern: ClassVar[str] = r"cache-cluster/[A-Za-z](-?[A-Za-z0-9]){0,49}"
    example: ClassVar[str] = "cache-cluster/NAME"

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """How busy the nodes are."""
        where = (("CacheClusterId", name.removeprefix("cache-cluster/")),)
        return (MetricQuery("busy", "AWS/ElastiCache", "CPUUtilization", where, "Average"),)


TARGET = ElasticacheNodes
