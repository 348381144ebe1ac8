"""DynamoDB tables: provisioned write capacity, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.application_auto_scaling import ScalableTarget


class DynamodbTableWrite(ScalableTarget):
    """The provisioned write capacity of a DynamoDB table."""

    type_name: ClassVar[str] = "dynamodb-table-write"
    about: ClassVar[str] = "provisioned write capacity of a DynamoDB table"
    namespace: ClassVar[str] = "dynamodb"
    dimension: ClassVar[str] = "dynamodb:table:WriteCapacityUnits"
    pattern: ClassVar[str] = r"table/[A-Za-z0-9_.-]{3,255}"
    example: ClassVar[str] = "table/NAME"


TARGET = DynamodbTableWrite
