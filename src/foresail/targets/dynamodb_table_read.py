"""DynamoDB tables: provisioned read capacity, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar, Literal

from foresail.targets.throughput import TableThroughput


class DynamodbTableRead(TableThroughput):
    """The provisioned read capacity of a DynamoDB table; on demand there is none."""

    type_name: ClassVar[str] = "dynamodb-table-read"
    about: ClassVar[str] = "provisioned read capacity of a DynamoDB table"
    unit: ClassVar[str] = "read capacity units"
    dimension: ClassVar[str] = "dynamodb:table:ReadCapacityUnits"
    kind: ClassVar[Literal["Read", "Write"]] = "Read"


TARGET = DynamodbTableRead
