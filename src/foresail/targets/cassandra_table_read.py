"""Amazon Keyspaces tables: provisioned read capacity, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar, Literal

from foresail.targets.keyspaces import KeyspacesTable


class CassandraTableRead(KeyspacesTable):
    """The provisioned read capacity of a Keyspaces table."""

    type_name: ClassVar[str] = "cassandra-table-read"
    about: ClassVar[str] = "provisioned read capacity of an Amazon Keyspaces table"
    unit: ClassVar[str] = "read capacity units"
    dimension: ClassVar[str] = "cassandra:table:ReadCapacityUnits"
    kind: ClassVar[Literal["Read", "Write"]] = "Read"


TARGET = CassandraTableRead
