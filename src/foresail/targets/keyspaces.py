"""Provisioned capacity of Amazon Keyspaces tables: what reads and writes have in common."""

from __future__ import annotations

from typing import ClassVar, Literal

from foresail.history.metrics import MetricQuery
from foresail.targets.application_auto_scaling import ScalableTarget


class KeyspacesTable(ScalableTarget):
    """Provisioned capacity of one `kind`, Read or Write, of a table."""

    kind: ClassVar[Literal["Read", "Write"]]
    bounds: ClassVar[tuple[int, int | None]] = (1, None)
    namespace: ClassVar[str] = "cassandra"
    pattern: ClassVar[str] = r"keyspace/[A-Za-z0-9_]{1,48}/table/[A-Za-z0-9_]{1,48}"
    example: ClassVar[str] = "keyspace/NAME/table/NAME"

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Units provisioned."""
        _, keyspace, _, table = name.split("/")
        where = (("Keyspace", keyspace), ("TableName", table))
        metric = f"Provisioned{cls.kind}CapacityUnits"
        return (MetricQuery("units", "AWS/Cassandra", metric, where, "Average"),)
