"""Amazon Keyspaces tables: provisioned write capacity, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar, Literal

from foresail.targets.keyspaces import KeyspacesTable


class CassandraTableWrite(KeyspacesTable):
    """The provisioned write capacity of a Keyspaces table."""

    type_name: ClassVar[str] = "cassandra-table-write"
    about: ClassVar[str] = "provisioned write capacity of an Amazon Keyspaces table"
    unit: ClassVar[str] = "write capacity units"
    dimension: ClassVar[str] = "cassandra:table:WriteCapacityUnits"
    kind: ClassVar[Literal["Read", "Write"]] = "Write"


TARGET = CassandraTableWrite
