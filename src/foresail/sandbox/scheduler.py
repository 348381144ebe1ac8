"""EventBridge Scheduler of the sandbox: schedules by AWS's rules, whose calls are made when due.

Universal targets call the sandbox itself. A call that fails is not tried again: its error is kept
and goes to the dead-letter queue. A flexible window opens and the call is made at once. An at()
in the past is refused, about which AWS says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from moto.core.exceptions import JsonRESTError

from foresail.sandbox import expressions
from foresail.sandbox.expressions import Expression
from foresail.sandbox.modules import Module, Patch, World
from foresail.sandbox.universal_target import RefusedError, call, check_input, parse_target

MINUTE = timedelta(minutes=1)
START_SLACK = timedelta(minutes=5)
_NAME = re.compile(r"[0-9a-zA-Z_.-]{1,64}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")


@dataclass(slots=True)
class Run:
    """When a schedule runs next, and what it counts from."""

    schedule: Any  # as moto keeps it
    expression: Expression
    anchor: datetime
    end: datetime | None
    next_run: datetime | None = None

    def after(self, when: datetime) -> None:
        """Find the next run later than `when`, before EndDate."""
        first = max(when, self.anchor - MINUTE) if self.expression.at is None else when
        found = self.expression.after(first, self.anchor)
        self.next_run = None if found is None or (self.end and found >= self.end) else found


@dataclass(frozen=True, slots=True)
class Call:
    """A call that a schedule made; `error` is empty when it worked."""

    timestamp: datetime
    schedule: str
    call: str
    error: str


class Scheduler(Module):
    """Schedules of the sandbox's own region run; those of others are only kept."""

    services: ClassVar[frozenset[str]] = frozenset({"scheduler"})

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.runs: dict[str, Run] = {}
        self.calls: list[Call] = []

    def methods(self) -> Iterator[Patch]:
        """Check what moto stores unchecked, and note when it runs."""
        from moto.scheduler.models import EventBridgeSchedulerBackend as Backend
        from moto.scheduler.models import Schedule
        from moto.scheduler.responses import EventBridgeSchedulerResponse as Response

        moto_create, moto_update, moto_delete = (
            Backend.create_schedule,
            Backend.update_schedule,
            Backend.delete_schedule,
        )

        def create(backend: Any, **fields: Any) -> Any:
            expression = self._checked(fields)
            backend.get_schedule_group(fields["group_name"])
            schedule = moto_create(backend, **fields)
            return self._note(backend, schedule, expression, fields)

        def update(backend: Any, **fields: Any) -> Any:
            fields["state"] = fields.get("state") or "ENABLED"  # what is not named is reset
            expression = self._checked(fields)
            schedule = moto_update(backend, **fields)
            return self._note(backend, schedule, expression, fields)

        def delete(backend: Any, group_name: str | None, name: str) -> None:
            arn = backend.get_schedule(group_name, name).arn
            moto_delete(backend, group_name, name)
            self.runs.pop(arn, None)

        moto_answer = Response.update_schedule

        def answer_update(response: Any) -> str:
            """Moto drops ActionAfterCompletion on its way to the backend."""
            answer = str(moto_answer(response))
            name, group = (
                response.uri.split("?")[0].split("/")[-1],
                response._get_param("GroupName"),
            )
            schedule = response.scheduler_backend.get_schedule(group, name)
            schedule.action_after_completion = response._get_param("ActionAfterCompletion")
            return answer

        yield Backend, "create_schedule", create
        yield Response, "update_schedule", answer_update
        yield Backend, "update_schedule", update
        yield Backend, "delete_schedule", delete
        yield Schedule, "_validate_start_date", lambda _, start_date: start_date

    def play(self, minute: datetime) -> None:
        """Make the calls that are due, in the order of their times."""
        due = [r for r in self.runs.values() if r.next_run and r.next_run < minute + MINUTE]
        for run in sorted(due, key=lambda run: (run.next_run, run.schedule.name)):
            if run.schedule.state == "ENABLED":
                self._run(run, minute)
            run.after(max(minute, run.next_run or minute))
            if run.next_run is None and run.schedule.action_after_completion == "DELETE":
                self.world.client("scheduler").delete_schedule(
                    GroupName=run.schedule.group_name, Name=run.schedule.name
                )

    def _run(self, run: Run, minute: datetime) -> None:
        target, name = run.schedule.target, run.schedule.name
        try:
            call(self.world, target["Arn"], target.get("Input", "{}"))
            self.calls.append(Call(minute, name, target["Arn"].split("aws-sdk:")[-1], ""))
        except RefusedError as error:
            told = f"{error.code}: {error}"
            self.calls.append(Call(minute, name, target["Arn"].split("aws-sdk:")[-1], told))
            self._dead_letter(run, minute, error)

    def _dead_letter(self, run: Run, minute: datetime, error: RefusedError) -> None:
        target = run.schedule.target
        queue = (target.get("DeadLetterConfig") or {}).get("Arn")
        if queue is None:
            return
        sqs = self.world.client("sqs")
        said = {
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": str(error),
            "RETRY_ATTEMPTS": "0",
            "SCHEDULED_TIME": minute.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "SCHEDULE_ARN": run.schedule.arn,
            "TARGET_ARN": target["Arn"],
        }
        sqs.send_message(
            QueueUrl=sqs.get_queue_url(QueueName=queue.split(":")[-1])["QueueUrl"],
            MessageBody=target.get("Input", "{}"),
            MessageAttributes={
                k: {"DataType": "String", "StringValue": v or "-"} for k, v in said.items()
            },
        )

    def _note(
        self, backend: Any, schedule: Any, expression: Expression, fields: Mapping[str, Any]
    ) -> Any:
        """Keep what moto forgets on an update, and when the schedule runs."""
        now = self.world.clock.now
        schedule.action_after_completion = fields.get("action_after_completion")
        schedule.last_modified_date = now.timestamp()
        if backend.region_name == self.world.region:
            start = _time(fields["start_date"]) or now
            run = Run(schedule, expression, start, _time(fields["end_date"]))
            run.after(now)
            self.runs[schedule.arn] = run
        return schedule

    def _checked(self, fields: Mapping[str, Any]) -> Expression:
        """Read the expression of a request, or refuse what AWS refuses."""
        if _NAME.fullmatch(fields["name"]) is None:
            raise _invalid("Name has 1 to 64 of the characters 0-9 a-z A-Z - _ .")
        _check_window(fields["flexible_time_window"] or {})
        _check_target(self.world, fields["target"] or {})
        self._check_dates(_time(fields["start_date"]), _time(fields["end_date"]))
        zone = fields["schedule_expression_timezone"]
        try:
            expression = expressions.read(fields["schedule_expression"], zone)
        except ValueError as error:
            raise _invalid(f"Invalid Schedule Expression: {error}") from error
        if expression.at and expression.at <= self.world.clock.now:
            raise _invalid(f"The time of {expression.text} is in the past")
        return expression

    def _check_dates(self, start: datetime | None, end: datetime | None) -> None:
        now = self.world.clock.now
        if start and start < now - START_SLACK:
            raise _invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")
        if end and end <= (start or now):
            raise _invalid("The EndDate must come after the StartDate and now.")


def _check_window(window: Mapping[str, Any]) -> None:
    mode, minutes = window.get("Mode"), window.get("MaximumWindowInMinutes")
    if mode not in ("OFF", "FLEXIBLE"):
        raise _invalid("FlexibleTimeWindow.Mode is OFF or FLEXIBLE")
    if (mode == "FLEXIBLE") != (minutes is not None) or not 1 <= (minutes or 1) <= 1440:
        raise _invalid("MaximumWindowInMinutes, 1 to 1440, goes with FLEXIBLE and only with it")


def _check_target(world: World, target: Mapping[str, Any]) -> None:
    if _ROLE.fullmatch(target.get("RoleArn", "")) is None:
        raise _invalid("Target.RoleArn is no ARN of a role")
    retry = target.get("RetryPolicy") or {}
    if not 0 <= retry.get("MaximumRetryAttempts", 185) <= 185:
        raise _invalid("MaximumRetryAttempts is 0 to 185")
    if not 60 <= retry.get("MaximumEventAgeInSeconds", 86400) <= 86400:
        raise _invalid("MaximumEventAgeInSeconds is 60 to 86400")
    try:
        service, action = parse_target(target.get("Arn", ""))
        check_input(world, service, action, target.get("Input", "{}"))
    except ValueError as error:
        raise _invalid(str(error)) from error


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)


def _invalid(message: str) -> JsonRESTError:
    return JsonRESTError("ValidationException", message)
