"""Aurora: clusters whose replicas are a scalable target, by connections of their readers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.aws import aws_errors
from foresail.discovery import scalable
from foresail.discovery.found import TO_SET, Found, Seen
from foresail.discovery.scalable import how_to_register, registered

if TYPE_CHECKING:
    from foresail.aws import Aws

SERVICE = "Aurora"
IAM_READ = (*scalable.IAM_READ, "rds:DescribeDBClusters")
TYPE, DIMENSION = "aurora-replicas", "rds:cluster:ReadReplicaCount"


def find(aws: Aws, now: datetime) -> Iterator[Found | Seen]:
    """Find clusters that are scalable targets; name those that are not."""
    del now
    targets = {one.name: one for one in registered(aws, "rds")}
    for name in _clusters(aws):
        target = targets.get(f"cluster:{name}")
        if target is None or not target.maximum:
            how = how_to_register("rds", DIMENSION, f"cluster:{name}")
            yield Seen(f"{TYPE} cluster:{name}", how)
            continue
        demand = {"kind": "connections", "cluster": name, "max_connections": TO_SET}
        note = "max_connections of one reader: SHOW max_connections on it"
        yield Found(TYPE, target.name, target.minimum, target.maximum, demand, notes=(note,))


def _clusters(aws: Aws) -> list[str]:
    with aws_errors(IAM_READ[1], "all clusters"):
        pages = aws.client("rds").get_paginator("describe_db_clusters").paginate()
        rows = [row for page in pages for row in page["DBClusters"]]
    return [r["DBClusterIdentifier"] for r in rows if r.get("Engine", "").startswith("aurora")]
