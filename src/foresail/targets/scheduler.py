"""EventBridge Scheduler: what targets without a scheduled action of their own have in common.

An action is a one-time schedule whose target is the API call itself, one subclass per resource:
it says which call, how a size is written in it, and how the size now in force is read.
"""

from __future__ import annotations

import hashlib
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from botocore.exceptions import ClientError

from foresail.aws import aws_errors
from foresail.errors import AwsError, ConfigError, InputError
from foresail.plan.moves import ANY, Moves
from foresail.targets.base import LiveTarget, ScheduledAction, by_time
from foresail.targets.universal import boto3_call, universal_call

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config.scheduling import SchedulerConfig
    from foresail.history.metrics import MetricQuery

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_REFUSED = {  # of one action; anything else stops the whole run
    "ConflictException",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "ValidationException",
}
_GONE = "ResourceNotFoundException"
_THERE = "ConflictException"
# A call that is late by more than this may undo a later one; until then it is tried again.
RETRY = {"MaximumEventAgeInSeconds": 1800, "MaximumRetryAttempts": 20}


class ScheduledCall(ABC):
    """Schedules of API calls on one resource, in a schedule group of foresail's own.

    Parameters
    ----------
    aws
        The account.
    scheduler
        Role, dead-letter queue and group of the schedules.
    """

    type_name: ClassVar[str]
    about: ClassVar[str]
    unit: ClassVar[str]
    bounds: ClassVar[tuple[int, int | None]] = (0, None)
    pattern: ClassVar[str]
    example: ClassVar[str]
    service: ClassVar[str]
    operation: ClassVar[str]
    quota: ClassVar[int] = 1000  # of ours: Scheduler itself allows a million in an account
    has_desired: ClassVar[bool] = False
    moves: ClassVar[Moves] = ANY
    iam_live: ClassVar[tuple[str, ...]]
    iam_call: ClassVar[tuple[str, ...]]
    iam_read: ClassVar[tuple[str, ...]] = ("scheduler:ListSchedules", "scheduler:GetSchedule")
    iam_write: ClassVar[tuple[str, ...]] = (
        "scheduler:CreateSchedule",
        "scheduler:UpdateSchedule",
        "scheduler:DeleteSchedule",
        "scheduler:GetScheduleGroup",
        "scheduler:CreateScheduleGroup",
        "iam:PassRole",
    )

    def __init_subclass__(cls) -> None:
        cls.iam_read = (*ScheduledCall.iam_read, *getattr(cls, "iam_live", ()))

    def __init__(self, aws: Aws, scheduler: SchedulerConfig) -> None:
        self.scheduler = scheduler
        self.client: Any = aws.client("scheduler")
        self.resource: Any = aws.client(self.service)

    @classmethod
    def check_name(cls, name: str) -> None:
        """Refuse a name that is none of this resource.

        Raises
        ------
        ConfigError
            Saying how a name of this resource is written.
        """
        if re.fullmatch(cls.pattern, name) is None:
            raise ConfigError(
                f"target.name: {name!r} is no name of {cls.type_name}",
                cure=f"write it like {cls.example}",
            )

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Metrics of the target itself; none unless the resource has some."""
        del name
        return ()

    @classmethod
    @abstractmethod
    def arn(cls, name: str) -> str:
        """ARN of a resource for IAM, whole or from the service on, with ``{region}``."""

    @abstractmethod
    def in_force(self, name: str) -> tuple[int, int]:
        """Read the size now in force and the most it may be; refuse what cannot be planned."""

    @abstractmethod
    def params(self, name: str, size: int) -> dict[str, Any]:
        """Parameters, as boto3 takes them, of the call that sets a size."""

    @abstractmethod
    def size_of(self, params: dict[str, Any]) -> int:
        """Size that a call with these parameters sets: the inverse of `params`."""

    def read(self, name: str) -> LiveTarget:
        """Read the size in force and every schedule of foresail's on the resource."""
        self.check_name(name)
        now, most = self.in_force(name)
        return LiveTarget(
            type_name=self.type_name,
            name=name,
            min_size=now,
            max_size=most,
            desired_capacity=None,
            actions=tuple(by_time(self._actions(name))),
        )

    def put(self, name: str, actions: Sequence[ScheduledAction]) -> dict[str, str]:
        """Create or update schedules, one a call; answers why AWS refused one, by name."""
        self.in_force(name)  # what a call says beside the size is said as it stands now
        self._make_group()
        failed: dict[str, str] = {}
        for action in actions:
            why = self._put(name, action)
            if why is not None:
                failed[action.name] = why
        return failed

    def requests(self, name: str, actions: Sequence[ScheduledAction]) -> dict[str, dict[str, Any]]:
        """Build what CreateSchedule takes for each action that sets a size once, by its name."""
        self.in_force(name)  # what a call says beside the size is said as it stands now
        return {
            action.name: self._request(name, action, action.start, action.min_size)
            for action in actions
            if action.start is not None and action.min_size is not None and not action.recurrence
        }

    def delete(self, name: str, names: Sequence[str]) -> dict[str, str]:
        """Delete schedules, one a call; one that has run or is gone already is no failure."""
        failed: dict[str, str] = {}
        for one in names:
            request = {"Name": self._schedule(name, one), "GroupName": self.scheduler.group}
            why = self._write("DeleteSchedule", self.client.delete_schedule, request)
            if why is not None and not why.startswith(_GONE):
                failed[one] = why
        return failed

    def _put(self, name: str, action: ScheduledAction) -> str | None:
        """Create a schedule, or update it when it is there."""
        if action.start is None or action.min_size is None or action.recurrence:
            return "a schedule here sets a size once, at a time"
        request = self._request(name, action, action.start, action.min_size)
        why = self._write("CreateSchedule", self.client.create_schedule, request)
        if why is not None and why.startswith(_THERE):
            why = self._write("UpdateSchedule", self.client.update_schedule, request)
        return why

    def _make_group(self) -> None:
        request = {"Name": self.scheduler.group}
        why = self._write("GetScheduleGroup", self.client.get_schedule_group, request)
        if why is None:
            return
        made = self.client.create_schedule_group
        why = self._write("CreateScheduleGroup", made, request)
        if why is not None and not why.startswith(_THERE):  # somebody was quicker
            raise AwsError(f"schedule group {self.scheduler.group!r} cannot be made: {why}")

    def _write(
        self, operation: str, call: Callable[..., Any], request: dict[str, Any]
    ) -> str | None:
        """Make one call; answers why AWS refused it, None when it did not.

        The client token is botocore's, one a call: one made of the request would let AWS take a
        schedule that is put anew after it was deleted for the old one.
        """
        with aws_errors(f"scheduler:{operation}", request["Name"]):
            try:
                call(**request)
            except ClientError as error:
                said: dict[str, Any] = dict(error.response.get("Error", {}))
                if said.get("Code") not in _REFUSED:
                    raise
                return f"{said['Code']}: {said.get('Message', '')}"
        return None

    def _request(
        self, name: str, action: ScheduledAction, start: datetime, size: int
    ) -> dict[str, Any]:
        return {
            "Name": self._schedule(name, action.name),
            "GroupName": self.scheduler.group,
            "Description": action.name,
            "ScheduleExpression": f"at({start.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "State": "ENABLED",
            "Target": {**self._target(name, size), "RetryPolicy": RETRY},
        }

    def _target(self, name: str, size: int) -> dict[str, Any]:
        partition = self.client.meta.partition
        arn, text = universal_call(partition, self.service, self.operation, self.params(name, size))
        return {
            "Arn": arn,
            "RoleArn": self.scheduler.role,
            "DeadLetterConfig": {"Arn": self.scheduler.dead_letter},
            "Input": text,
        }

    def _actions(self, name: str) -> Iterator[ScheduledAction]:
        for schedule in self._listed(name):
            with aws_errors("scheduler:GetSchedule", schedule):
                try:
                    row = self.client.get_schedule(Name=schedule, GroupName=self.scheduler.group)
                except self.client.exceptions.ResourceNotFoundException:
                    continue  # it has run since it was listed
            yield self._parse(name, row)

    def _listed(self, name: str) -> list[str]:
        """Names of the schedules on the resource; none when the group is not there yet."""
        pages = self.client.get_paginator("list_schedules").paginate(
            GroupName=self.scheduler.group, NamePrefix=_prefix(self.type_name, name)
        )
        with aws_errors("scheduler:ListSchedules", self.scheduler.group):
            try:
                return [row["Name"] for page in pages for row in page["Schedules"]]
            except self.client.exceptions.ResourceNotFoundException:
                return []

    def _parse(self, name: str, row: dict[str, Any]) -> ScheduledAction:
        """Read a schedule; without a size when it is switched off or no longer as we write it.

        So a new role, queue or ceiling in force shows as a difference, and is written again.
        """
        return ScheduledAction(
            row.get("Description") or row["Name"],
            start=_instant(row["ScheduleExpression"], row.get("ScheduleExpressionTimezone")),
            min_size=self._size(name, row["Target"]) if row["State"] == "ENABLED" else None,
        )

    def _size(self, name: str, target: dict[str, Any]) -> int | None:
        try:
            _, _, params = boto3_call(target["Arn"], target.get("Input", ""))
            size = self.size_of(params)
        except (InputError, LookupError, ValueError):
            return None
        ours = self._target(name, size)
        same = all(_plain(key, target.get(key)) == _plain(key, ours[key]) for key in ours)
        return size if same else None

    def _schedule(self, name: str, action: str) -> str:
        return schedule_name(self.type_name, name, action)


def schedule_name(type_name: str, target: str, action: str) -> str:
    """Name a schedule: at most 64 characters, unique by target and action, known by its prefix.

    The action's own name is the schedule's description.
    """
    tail = re.sub(r"[^A-Za-z0-9._-]", "-", action)[-14:]
    return f"{_prefix(type_name, target)}{tail}-{_hash(action, 5)}"


def _prefix(type_name: str, target: str) -> str:
    readable = re.sub(r"[^A-Za-z0-9._-]", "-", f"{type_name}-{target}")[-24:].strip("-")
    return f"foresail-{readable}-{_hash(f'{type_name} {target}', 8)}-"


def _hash(text: str, digits: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def _plain(key: str, value: Any) -> Any:
    """Compare inputs by meaning, not by how their JSON is spaced."""
    return json.loads(value) if key == "Input" and value else value


def _instant(expression: str, zone: str | None) -> datetime | None:
    """UTC instant of an ``at()``; None when somebody made it another schedule."""
    found = _AT.fullmatch(expression.strip())
    if found is None:
        return None
    try:
        local = datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(zone or "UTC"))
    except (ValueError, ZoneInfoNotFoundError):
        return None
    return local.astimezone(UTC)
