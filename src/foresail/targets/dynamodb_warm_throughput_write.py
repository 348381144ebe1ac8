"""DynamoDB tables: warm writes, ahead of a launch."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.warm_throughput import WarmThroughput


class WarmWrites(WarmThroughput):
    """The writes a second that a table takes at once."""

    type_name: ClassVar[str] = "dynamodb-warm-throughput-write"
    about: ClassVar[str] = "warm writes a second of a DynamoDB table"
    unit: ClassVar[str] = "write units a second"
    kind: ClassVar[str] = "Write"


TARGET = WarmWrites
