"""Put the sandbox's rules into moto's backends while a sandbox runs, and take them out after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from foresail.sandbox.clock import Clock
from foresail.sandbox.metrics import STATS, Metrics, as_utc, metric_key
from foresail.sandbox.scheduled_actions import ScheduledActions

PAGE = 50
MOST_PAGE = 100


class Extension:
    """The sandbox's own state beside moto's, one for each backend (account and region)."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._actions: dict[int, ScheduledActions] = {}
        self._metrics: dict[int, Metrics] = {}

    def actions(self, backend: AutoScalingBackend) -> ScheduledActions:
        """Scheduled actions of a backend."""
        groups = backend.autoscaling_groups
        return self._actions.setdefault(id(backend), ScheduledActions(self.clock, groups))

    def metrics(self, backend: CloudWatchBackend) -> Metrics:
        """Metrics of a backend."""
        return self._metrics.setdefault(id(backend), Metrics(self.clock))


@contextmanager
def extended(extension: Extension) -> Iterator[None]:
    """Serve with the extension's rules until the block ends."""
    kept: list[tuple[type, str, Any]] = []
    for owner, name, method in _methods(extension):
        kept.append((owner, name, getattr(owner, name)))
        setattr(owner, name, method)
    try:
        yield
    finally:
        for owner, name, original in kept:
            setattr(owner, name, original)


def _methods(extension: Extension) -> Iterator[tuple[type, str, Callable[..., Any]]]:
    yield from _scheduled_action_methods(extension)
    yield from _metric_methods(extension)
    yield AutoScalingBackend, "set_desired_capacity", _checked_desired()


def _scheduled_action_methods(
    extension: Extension,
) -> Iterator[tuple[type, str, Callable[..., Any]]]:
    names = ("ScheduledActionName", "MinSize", "MaxSize", "DesiredCapacity", "StartTime",
             "EndTime", "Recurrence", "TimeZone")  # fmt: skip

    def put(response: AutoScalingResponse) -> ActionResult:
        fields = {name: response._get_param(name) for name in names}
        store = extension.actions(response.autoscaling_backend)
        store.put(response._get_param("AutoScalingGroupName"), fields)
        return ActionResult({})

    def put_batch(backend: AutoScalingBackend, name: str, actions: list[Any]) -> list[Any]:
        return extension.actions(backend).put_batch(name, actions)

    def delete(
        backend: AutoScalingBackend, auto_scaling_group_name: str, scheduled_action_name: str
    ) -> None:
        extension.actions(backend).delete(auto_scaling_group_name, scheduled_action_name)

    def delete_batch(
        backend: AutoScalingBackend,
        auto_scaling_group_name: str,
        scheduled_action_names: list[str],
    ) -> list[Any]:
        store = extension.actions(backend)
        return store.delete_batch(auto_scaling_group_name, scheduled_action_names)

    def describe(response: AutoScalingResponse) -> ActionResult:
        return ActionResult(_describe(extension, response))

    yield AutoScalingResponse, "put_scheduled_update_group_action", put
    yield AutoScalingBackend, "batch_put_scheduled_update_group_action", put_batch
    yield AutoScalingBackend, "delete_scheduled_action", delete
    yield AutoScalingBackend, "batch_delete_scheduled_action", delete_batch
    yield AutoScalingResponse, "describe_scheduled_actions", describe


def _describe(extension: Extension, response: AutoScalingResponse) -> dict[str, Any]:
    store = extension.actions(response.autoscaling_backend)
    names = response._get_param("ScheduledActionNames", []) or []
    found = store.describe(response._get_param("AutoScalingGroupName"), names)
    if not names:  # AWS ignores the times when names are given
        first = as_utc(response._get_param("StartTime"))
        last = as_utc(response._get_param("EndTime"))
        found = [a for a in found if _within(a.start_time, first, last)]
    size = min(int(response._get_param("MaxRecords") or PAGE), MOST_PAGE)
    at = int(response._get_param("NextToken") or 0)
    page: dict[str, Any] = {"ScheduledUpdateGroupActions": found[at : at + size]}
    return {**page, "NextToken": str(at + size)} if at + size < len(found) else page


def _within(time: datetime | None, first: datetime | None, last: datetime | None) -> bool:
    if time is None:
        return True
    return (first is None or time >= first) and (last is None or time <= last)


def _metric_methods(extension: Extension) -> Iterator[tuple[type, str, Callable[..., Any]]]:
    moto_put = CloudWatchBackend.put_metric_data

    def put(backend: CloudWatchBackend, namespace: str, metric_data: list[Any]) -> None:
        new = extension.metrics(backend).put(namespace, metric_data)
        if new:  # one datum of each metric is enough for ListMetrics
            moto_put(backend, namespace, new)

    def get(response: CloudWatchResponse) -> ActionResult:
        params = response._get_params()
        metrics = extension.metrics(response.cloudwatch_backend)
        if params.get("NextToken"):
            page, token = metrics.next_page(params["NextToken"])
        else:
            ascending = params.get("ScanBy") == "TimestampAscending"
            start, end = as_utc(params["StartTime"]), as_utc(params["EndTime"])
            assert start is not None
            assert end is not None
            results = metrics.get(params["MetricDataQueries"], start, end, ascending=ascending)
            page, token = metrics.page(results, params.get("MaxDatapoints"))
        answer: dict[str, Any] = {"MetricDataResults": page}
        return ActionResult({**answer, "NextToken": token} if token else answer)

    def statistics(response: CloudWatchResponse) -> ActionResult:
        return ActionResult(_statistics(extension, response))

    yield CloudWatchBackend, "put_metric_data", put
    yield CloudWatchResponse, "get_metric_data", get
    yield CloudWatchResponse, "get_metric_statistics", statistics


def _statistics(extension: Extension, response: CloudWatchResponse) -> dict[str, Any]:
    params = response._get_params()
    key = metric_key(params["Namespace"], params["MetricName"], params.get("Dimensions"))
    start, end = as_utc(params["StartTime"]), as_utc(params["EndTime"])
    assert start is not None
    assert end is not None
    asked = [stat for stat in params.get("Statistics", []) if stat in STATS]
    metrics = extension.metrics(response.cloudwatch_backend)
    points = [
        {"Timestamp": when, **{stat: values.stat(stat) for stat in asked}}
        for when, values in metrics.bins(key, start, end, int(params["Period"]))
    ]
    return {"Label": params["MetricName"], "Datapoints": points}


def _checked_desired() -> Callable[..., None]:
    moto_set = AutoScalingBackend.set_desired_capacity

    def set_desired(
        backend: AutoScalingBackend, group_name: str, desired_capacity: int | None
    ) -> None:
        group = backend.autoscaling_groups.get(group_name)
        if group and desired_capacity is not None:
            low, high = group.min_size or 0, group.max_size or 0
            if not low <= desired_capacity <= high:
                raise ValidationError(
                    f"New SetDesiredCapacity value {desired_capacity} is not between "
                    f"min {low} and max {high}"
                )
        moto_set(backend, group_name, desired_capacity)

    return set_desired
