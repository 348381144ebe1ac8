"""DynamoDB tables: warm throughput, which only ever rises, by calls that Scheduler makes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from foresail.aws import aws_errors
from foresail.history.metrics import MetricQuery
from foresail.plan.moves import Moves
from foresail.targets.scheduler import ScheduledCall


class WarmThroughput(ScheduledCall):
    """The reads or writes a second that a table takes at once, in both capacity modes.

    A subclass says which of the two.
    """

    kind: ClassVar[str]  # Read or Write
    bounds: ClassVar[tuple[int, int | None]] = (1, None)
    pattern: ClassVar[str] = r"table/[A-Za-z0-9_.-]{3,255}"
    example: ClassVar[str] = "table/orders"
    service: ClassVar[str] = "dynamodb"
    operation: ClassVar[str] = "UpdateTable"
    # A table that is UPDATING takes no other call.
    moves: ClassVar[Moves] = Moves(may_fall=False, rest=timedelta(minutes=15))
    iam_live: ClassVar[tuple[str, ...]] = ("dynamodb:DescribeTable", "dynamodb:DescribeLimits")
    iam_call: ClassVar[tuple[str, ...]] = ("dynamodb:UpdateTable",)

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Throttled requests, which hide demand."""
        where = (("TableName", name.removeprefix("table/")),)
        metric = f"{cls.kind}ThrottleEvents"
        return (MetricQuery("throttled", "AWS/DynamoDB", metric, where, "Sum"),)

    @classmethod
    def arn(cls, name: str) -> str:
        """ARN of a table, for IAM; the region is left to be filled in."""
        return f"dynamodb:{{region}}:*:{'table/*' if name == '*' else name}"

    def in_force(self, name: str) -> tuple[int, int]:
        """Read what is warm, and the account's limit for a table."""
        with aws_errors(self.iam_live[0], name):
            table = self.resource.describe_table(TableName=name.removeprefix("table/"))["Table"]
        with aws_errors(self.iam_live[1], name):
            limits = self.resource.describe_limits()
        warm = (table.get("WarmThroughput") or {}).get(f"{self.kind}UnitsPerSecond") or 0
        return warm, max(warm, limits[f"TableMax{self.kind}CapacityUnits"])

    def params(self, name: str, size: int) -> dict[str, Any]:
        """Warm up one of reads and writes; the other stays as it is."""
        warm = {f"{self.kind}UnitsPerSecond": size}
        return {"TableName": name.removeprefix("table/"), "WarmThroughput": warm}

    def size_of(self, params: dict[str, Any]) -> int:
        """Units a second that a call warms up."""
        return int(params["WarmThroughput"][f"{self.kind}UnitsPerSecond"])
