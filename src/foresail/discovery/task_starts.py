"""ECS: how long tasks took from being created to running, from the tasks of a service."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.provisioning.launches import Launch

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM_READ = ("ecs:ListTasks", "ecs:DescribeTasks")
BATCH = 100  # tasks of one DescribeTasks call
MOST = 1000
_STATES = ("RUNNING", "STOPPED")


def task_starts(aws: Aws, name: str) -> list[Launch]:
    """Read the tasks of ``service/CLUSTER/SERVICE``: created to started.

    ECS knows the tasks that run, and for about an hour those that stopped. A task that stopped
    before it started is a failed launch. When a task became healthy is not recorded.
    """
    _, cluster, service = name.split("/")
    client = aws.client("ecs")
    found = []
    for batch in _batches(list(_arns(client, cluster, service, name))):
        with aws_errors(IAM_READ[1], name):
            answer = client.describe_tasks(cluster=cluster, tasks=batch)
        found += [_launch(task) for task in answer["tasks"] if _over(task)]
    return found


def _arns(client: Any, cluster: str, service: str, name: str) -> Iterator[str]:
    with aws_errors(IAM_READ[0], name):
        pages = client.get_paginator("list_tasks")
        for state in _STATES:
            limits = {"MaxItems": MOST, "PageSize": BATCH}
            for page in pages.paginate(
                cluster=cluster, serviceName=service, desiredStatus=state, PaginationConfig=limits
            ):
                yield from page["taskArns"]


def _batches(arns: list[str]) -> Iterator[list[str]]:
    return (arns[at : at + BATCH] for at in range(0, len(arns), BATCH))


def _over(task: dict[str, Any]) -> bool:
    return "createdAt" in task and ("startedAt" in task or "stoppedAt" in task)


def _launch(task: dict[str, Any]) -> Launch:
    started = task.get("startedAt")
    return Launch(
        start=task["createdAt"].astimezone(UTC),
        end=None if started is None else started.astimezone(UTC),
        succeeded=started is not None,
    )
