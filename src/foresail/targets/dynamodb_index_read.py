"""DynamoDB indexes: provisioned read capacity, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.plan.moves import Moves
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.throughput import FALLS


class DynamodbIndexRead(ScalableTarget):
    """The provisioned read capacity of a DynamoDB index; on demand there is none."""

    type_name: ClassVar[str] = "dynamodb-index-read"
    about: ClassVar[str] = "provisioned read capacity of a DynamoDB index"
    unit: ClassVar[str] = "read capacity units"
    bounds: ClassVar[tuple[int, int | None]] = (1, None)
    namespace: ClassVar[str] = "dynamodb"
    dimension: ClassVar[str] = "dynamodb:index:ReadCapacityUnits"
    pattern: ClassVar[str] = r"table/[A-Za-z0-9_.-]{3,255}/index/[A-Za-z0-9_.-]{3,255}"
    example: ClassVar[str] = "table/NAME/index/NAME"
    moves: ClassVar[Moves] = FALLS

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Units provisioned, and throttled reads, which hide demand."""
        _, table, _, index = name.split("/")
        where = (("TableName", table), ("GlobalSecondaryIndexName", index))
        return (
            MetricQuery("units", "AWS/DynamoDB", "ProvisionedReadCapacityUnits", where, "Average"),
            MetricQuery("throttled", "AWS/DynamoDB", "ReadThrottleEvents", where, "Sum"),
        )


TARGET = DynamodbIndexRead
