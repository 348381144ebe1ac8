"""AWS's rules for scheduled actions, which moto does not have; sources in the facts below.

Past starts, same-minute starts, the quota of 125, batches of 50 and names per group are from the
EC2 Auto Scaling API reference and user guide.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import available_timezones

from cronsim import CronSim, CronSimError
from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import FailedScheduledUpdateGroupActionRequest

from foresail.sandbox.clock import Clock

QUOTA = 125
BATCH = 50
NAME_LENGTH = 255


class AlreadyExistsError(AutoscalingClientError):
    """Another action of the group starts in the same minute."""

    code = "AlreadyExists"


class LimitExceededError(AutoscalingClientError):
    """The group holds as many scheduled actions as it may."""

    code = "LimitExceeded"


@dataclass(frozen=True, slots=True)
class StoredAction:
    """A scheduled action as put; moto serialises it by these names."""

    auto_scaling_group_name: str
    scheduled_action_name: str
    desired_capacity: int | None
    max_size: int | None
    min_size: int | None
    start_time: datetime | None
    end_time: datetime | None
    recurrence: str | None
    time_zone: str | None


class ScheduledActions:
    """Scheduled actions of one account and region, by group and name.

    Parameters
    ----------
    clock
        Tells what is past.
    groups
        Names of groups that exist, as moto keeps them.
    """

    def __init__(self, clock: Clock, groups: Any) -> None:
        self.clock = clock
        self.groups = groups
        self.by_group: dict[str, dict[str, StoredAction]] = defaultdict(dict)

    def put(self, group: str, fields: dict[str, Any]) -> StoredAction:
        """Create or replace one action, or refuse it as AWS would."""
        action = _action(group, fields)
        self._check(action)
        self.by_group[group][action.scheduled_action_name] = action
        return action

    def put_batch(
        self, group: str, batch: list[dict[str, Any]]
    ) -> list[FailedScheduledUpdateGroupActionRequest]:
        """Put up to 50; what is refused is answered, not raised."""
        self._check_group(group)
        if not 0 < len(batch) <= BATCH:
            raise ValidationError(f"a batch holds 1 to {BATCH} actions, not {len(batch)}")
        failed = []
        for fields in batch:
            try:
                self.put(group, fields)
            except AutoscalingClientError as error:
                failed.append(_failure(fields["ScheduledActionName"], error))
        return failed

    def delete(self, group: str, name: str) -> None:
        """Delete one action of a group."""
        if self.by_group[group].pop(name, None) is None:
            raise ValidationError("Scheduled action name not found")

    def delete_batch(
        self, group: str, names: list[str]
    ) -> list[FailedScheduledUpdateGroupActionRequest]:
        """Delete up to 50; what is not there is answered, not raised."""
        self._check_group(group)
        if not 0 < len(names) <= BATCH:
            raise ValidationError(f"a batch holds 1 to {BATCH} names, not {len(names)}")
        failed = []
        for name in names:
            try:
                self.delete(group, name)
            except AutoscalingClientError as error:
                failed.append(_failure(name, error))
        return failed

    def describe(self, group: str | None, names: list[str] | None) -> list[StoredAction]:
        """List actions of one group or all, by name when names are given."""
        groups = [group] if group else list(self.by_group)
        found = [action for g in groups for action in self.by_group[g].values()]
        return [a for a in found if not names or a.scheduled_action_name in names]

    def due(self, group: str, minute: datetime) -> list[StoredAction]:
        """Actions that run in the minute that begins at `minute`, in order of their start."""
        actions = self.by_group[group].values()
        return [action for action in actions if _runs(action, minute)]

    def forget_past(self, group: str, minute: datetime) -> None:
        """Drop one-off actions whose time has come; recurring ones after their end."""
        kept = {
            name: action
            for name, action in self.by_group[group].items()
            if not _over(action, minute)
        }
        self.by_group[group] = kept

    def _check_group(self, group: str) -> None:
        if group not in self.groups:
            raise ValidationError(f"AutoScalingGroup name not found - no such group: {group}")

    def _check(self, action: StoredAction) -> None:
        self._check_group(action.auto_scaling_group_name)
        _check_fields(action)
        start = action.start_time
        if start is not None and start <= self.clock.now:
            raise ValidationError(f"Given start time is in the past: {start.isoformat()}")
        others = [
            a
            for a in self.by_group[action.auto_scaling_group_name].values()
            if a.scheduled_action_name != action.scheduled_action_name
        ]
        if start is not None and any(_minute(a.start_time) == _minute(start) for a in others):
            raise AlreadyExistsError("scheduled action with this start time already exists")
        if len(others) >= QUOTA:
            raise LimitExceededError(f"a group holds at most {QUOTA} scheduled actions")


def _action(group: str, fields: dict[str, Any]) -> StoredAction:
    return StoredAction(
        auto_scaling_group_name=group,
        scheduled_action_name=fields["ScheduledActionName"],
        desired_capacity=_number(fields.get("DesiredCapacity")),
        max_size=_number(fields.get("MaxSize")),
        min_size=_number(fields.get("MinSize")),
        start_time=_time(fields.get("StartTime")),
        end_time=_time(fields.get("EndTime")),
        recurrence=fields.get("Recurrence"),
        time_zone=fields.get("TimeZone"),
    )


def _check_fields(action: StoredAction) -> None:
    sizes = (action.min_size, action.desired_capacity, action.max_size)
    given = [size for size in sizes if size is not None]
    if not 0 < len(action.scheduled_action_name) <= NAME_LENGTH:
        raise ValidationError(f"a name has 1 to {NAME_LENGTH} characters")
    if not given:
        raise ValidationError("At least one of MinSize, MaxSize, DesiredCapacity must be given")
    if min(given) < 0 or given != sorted(given):
        raise ValidationError("sizes must satisfy 0 <= MinSize <= DesiredCapacity <= MaxSize")
    if action.start_time is None and not action.recurrence:
        raise ValidationError("Either StartTime or Recurrence must be given")
    if action.recurrence:
        _check_cron(action.recurrence)
    if action.time_zone is not None and action.time_zone not in available_timezones():
        raise ValidationError(f"Invalid time zone: {action.time_zone}")
    if action.start_time and action.end_time and action.end_time <= action.start_time:
        raise ValidationError("EndTime must be after StartTime")


def _check_cron(recurrence: str) -> None:
    if len(recurrence.split()) != 5:
        raise ValidationError(f"Given recurrence string is invalid: {recurrence}")
    try:
        CronSim(recurrence, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValidationError(f"Given recurrence string is invalid: {recurrence}") from error


def _failure(name: str, error: AutoscalingClientError) -> FailedScheduledUpdateGroupActionRequest:
    return FailedScheduledUpdateGroupActionRequest(
        scheduled_action_name=name, error_code=error.code, error_message=error.message
    )


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _time(value: Any) -> datetime | None:
    """Read a time; one without a zone is UTC, as AWS and botocore take it."""
    if value is None:
        return None
    time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _minute(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(second=0, microsecond=0)


def _runs(action: StoredAction, minute: datetime) -> bool:
    if _minute(action.start_time) == minute:
        return True
    if not action.recurrence or (action.start_time and minute < action.start_time):
        return False
    if action.end_time and minute >= action.end_time:
        return False
    return _fires(action.recurrence, action.time_zone, minute)


def _fires(recurrence: str, time_zone: str | None, minute: datetime) -> bool:
    from datetime import timedelta

    from foresail.targets.cron import occurrences

    before = minute - timedelta(minutes=1)
    return minute in occurrences(recurrence, time_zone, before, minute + timedelta(minutes=1))


def _over(action: StoredAction, minute: datetime) -> bool:
    if action.recurrence:
        return action.end_time is not None and action.end_time <= minute
    start = _minute(action.start_time)
    return start is not None and start <= minute
