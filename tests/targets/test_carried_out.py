"""What a schedule is for: when its time comes, the capacity moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foresail.config.scheduling import SchedulerConfig
from foresail.sandbox import Sandbox
from foresail.targets.base import ScheduledAction
from foresail.targets.registry import open_target
from targets.resources import MAKERS, QUEUE, SCHEDULER

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)
SIZES = {
    "kinesis-shards": 4,
    "rds-storage": 40,
    "aurora-serverless-capacity": 8,
    "dynamodb-warm-throughput-write": 9,
    "elb-capacity-units": 300,
    "apigateway-usage-plan-rate": 50,
    "apigateway-stage": 50,
    "dynamodb-index-read": 7,
    "elasticache-replicas": 4,
}


@pytest.fixture(scope="module")
def played():
    """Play half an hour over one action of each type; give its live state, and what failed."""
    scheduler = SchedulerConfig(**SCHEDULER)
    with Sandbox(start=NOW) as sandbox:
        queues = sandbox.client("sqs")
        queue = queues.create_queue(QueueName=QUEUE.rpartition(":")[2])["QueueUrl"]
        targets = {name: open_target(name, sandbox.aws, scheduler) for name in SIZES}
        names = {name: MAKERS[name](sandbox) for name in SIZES}
        for name, size in SIZES.items():
            action = ScheduledAction("up", start=NOW + timedelta(minutes=5), min_size=size)
            assert targets[name].put(names[name], [action]) == {}
        too_far = ScheduledAction("far", start=NOW + timedelta(minutes=25), min_size=30)
        targets["kinesis-shards"].put(names["kinesis-shards"], [too_far])
        sandbox.advance(timedelta(minutes=20))
        live = {name: targets[name].read(names[name]) for name in SIZES}
        sandbox.advance(timedelta(minutes=20))
        failed = queues.receive_message(QueueUrl=queue).get("Messages", [])
        yield live, [message["Body"] for message in failed]


@pytest.mark.parametrize("type_name", SIZES)
def test_the_floor_is_in_force_and_the_action_is_gone(played, type_name):
    live, _ = played
    assert live[type_name].min_size == SIZES[type_name]
    assert [action.name for action in live[type_name].actions] in ([], ["far"])


def test_a_call_that_aws_refuses_at_its_time_is_told_in_the_queue(played):
    """Thirty shards are more than twice four."""
    _, failed = played
    [body] = failed
    assert '"TargetShardCount": 30' in body
