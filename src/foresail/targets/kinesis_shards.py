"""Kinesis streams in provisioned mode: the number of shards, by calls that Scheduler makes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from foresail.aws import aws_errors
from foresail.errors import AwsError
from foresail.history.metrics import MetricQuery
from foresail.plan.moves import Moves
from foresail.targets.scheduler import ScheduledCall

MOST = 10_000  # shards of a stream, by default


class KinesisShards(ScheduledCall):
    """The shards of a stream: doubled or halved at most by a call, ten calls in 24 hours."""

    type_name: ClassVar[str] = "kinesis-shards"
    about: ClassVar[str] = "shards of a provisioned Kinesis stream"
    unit: ClassVar[str] = "shards"
    bounds: ClassVar[tuple[int, int | None]] = (1, MOST)
    pattern: ClassVar[str] = r"[A-Za-z0-9_.-]{1,128}"
    example: ClassVar[str] = "orders"
    service: ClassVar[str] = "kinesis"
    operation: ClassVar[str] = "UpdateShardCount"
    # While a stream is UPDATING it takes no other call; AWS says a few minutes.
    moves: ClassVar[Moves] = Moves(
        most_factor=2.0,
        least_factor=0.5,
        per_day=10,
        rest=timedelta(minutes=15),
        settle=timedelta(minutes=15),
    )
    iam_live: ClassVar[tuple[str, ...]] = ("kinesis:DescribeStreamSummary",)
    iam_call: ClassVar[tuple[str, ...]] = ("kinesis:UpdateShardCount",)

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Count writes that were turned away, which hide demand."""
        where = (("StreamName", name),)
        metric = "WriteProvisionedThroughputExceeded"
        return (MetricQuery("throttled", "AWS/Kinesis", metric, where, "Sum"),)

    @classmethod
    def arn(cls, name: str) -> str:
        """ARN of a resource, for IAM; the region is left to be filled in."""
        return f"kinesis:{{region}}:*:stream/{name}"

    def in_force(self, name: str) -> tuple[int, int]:
        """Read the open shards; an on-demand stream has none to set."""
        with aws_errors(self.iam_live[0], name):
            answer = self.resource.describe_stream_summary(StreamName=name)
        stream = answer["StreamDescriptionSummary"]
        if stream.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND":
            raise AwsError(
                f"stream {name!r} is on demand: it follows twice its 30-day peak by itself",
                cure="leave it out of foresail.yaml, or switch it to provisioned mode first",
            )
        return stream["OpenShardCount"], MOST

    def params(self, name: str, size: int) -> dict[str, Any]:
        """Set the shards, all of one size."""
        return {"StreamName": name, "TargetShardCount": size, "ScalingType": "UNIFORM_SCALING"}

    def size_of(self, params: dict[str, Any]) -> int:
        """Shards that a call sets."""
        return int(params["TargetShardCount"])


TARGET = KinesisShards
