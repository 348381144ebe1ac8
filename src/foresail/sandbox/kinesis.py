"""Kinesis of the sandbox: UpdateShardCount within AWS's limits, from its API reference.

At most double and at least half of the open shards, ten times in any 24 hours, 10,000 shards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar

from foresail.sandbox.modules import Module, Patch, World

A_DAY = 10
MOST = 10_000
DAY = timedelta(hours=24)


class Kinesis(Module):
    """Streams whose shard counts move as AWS lets them."""

    services: ClassVar[frozenset[str]] = frozenset({"kinesis"})

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._updates: dict[str, list[datetime]] = defaultdict(list)

    def methods(self) -> Iterator[Patch]:
        """Check an update before moto makes it."""
        from moto.kinesis.exceptions import InvalidArgumentError
        from moto.kinesis.models import KinesisBackend

        moto_update = KinesisBackend.update_shard_count

        def update(backend: Any, stream_arn: str, stream_name: str, target_shard_count: int) -> int:
            stream = backend.describe_stream(stream_arn=stream_arn, stream_name=stream_name)
            shards = sum(bool(shard.is_open) for shard in stream.shards.values())
            wanted = int(target_shard_count)
            if not shards / 2 <= wanted <= min(2 * shards, MOST):
                raise InvalidArgumentError(
                    f"UpdateShardCount cannot scale {shards} shards to {wanted}: "
                    f"it goes from half of them to double, up to {MOST}"
                )
            self._count(stream.arn)
            moto_update(backend, stream_arn, stream_name, wanted)
            return shards

        yield KinesisBackend, "update_shard_count", update

    def _count(self, arn: str) -> None:
        from moto.core.exceptions import JsonRESTError

        now = self.world.clock.now
        recent = [when for when in self._updates[arn] if when > now - DAY]
        if len(recent) >= A_DAY:
            raise JsonRESTError(
                "LimitExceededException",
                f"a stream's shards can be updated {A_DAY} times in 24 hours",
            )
        self._updates[arn] = [*recent, now]
