"""Neptune clusters: the number of read replicas, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.targets.application_auto_scaling import ScalableTarget


class NeptuneReplicas(ScalableTarget):
    """The read replicas of a Neptune cluster."""

    type_name: ClassVar[str] = "neptune-replicas"
    about: ClassVar[str] = "read replicas of a Neptune cluster"
    unit: ClassVar[str] = "replicas"
    bounds: ClassVar[tuple[int, int | None]] = (1, 15)
    namespace: ClassVar[str] = "neptune"
    dimension: ClassVar[str] = "neptune:cluster:ReadReplicaCount"
    pattern: ClassVar[str] = r"cluster:[A-Za-z](-?[A-Za-z0-9]){0,62}"
    example: ClassVar[str] = "cluster:NAME"

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """How busy the readers are."""
        where = (("DBClusterIdentifier", name.removeprefix("cluster:")), ("Role", "READER"))
        return (MetricQuery("busy", "AWS/Neptune", "CPUUtilization", where, "Average"),)


TARGET = NeptuneReplicas
