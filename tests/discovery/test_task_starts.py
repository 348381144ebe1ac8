"""Starts of ECS tasks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from discovery.sample import Scripted
from foresail.discovery.task_starts import task_starts

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def arn(number):
    return f"arn:aws:ecs:us-east-1:123456789012:task/shop/{number:032x}"


def task(**seconds):
    return {key: AT + timedelta(seconds=value) for key, value in seconds.items()}


def test_tasks_of_both_states_are_read_in_batches():
    aws = Scripted()
    page = {"cluster": "shop", "serviceName": "web", "maxResults": 100}
    running, stopped = page | {"desiredStatus": "RUNNING"}, page | {"desiredStatus": "STOPPED"}
    first, second = [arn(n) for n in range(100)], [arn(100)]
    aws.expect("ecs", "list_tasks", {"taskArns": first, "nextToken": "t"}, running)
    aws.expect("ecs", "list_tasks", {"taskArns": second}, running | {"nextToken": "t"})
    aws.expect("ecs", "list_tasks", {"taskArns": [arn(101)]}, stopped)
    quick = {"tasks": [task(createdAt=0, startedAt=40)] * 100}
    rest = [task(createdAt=0, stoppedAt=70), task(createdAt=0)]
    aws.expect("ecs", "describe_tasks", quick, {"cluster": "shop", "tasks": first})
    aws.expect(
        "ecs", "describe_tasks", {"tasks": rest}, {"cluster": "shop", "tasks": [arn(100), arn(101)]}
    )
    found = task_starts(aws, "service/shop/web")
    aws.assert_all_asked()
    assert [launch.took for launch in found[:100]] == [timedelta(seconds=40)] * 100
    assert [launch.succeeded for launch in found[100:]] == [False]  # the last still starts
