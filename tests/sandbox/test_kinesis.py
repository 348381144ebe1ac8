"""UpdateShardCount within AWS's limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from foresail.sandbox import Sandbox

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        running.client("kinesis").create_stream(StreamName="clicks", ShardCount=5)
        yield running


def update(sandbox, count):
    return sandbox.world.client("kinesis").update_shard_count(
        StreamName="clicks", TargetShardCount=count, ScalingType="UNIFORM_SCALING"
    )


@pytest.mark.parametrize("count", [11, 2, 20_000])
def test_more_than_double_or_less_than_half_is_refused(sandbox, count):
    with pytest.raises(ClientError) as caught:
        update(sandbox, count)
    assert caught.value.response["Error"]["Code"] == "InvalidArgumentException"


def test_half_and_double_are_fine(sandbox):
    assert update(sandbox, 10)["CurrentShardCount"] == 5
    assert update(sandbox, 5)["CurrentShardCount"] == 10
    assert update(sandbox, 3)["TargetShardCount"] == 3


def test_ten_updates_in_any_24_hours(sandbox):
    for n in range(10):
        update(sandbox, 5 + n % 2)
        sandbox.advance(timedelta(hours=2))
    with pytest.raises(ClientError) as caught:
        update(sandbox, 7)
    assert caught.value.response["Error"]["Code"] == "LimitExceededException"
    sandbox.advance(timedelta(hours=4))  # the first one is a day old
    update(sandbox, 7)
