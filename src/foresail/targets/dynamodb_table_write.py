"""DynamoDB tables: provisioned write capacity, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.plan.moves import Moves
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.throughput import FALLS


class DynamodbTableWrite(ScalableTarget):
    """The provisioned write capacity of a DynamoDB table; on demand there is none."""

    type_name: ClassVar[str] = "dynamodb-table-write"
    about: ClassVar[str] = "provisioned write capacity of a DynamoDB table"
    unit: ClassVar[str] = "write capacity units"
    bounds: ClassVar[tuple[int, int | None]] = (1, None)
    namespace: ClassVar[str] = "dynamodb"
    dimension: ClassVar[str] = "dynamodb:table:WriteCapacityUnits"
    pattern: ClassVar[str] = r"table/[A-Za-z0-9_.-]{3,255}"
    example: ClassVar[str] = "table/NAME"
    moves: ClassVar[Moves] = FALLS

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Units provisioned, and throttled writes, which hide demand."""
        where = (("TableName", name.removeprefix("table/")),)
        return (
            MetricQuery("units", "AWS/DynamoDB", "ProvisionedWriteCapacityUnits", where, "Average"),
            MetricQuery("throttled", "AWS/DynamoDB", "WriteThrottleEvents", where, "Sum"),
        )


TARGET = DynamodbTableWrite
