"""Instances and clusters of RDS, as described."""

from __future__ import annotations

from typing import Any

INSTANCE = r"[A-Za-z](-?[A-Za-z0-9]){0,62}"


def instance(client: Any, name: str) -> dict[str, Any]:
    """Describe an instance; one that is not there is AWS's own error."""
    found: dict[str, Any] = client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][
        0
    ]
    return found


def cluster(client: Any, name: str) -> dict[str, Any]:
    """Describe a cluster; one that is not there is AWS's own error."""
    found: dict[str, Any] = client.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]
    return found
