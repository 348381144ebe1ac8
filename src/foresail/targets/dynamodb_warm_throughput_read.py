"""DynamoDB tables: warm reads, ahead of a launch."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.warm_throughput import WarmThroughput


class WarmReads(WarmThroughput):
    """The reads a second that a table takes at once."""

    type_name: ClassVar[str] = "dynamodb-warm-throughput-read"
    about: ClassVar[str] = "warm reads a second of a DynamoDB table"
    unit: ClassVar[str] = "read units a second"
    kind: ClassVar[str] = "Read"


TARGET = WarmReads
