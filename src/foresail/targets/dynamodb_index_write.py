"""DynamoDB indexes: provisioned write capacity, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar, Literal

from foresail.targets.throughput import IndexThroughput


class DynamodbIndexWrite(IndexThroughput):
    """The provisioned write capacity of a DynamoDB index; on demand there is none."""

    type_name: ClassVar[str] = "dynamodb-index-write"
    about: ClassVar[str] = "provisioned write capacity of a DynamoDB index"
    unit: ClassVar[str] = "write capacity units"
    dimension: ClassVar[str] = "dynamodb:index:WriteCapacityUnits"
    kind: ClassVar[Literal["Read", "Write"]] = "Write"


TARGET = DynamodbIndexWrite
