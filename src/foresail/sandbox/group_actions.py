"""EC2 Auto Scaling's scheduled actions behind moto's API: put, delete and describe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from foresail.sandbox.metrics import as_utc
from foresail.sandbox.modules import Patch
from foresail.sandbox.scheduled_actions import ScheduledActions

PAGE = 50
MOST_PAGE = 100
_FIELDS = ("ScheduledActionName", "MinSize", "MaxSize", "DesiredCapacity", "StartTime",
           "EndTime", "Recurrence", "TimeZone")  # fmt: skip
_OF_STACK = (
    ("ScheduledActionName", "scheduled_action_name"),
    ("MinSize", "min_size"),
    ("MaxSize", "max_size"),
    ("DesiredCapacity", "desired_capacity"),
    ("StartTime", "start_time"),
    ("EndTime", "end_time"),
    ("Recurrence", "recurrence"),
    ("TimeZone", "timezone"),
)  # CloudFormation's stacks call moto's backend with its own names
Stores = Callable[[Any], ScheduledActions]  # of one of moto's backends


def scheduled_action_methods(stores: Stores) -> Iterator[Patch]:
    """Methods of moto that put, delete and describe scheduled actions."""
    from moto.autoscaling.models import AutoScalingBackend
    from moto.autoscaling.responses import AutoScalingResponse
    from moto.core.responses import ActionResult

    def put(response: AutoScalingResponse) -> ActionResult:
        fields = {name: response._get_param(name) for name in _FIELDS}
        store = stores(response.autoscaling_backend)
        store.put(response._get_param("AutoScalingGroupName"), fields)
        return ActionResult({})

    def put_batch(backend: AutoScalingBackend, name: str, actions: list[Any]) -> list[Any]:
        return stores(backend).put_batch(name, actions)

    plain = AutoScalingBackend.put_scheduled_update_group_action

    def put_of_stack(backend: AutoScalingBackend, **fields: Any) -> Any:
        stores(backend).put(fields["name"], {ours: fields[theirs] for ours, theirs in _OF_STACK})
        return plain(backend, **fields)  # a stack holds an object of moto's own

    def delete(
        backend: AutoScalingBackend, auto_scaling_group_name: str, scheduled_action_name: str
    ) -> None:
        stores(backend).delete(auto_scaling_group_name, scheduled_action_name)

    def delete_batch(
        backend: AutoScalingBackend, auto_scaling_group_name: str, scheduled_action_names: list[str]
    ) -> list[Any]:
        return stores(backend).delete_batch(auto_scaling_group_name, scheduled_action_names)

    def describe(response: AutoScalingResponse) -> ActionResult:
        return ActionResult(_describe(stores(response.autoscaling_backend), response))

    yield AutoScalingResponse, "put_scheduled_update_group_action", put
    yield AutoScalingBackend, "put_scheduled_update_group_action", put_of_stack
    yield AutoScalingBackend, "batch_put_scheduled_update_group_action", put_batch
    yield AutoScalingBackend, "delete_scheduled_action", delete
    yield AutoScalingBackend, "batch_delete_scheduled_action", delete_batch
    yield AutoScalingResponse, "describe_scheduled_actions", describe


def _describe(store: ScheduledActions, response: Any) -> dict[str, Any]:
    names = response._get_param("ScheduledActionNames", []) or []
    found = store.describe(response._get_param("AutoScalingGroupName"), names)
    if not names:  # AWS ignores the times when names are given
        first, last = response._get_param("StartTime"), response._get_param("EndTime")
        found = [a for a in found if _within(a.start_time, first, last)]
    size = min(int(response._get_param("MaxRecords") or PAGE), MOST_PAGE)
    at = int(response._get_param("NextToken") or 0)
    page: dict[str, Any] = {"ScheduledUpdateGroupActions": found[at : at + size]}
    return {**page, "NextToken": str(at + size)} if at + size < len(found) else page


def _within(time: datetime | None, first: Any, last: Any) -> bool:
    if time is None:
        return True
    return (first is None or time >= as_utc(first)) and (last is None or time <= as_utc(last))
