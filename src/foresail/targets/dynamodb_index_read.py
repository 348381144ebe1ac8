"""DynamoDB indexes: provisioned read capacity, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar, Literal

from foresail.targets.throughput import IndexThroughput


class DynamodbIndexRead(IndexThroughput):
    """The provisioned read capacity of a DynamoDB index; on demand there is none."""

    type_name: ClassVar[str] = "dynamodb-index-read"
    about: ClassVar[str] = "provisioned read capacity of a DynamoDB index"
    unit: ClassVar[str] = "read capacity units"
    dimension: ClassVar[str] = "dynamodb:index:ReadCapacityUnits"
    kind: ClassVar[Literal["Read", "Write"]] = "Read"


TARGET = DynamodbIndexRead
