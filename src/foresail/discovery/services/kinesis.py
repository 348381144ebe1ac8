"""Kinesis: provisioned streams, whose shards EventBridge Scheduler sets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.aws import aws_errors
from foresail.discovery.found import Found, Seen

if TYPE_CHECKING:
    from foresail.aws import Aws

SERVICE = "Kinesis"
IAM_READ = ("kinesis:ListStreams", "kinesis:DescribeStreamSummary")
_SCHEDULED = (
    "has {shards} shards, which EventBridge Scheduler sets: add scheduler: {{role, dead_letter}} "
    "to the file, then a tier with target: {{type: kinesis-shards, name: {name}}} and demand: "
    "{{kind: kinesis, stream: {name}}}"
)


def find(aws: Aws, now: datetime) -> Iterator[Found | Seen]:
    """Name the streams, and how a tier for one would be written."""
    del now
    client = aws.client("kinesis")
    with aws_errors(IAM_READ[0], "all streams"):
        pages = client.get_paginator("list_streams").paginate()
        names = [name for page in pages for name in page["StreamNames"]]
    for name in names:
        with aws_errors(IAM_READ[1], name):
            stream = client.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        mode = (stream.get("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED")
        if mode == "PROVISIONED":
            why = _SCHEDULED.format(shards=stream["OpenShardCount"], name=name)
        else:
            why = "is on demand and scales by itself"
        yield Seen(f"kinesis {name}", why)
