"""EC2 Auto Scaling groups: read, and write scheduled actions in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any, ClassVar

from foresail.aws import aws_errors
from foresail.errors import AwsError
from foresail.history.metrics import MetricQuery
from foresail.plan.moves import ANY, Moves
from foresail.targets.base import LiveTarget, ScheduledAction, by_time
from foresail.targets.many import Row, batches, listed
from foresail.targets.policies_ec2 import IAM, GroupSettings
from foresail.targets.tools import owner

if TYPE_CHECKING:
    from foresail.aws import Aws

BATCH = 50  # names or actions in one call
PAGE = 100
_DYNAMIC = {"TargetTrackingScaling", "StepScaling", "SimpleScaling"}
_GONE = "not found"
_POLICIES = ("autoscaling:DescribePolicies", "describe_policies", "ScalingPolicies")
_ACTIONS = (
    "autoscaling:DescribeScheduledActions",
    "describe_scheduled_actions",
    "ScheduledUpdateGroupActions",
)


class AutoScalingGroup:
    """Scheduled actions on an EC2 Auto Scaling group, through boto3's ``autoscaling`` client."""

    type_name: ClassVar[str] = "ec2-auto-scaling-group"
    about: ClassVar[str] = "instances of an EC2 Auto Scaling group"
    unit: ClassVar[str] = "instances"
    bounds: ClassVar[tuple[int, int | None]] = (0, None)
    quota: ClassVar[int] = 125
    has_desired: ClassVar[bool] = True
    moves: ClassVar[Moves] = ANY
    iam_read: ClassVar[tuple[str, ...]] = (
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribePolicies",
        "autoscaling:DescribeScheduledActions",
    )
    iam_write: ClassVar[tuple[str, ...]] = (
        "autoscaling:BatchPutScheduledUpdateGroupAction",
        "autoscaling:BatchDeleteScheduledAction",
    )
    iam_policies: ClassVar[tuple[str, ...]] = IAM

    def __init__(self, aws: Aws) -> None:
        self.client: Any = aws.client("autoscaling")
        self.settings = GroupSettings(aws, self.client)

    @classmethod
    def check_name(cls, name: str) -> None:
        """Any name will do: AWS knows which groups there are."""

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Units in service, the most the group allowed, and how busy they were."""
        where = (("AutoScalingGroupName", name),)
        return (
            MetricQuery("units", "AWS/AutoScaling", "GroupInServiceInstances", where, "Average"),
            MetricQuery("most", "AWS/AutoScaling", "GroupMaxSize", where, "Average"),
            MetricQuery("busy", "AWS/EC2", "CPUUtilization", where, "Average"),
        )

    @classmethod
    def arn(cls, name: str) -> str:
        """ARN of a resource, for IAM; the region is left to be filled in."""
        return f"autoscaling:{{region}}:*:autoScalingGroup:*:autoScalingGroupName/{name}"

    def read(self, name: str) -> LiveTarget:
        """Read sizes, policies, suspended processes and every scheduled action of a group."""
        return self._live(self._group(name), list(self._policies(name)), list(self._actions(name)))

    def read_many(self, names: Sequence[str]) -> dict[str, LiveTarget | AwsError]:
        """Read groups together: by 50 a call, policies and actions from the lists of all."""
        groups: dict[str, dict[str, Any]] = {}
        for batch in batches(names, BATCH):
            groups |= {one["AutoScalingGroupName"]: one for one in self._groups(batch)}
        there = [name for name in names if name in groups]
        policies = listed(self._pages(*_POLICIES), _group_of, there, self._policies)
        actions = listed(self._pages(*_ACTIONS), _group_of, there, self._actions)
        return {
            name: self._live(groups[name], policies[name], actions[name])
            if name in groups
            else self._missing(name)
            for name in names
        }

    def _live(
        self, group: dict[str, Any], rows: Sequence[Row], actions: Sequence[Row]
    ) -> LiveTarget:
        policies = [row for row in rows if row.get("Enabled", True)]
        return LiveTarget(
            type_name=self.type_name,
            name=group["AutoScalingGroupName"],
            min_size=group["MinSize"],
            max_size=group["MaxSize"],
            desired_capacity=group["DesiredCapacity"],
            actions=tuple(by_time(map(_parse, actions))),
            dynamic_policies=_names(policies, _DYNAMIC),
            predictive_policies=_names(policies, {"PredictiveScaling"}),
            suspended=frozenset(p["ProcessName"] for p in group.get("SuspendedProcesses", [])),
            settings=self.settings.read(group, rows),
            tool=owner(group.get("Tags", [])),
        )

    def put(self, name: str, actions: Sequence[ScheduledAction]) -> dict[str, str]:
        """Create or update actions, 50 a call; answers why AWS refused one, by name."""
        failed: dict[str, str] = {}
        for batch in batches(actions, BATCH):
            with aws_errors("autoscaling:BatchPutScheduledUpdateGroupAction", name):
                answer = self.client.batch_put_scheduled_update_group_action(
                    AutoScalingGroupName=name,
                    ScheduledUpdateGroupActions=[request_of(action) for action in batch],
                )
            failed |= _failures(answer.get("FailedScheduledUpdateGroupActions", []))
        return failed

    def delete(self, name: str, names: Sequence[str]) -> dict[str, str]:
        """Delete actions, 50 a call; one that has run or is gone already is no failure."""
        failed: dict[str, str] = {}
        for batch in batches(names, BATCH):
            with aws_errors("autoscaling:BatchDeleteScheduledAction", name):
                answer = self.client.batch_delete_scheduled_action(
                    AutoScalingGroupName=name, ScheduledActionNames=list(batch)
                )
            failed |= _failures(answer.get("FailedScheduledActions", []))
        return {n: why for n, why in failed.items() if _GONE not in why.lower()}

    def _group(self, name: str) -> dict[str, Any]:
        found = self._groups([name])
        if not found:
            raise self._missing(name)
        return found[0]

    def _groups(self, names: Sequence[str]) -> list[dict[str, Any]]:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        with aws_errors(self.iam_read[0], f"{names[0]}{more}"):
            answer = self.client.describe_auto_scaling_groups(AutoScalingGroupNames=list(names))
        found: list[dict[str, Any]] = answer["AutoScalingGroups"]
        return found

    def _missing(self, name: str) -> AwsError:
        return AwsError(
            f"Auto Scaling group {name!r} does not exist in {self.client.meta.region_name}",
            cure="check target.name and region in foresail.yaml",
        )

    def _policies(self, name: str) -> Iterator[Row]:
        for page in self._pages(*_POLICIES, name):
            yield from page

    def _actions(self, name: str) -> Iterator[Row]:
        for page in self._pages(*_ACTIONS, name):
            yield from page

    def _pages(
        self, action: str, operation: str, rows: str, name: str | None = None
    ) -> Iterator[list[Row]]:
        """Pages of what a group has; of what all groups have, when none is named."""
        of_one = {} if name is None else {"AutoScalingGroupName": name}
        with aws_errors(action, name or "all groups"):
            pages = self.client.get_paginator(operation)
            for page in pages.paginate(**of_one, PaginationConfig={"PageSize": PAGE}):
                yield page[rows]


def _group_of(row: Row) -> str:
    return str(row["AutoScalingGroupName"])


def _names(policies: Sequence[dict[str, Any]], kinds: set[str]) -> tuple[str, ...]:
    return tuple(sorted(p["PolicyName"] for p in policies if p.get("PolicyType") in kinds))


def _failures(rows: Sequence[dict[str, Any]]) -> dict[str, str]:
    return {
        row["ScheduledActionName"]: f"{row.get('ErrorCode', '')}: {row.get('ErrorMessage', '')}"
        for row in rows
    }


_FIELDS: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
    ("start", "StartTime", lambda t: t.astimezone(UTC)),
    ("end", "EndTime", lambda t: t.astimezone(UTC)),
    ("recurrence", "Recurrence", str),
    ("time_zone", "TimeZone", str),
    ("min_size", "MinSize", int),
    ("max_size", "MaxSize", int),
    ("desired_capacity", "DesiredCapacity", int),
)


def request_of(action: ScheduledAction) -> dict[str, Any]:
    """Build a full request: whether AWS keeps what an update omits is not documented."""
    values = ((theirs, cast, getattr(action, ours)) for ours, theirs, cast in _FIELDS)
    sizes = {theirs: cast(value) for theirs, cast, value in values if value is not None}
    return {"ScheduledActionName": action.name, **sizes}


def _parse(row: dict[str, Any]) -> ScheduledAction:
    values = {
        ours: cast(row[theirs]) for ours, theirs, cast in _FIELDS if row.get(theirs) is not None
    }
    return ScheduledAction(name=row["ScheduledActionName"], **values)


TARGET = AutoScalingGroup
