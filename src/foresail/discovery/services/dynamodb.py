"""DynamoDB: provisioned tables and their indexes; on-demand ones scale by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.discovery import scalable
from foresail.discovery.found import Found, Seen
from foresail.discovery.scalable import Registered, how_to_register, registered, type_of

if TYPE_CHECKING:
    from foresail.aws import Aws

SERVICE = "DynamoDB"
IAM_READ = (*scalable.IAM_READ, "dynamodb:ListTables", "dynamodb:DescribeTable")
_TABLE = "dynamodb:table:{}CapacityUnits"


def find(aws: Aws, now: datetime) -> Iterator[Found | Seen]:
    """Find scalable tables and indexes; name tables that are not."""
    del now
    targets = registered(aws, "dynamodb")
    yield from filter(None, map(_found, targets))
    known = {(one.name, one.dimension) for one in targets}
    for table in _tables(aws):
        yield from _others(table, known)


def _found(target: Registered) -> Found | None:
    kind = type_of(target.dimension)
    if kind is None or not target.maximum:
        return None
    parts = target.name.split("/")
    index = {"index": parts[3]} if len(parts) > 3 else {}
    access = "read" if "Read" in target.dimension else "write"
    demand = {"kind": "dynamodb", "table": parts[1], **index, "access": access}
    return Found(kind, target.name, target.minimum, target.maximum, demand)


def _others(table: dict[str, Any], known: set[tuple[str, str]]) -> Iterator[Seen]:
    name = f"table/{table['TableName']}"
    mode = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    if mode != "PROVISIONED":
        yield Seen(f"dynamodb {name}", "is on demand and scales by itself")
        return
    for word in ("Read", "Write"):
        dimension = _TABLE.format(word)
        if (name, dimension) not in known:
            yield Seen(f"dynamodb {name}", how_to_register("dynamodb", dimension, name))


def _tables(aws: Aws) -> Iterator[dict[str, Any]]:
    client = aws.client("dynamodb")
    with aws_errors("dynamodb:ListTables", "all tables"):
        pages = client.get_paginator("list_tables").paginate()
        names = [name for page in pages for name in page["TableNames"]]
    for name in names:
        with aws_errors("dynamodb:DescribeTable", name):
            yield client.describe_table(TableName=name)["Table"]
