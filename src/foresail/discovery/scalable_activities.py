"""Application Auto Scaling: how long scaling out took, from a scalable target's activities."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.provisioning.launches import Launch

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM_READ = ("application-autoscaling:DescribeScalingActivities",)
MOST = 1000
PAGE = 50
_SIZE = re.compile(r"\bto (\d+)\b")
_OVER = {"Successful": True, "Failed": False, "Unfulfilled": False}


def scale_outs(aws: Aws, namespace: str, dimension: str, name: str) -> list[Launch]:
    """Read the activities that raised capacity, of the six weeks that AWS keeps.

    An activity lasts until the service reports the new capacity fulfilled: tasks that run, a
    replica that is available. It names only the size it sets (``Setting desired count to 4.``);
    which ones scaled out follows from the size before. The oldest, whose before is unknown, and
    those that were overridden, count nowhere.
    """
    rows = sorted(_activities(aws, namespace, dimension, name), key=lambda row: row["StartTime"])
    launches: list[Launch] = []
    before: int | None = None
    for row in rows:
        size = _size(row)
        succeeded = _OVER.get(row["StatusCode"])
        if size is not None and before is not None and size > before and succeeded is not None:
            launches.append(_launch(row, succeeded=succeeded))
        if size is not None and succeeded:
            before = size
    return launches


def _activities(aws: Aws, namespace: str, dimension: str, name: str) -> Iterator[dict[str, Any]]:
    client = aws.client("application-autoscaling")
    with aws_errors(IAM_READ[0], name):
        pages = client.get_paginator("describe_scaling_activities").paginate(
            ServiceNamespace=namespace,
            ResourceId=name,
            ScalableDimension=dimension,
            PaginationConfig={"MaxItems": MOST, "PageSize": PAGE},
        )
        for page in pages:
            yield from page["ScalingActivities"]


def _size(row: dict[str, Any]) -> int | None:
    found = _SIZE.search(row.get("Description") or "")
    return int(found[1]) if found else None


def _launch(row: dict[str, Any], *, succeeded: bool) -> Launch:
    end = row.get("EndTime")
    return Launch(
        start=row["StartTime"].astimezone(UTC),
        end=None if end is None else end.astimezone(UTC),
        succeeded=succeeded,
    )
