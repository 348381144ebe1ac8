"""Provisioned throughput of DynamoDB tables and indexes: what reads and writes have in common."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from typing import ClassVar, Literal

from foresail.history.metrics import MetricQuery
from foresail.plan.moves import Moves
from foresail.targets.application_auto_scaling import ScalableTarget

Dimensions = tuple[tuple[str, str], ...]
# AWS: four decreases in a UTC day at any time, and one more whenever there was none in the past
# hour, so 27 at most. Counted over any 24 hours, which is never less strict than by UTC days.
FALLS = Moves(falls_per_day=27, free_falls=4, fall_rest=timedelta(hours=1))


class Throughput(ScalableTarget):
    """Provisioned capacity of one `kind`, Read or Write; on demand there is none."""

    kind: ClassVar[Literal["Read", "Write"]]
    bounds: ClassVar[tuple[int, int | None]] = (1, None)
    namespace: ClassVar[str] = "dynamodb"
    moves: ClassVar[Moves] = FALLS

    @classmethod
    @abstractmethod
    def where(cls, name: str) -> Dimensions:
        """CloudWatch dimensions of a table or an index."""

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Units provisioned, and what was throttled, which hides demand."""
        units, throttled = f"Provisioned{cls.kind}CapacityUnits", f"{cls.kind}ThrottleEvents"
        where = cls.where(name)
        return (
            MetricQuery("units", "AWS/DynamoDB", units, where, "Average"),
            MetricQuery("throttled", "AWS/DynamoDB", throttled, where, "Sum"),
        )


class TableThroughput(Throughput):
    """Throughput of a table."""

    pattern: ClassVar[str] = r"table/[A-Za-z0-9_.-]{3,255}"
    example: ClassVar[str] = "table/NAME"

    @classmethod
    def where(cls, name: str) -> Dimensions:
        """Give the table's dimension."""
        return (("TableName", name.removeprefix("table/")),)


class IndexThroughput(Throughput):
    """Throughput of a global secondary index."""

    pattern: ClassVar[str] = r"table/[A-Za-z0-9_.-]{3,255}/index/[A-Za-z0-9_.-]{3,255}"
    example: ClassVar[str] = "table/NAME/index/NAME"

    @classmethod
    def where(cls, name: str) -> Dimensions:
        """Give the table's and the index's dimension."""
        _, table, _, index = name.split("/")
        return (("TableName", table), ("GlobalSecondaryIndexName", index))
