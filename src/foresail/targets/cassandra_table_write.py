"""Amazon Keyspaces tables: provisioned write capacity, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.targets.application_auto_scaling import ScalableTarget


class CassandraTableWrite(ScalableTarget):
    """The provisioned write capacity of a Keyspaces table."""

    type_name: ClassVar[str] = "cassandra-table-write"
    about: ClassVar[str] = "provisioned write capacity of an Amazon Keyspaces table"
    unit: ClassVar[str] = "write capacity units"
    bounds: ClassVar[tuple[int, int | None]] = (1, None)
    namespace: ClassVar[str] = "cassandra"
    dimension: ClassVar[str] = "cassandra:table:WriteCapacityUnits"
    pattern: ClassVar[str] = r"keyspace/[A-Za-z0-9_]{1,48}/table/[A-Za-z0-9_]{1,48}"
    example: ClassVar[str] = "keyspace/NAME/table/NAME"

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Units provisioned."""
        _, keyspace, _, table = name.split("/")
        where = (("Keyspace", keyspace), ("TableName", table))
        metric = "ProvisionedWriteCapacityUnits"
        return (MetricQuery("units", "AWS/Cassandra", metric, where, "Average"),)


TARGET = CassandraTableWrite
