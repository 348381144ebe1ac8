"""ECS services: the number of tasks, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.targets.application_auto_scaling import ScalableTarget


class EcsService(ScalableTarget):
    """The desired count of an ECS service; its tasks are counted by Container Insights."""

    type_name: ClassVar[str] = "ecs-service"
    about: ClassVar[str] = "tasks of an ECS service"
    unit: ClassVar[str] = "tasks"
    namespace: ClassVar[str] = "ecs"
    dimension: ClassVar[str] = "ecs:service:DesiredCount"
    pattern: ClassVar[str] = r"service/[A-Za-z0-9_-]{1,255}/[A-Za-z0-9_-]{1,255}"
    example: ClassVar[str] = "service/CLUSTER/SERVICE"

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Tasks that run, and how busy they are."""
        _, cluster, service = name.split("/")
        where = (("ClusterName", cluster), ("ServiceName", service))
        return (
            MetricQuery("units", "ECS/ContainerInsights", "RunningTaskCount", where, "Average"),
            MetricQuery("busy", "AWS/ECS", "CPUUtilization", where, "Average"),
        )


TARGET = EcsService
