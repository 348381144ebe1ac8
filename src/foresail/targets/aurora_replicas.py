"""Aurora clusters: the number of replicas, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.application_auto_scaling import ScalableTarget


class AuroraReplicas(ScalableTarget):
    """The replicas of an Aurora cluster."""

    type_name: ClassVar[str] = "aurora-replicas"
    about: ClassVar[str] = "replicas of an Aurora cluster"
    namespace: ClassVar[str] = "rds"
    dimension: ClassVar[str] = "rds:cluster:ReadReplicaCount"
    pattern: ClassVar[str] = r"cluster:[A-Za-z](-?[A-Za-z0-9]){0,62}"
    example: ClassVar[str] = "cluster:NAME"


TARGET = AuroraReplicas
