"""Aurora clusters: the number of replicas, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.targets.application_auto_scaling import ScalableTarget


class AuroraReplicas(ScalableTarget):
    """The replicas of an Aurora cluster."""

    type_name: ClassVar[str] = "aurora-replicas"
    about: ClassVar[str] = "replicas of an Aurora cluster"
    unit: ClassVar[str] = "replicas"
    bounds: ClassVar[tuple[int, int | None]] = (0, 15)
    namespace: ClassVar[str] = "rds"
    dimension: ClassVar[str] = "rds:cluster:ReadReplicaCount"
    pattern: ClassVar[str] = r"cluster:[A-Za-z](-?[A-Za-z0-9]){0,62}"
    example: ClassVar[str] = "cluster:NAME"

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """How busy the readers are."""
        where = (("DBClusterIdentifier", name.removeprefix("cluster:")), ("Role", "READER"))
        return (MetricQuery("busy", "AWS/RDS", "CPUUtilization", where, "Average"),)


TARGET = AuroraReplicas
