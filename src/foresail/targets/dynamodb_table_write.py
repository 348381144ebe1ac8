"""DynamoDB tables: provisioned write capacity, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar, Literal

from foresail.targets.throughput import TableThroughput


class DynamodbTableWrite(TableThroughput):
    """The provisioned write capacity of a DynamoDB table; on demand there is none."""

    type_name: ClassVar[str] = "dynamodb-table-write"
    about: ClassVar[str] = "provisioned write capacity of a DynamoDB table"
    unit: ClassVar[str] = "write capacity units"
    dimension: ClassVar[str] = "dynamodb:table:WriteCapacityUnits"
    kind: ClassVar[Literal["Read", "Write"]] = "Write"


TARGET = DynamodbTableWrite
