"""Application Auto Scaling: what its scalable targets have in common, one subclass per resource.

A scalable target has a minimum and a maximum and no desired capacity of its own: an action that
raises the minimum scales out to it, and a policy scales in when it falls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from botocore.exceptions import ClientError

from foresail.aws import aws_errors
from foresail.errors import AwsError, ConfigError
from foresail.plan.moves import ANY, Moves
from foresail.targets.base import LiveTarget, ScheduledAction, by_time
from foresail.targets.many import Row, batches, listed
from foresail.targets.policies_aas import IAM, ScalableSettings

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.history.metrics import MetricQuery

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d)?)\)")
_NAME = re.compile(r"(?! )[^:/|\x00-\x1f\x7f]{1,256}(?<! )")
_DYNAMIC = {"TargetTrackingScaling", "StepScaling"}
_REFUSED = {  # of one action; anything else stops the whole run
    "ConcurrentUpdateException",
    "LimitExceededException",
    "ObjectNotFoundException",
    "ValidationException",
}
_GONE = "ObjectNotFoundException"
BATCH = 50  # resource ids in one call
_POLICIES = (
    "application-autoscaling:DescribeScalingPolicies",
    "describe_scaling_policies",
    "ScalingPolicies",
)
_ACTIONS = (
    "application-autoscaling:DescribeScheduledActions",
    "describe_scheduled_actions",
    "ScheduledActions",
)


class ScalableTarget:
    """Scheduled actions on a scalable target, through boto3's ``application-autoscaling`` client.

    A subclass says which resource: its type, namespace, dimension and how a ResourceId is written.
    """

    type_name: ClassVar[str]
    about: ClassVar[str]
    unit: ClassVar[str]
    bounds: ClassVar[tuple[int, int | None]] = (0, None)
    namespace: ClassVar[str]
    dimension: ClassVar[str]
    pattern: ClassVar[str]
    example: ClassVar[str]
    quota: ClassVar[int] = 200
    has_desired: ClassVar[bool] = False
    moves: ClassVar[Moves] = ANY
    iam_read: ClassVar[tuple[str, ...]] = (
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:DescribeScalingPolicies",
        "application-autoscaling:DescribeScheduledActions",
    )
    iam_write: ClassVar[tuple[str, ...]] = (
        "application-autoscaling:PutScheduledAction",
        "application-autoscaling:DeleteScheduledAction",
    )
    iam_policies: ClassVar[tuple[str, ...]] = IAM

    def __init__(self, aws: Aws) -> None:
        self.client: Any = aws.client("application-autoscaling")
        self.settings = ScalableSettings(aws, self.client, self.namespace, self.dimension)

    @classmethod
    def check_name(cls, name: str) -> None:
        """Refuse a name that is no ResourceId of this resource.

        Raises
        ------
        ConfigError
            Saying how a ResourceId of this resource is written.
        """
        if re.fullmatch(cls.pattern, name) is None:
            raise ConfigError(
                f"target.name: {name!r} is no resource id of {cls.type_name}",
                cure=f"write it as Application Auto Scaling does: {cls.example}",
            )

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Metrics of the target itself; none unless the resource has some."""
        del name
        return ()

    @classmethod
    def arn(cls, name: str) -> str:
        """ARN of any scalable target, for IAM: which is whose only AWS knows."""
        del name
        return "application-autoscaling:{region}:*:scalable-target/*"

    def read(self, name: str) -> LiveTarget:
        """Read bounds, policies, suspended scaling and every scheduled action of a target."""
        self.check_name(name)
        return self._live(self._bounds(name), list(self._policies(name)), list(self._actions(name)))

    def read_many(self, names: Sequence[str]) -> dict[str, LiveTarget | AwsError]:
        """Read targets together: by 50 a call, policies and actions from the namespace's lists."""
        bounds: dict[str, Row] = {}
        for batch in batches(names, BATCH):
            bounds |= {one["ResourceId"]: one for one in self._targets(batch)}
        there = [name for name in names if name in bounds]
        policies = listed(self._pages(*_POLICIES), self._owner, there, self._policies)
        actions = listed(self._pages(*_ACTIONS), self._owner, there, self._actions)
        return {
            name: self._live(bounds[name], policies[name], actions[name])
            if name in bounds
            else self._missing(name)
            for name in names
        }

    def _live(self, bounds: Row, policies: Sequence[Row], actions: Sequence[Row]) -> LiveTarget:
        return LiveTarget(
            type_name=self.type_name,
            name=bounds["ResourceId"],
            min_size=bounds["MinCapacity"],
            max_size=bounds["MaxCapacity"],
            desired_capacity=None,
            actions=tuple(by_time(map(_parse, actions))),
            dynamic_policies=_names(policies, _DYNAMIC),
            predictive_policies=_names(policies, {"PredictiveScaling"}),
            suspended=_suspended(bounds.get("SuspendedState") or {}),
            settings=self.settings.read(policies),
        )

    def put(self, name: str, actions: Sequence[ScheduledAction]) -> dict[str, str]:
        """Create or update actions, one a call; answers why AWS refused one, by name."""
        failed: dict[str, str] = {}
        for action in actions:
            if _NAME.fullmatch(action.name) is None:
                failed[action.name] = "a name has 1 to 256 characters, without : / | around them"
                continue
            call = self.client.put_scheduled_action
            why = self._write(self.iam_write[0], name, call, request_of(action))
            if why is not None:
                failed[action.name] = why
        return failed

    def delete(self, name: str, names: Sequence[str]) -> dict[str, str]:
        """Delete actions, one a call; one that has run or is gone already is no failure."""
        failed: dict[str, str] = {}
        for one in names:
            call = self.client.delete_scheduled_action
            why = self._write(self.iam_write[1], name, call, {"ScheduledActionName": one})
            if why is not None and not why.startswith(_GONE):
                failed[one] = why
        return failed

    def _write(
        self, action: str, name: str, call: Callable[..., Any], request: dict[str, Any]
    ) -> str | None:
        """Make one call; answers why AWS refused this action, None when it did not."""
        with aws_errors(action, name):
            try:
                call(**self._resource(name), **request)
            except ClientError as error:
                said: dict[str, Any] = dict(error.response.get("Error", {}))
                if said.get("Code") not in _REFUSED:
                    raise
                return f"{said['Code']}: {said.get('Message', '')}"
        return None

    def _resource(self, name: str) -> dict[str, str]:
        return {
            "ServiceNamespace": self.namespace,
            "ResourceId": name,
            "ScalableDimension": self.dimension,
        }

    def _bounds(self, name: str) -> Row:
        found = self._targets([name])
        if not found:
            raise self._missing(name)
        return found[0]

    def _targets(self, names: Sequence[str]) -> list[Row]:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        with aws_errors(self.iam_read[0], f"{names[0]}{more}"):
            answer = self.client.describe_scalable_targets(
                ServiceNamespace=self.namespace,
                ResourceIds=list(names),
                ScalableDimension=self.dimension,
            )
        found: list[Row] = answer["ScalableTargets"]
        return found

    def _missing(self, name: str) -> AwsError:
        return AwsError(
            f"{name!r} is no scalable target ({self.dimension}) in "
            f"{self.client.meta.region_name}: if it exists, its {self.unit} are fixed",
            cure="register it: aws application-autoscaling register-scalable-target "
            f"--service-namespace {self.namespace} --scalable-dimension {self.dimension} "
            f"--resource-id {name} --min-capacity MIN --max-capacity MAX; or check "
            "target.name and region in foresail.yaml",
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
        """Pages of what a target has; of what its namespace has, when none is named."""
        asked = {"ServiceNamespace": self.namespace} if name is None else self._resource(name)
        with aws_errors(action, name or f"all of {self.namespace}"):
            for page in self.client.get_paginator(operation).paginate(**asked):
                yield page[rows]

    def _owner(self, row: Row) -> str:
        """Target that a row is of; of another dimension of the namespace it is nobody's here."""
        return str(row["ResourceId"]) if row["ScalableDimension"] == self.dimension else ""


def _names(policies: Sequence[dict[str, Any]], kinds: set[str]) -> tuple[str, ...]:
    return tuple(sorted(p["PolicyName"] for p in policies if p.get("PolicyType") in kinds))


def _suspended(state: dict[str, bool]) -> frozenset[str]:
    return frozenset(key.removesuffix("Suspended") for key, on in state.items() if on)


def request_of(action: ScheduledAction) -> dict[str, Any]:
    """Build a full request: an update would keep what it does not name, but for the times."""
    sizes = {"MinCapacity": action.min_size, "MaxCapacity": action.max_size}
    request: dict[str, Any] = {
        "ScheduledActionName": action.name,
        "ScalableTargetAction": {k: v for k, v in sizes.items() if v is not None},
    }
    if action.recurrence is None:
        start = (action.start or datetime.min.replace(tzinfo=UTC)).astimezone(UTC)
        return {**request, "Schedule": f"at({start:%Y-%m-%dT%H:%M:%S})", "Timezone": "UTC"}
    times = {"StartTime": action.start, "EndTime": action.end, "Timezone": action.time_zone}
    given = {k: v for k, v in times.items() if v is not None}
    return {**request, "Schedule": action.recurrence, **given}


def _parse(row: dict[str, Any]) -> ScheduledAction:
    """Read a row; an ``at()`` becomes its UTC instant, any other schedule stays as it is written.

    The limits of a one-off action (StartTime, EndTime) do not move it and are left out.
    """
    sizes = row.get("ScalableTargetAction") or {}
    name, least, most = (
        row["ScheduledActionName"],
        sizes.get("MinCapacity"),
        sizes.get("MaxCapacity"),
    )
    instant = _instant(row["Schedule"], row.get("Timezone"))
    if instant is not None:
        return ScheduledAction(name, start=instant, min_size=least, max_size=most)
    return ScheduledAction(
        name,
        start=_utc(row.get("StartTime")),
        end=_utc(row.get("EndTime")),
        recurrence=row["Schedule"],
        time_zone=row.get("Timezone"),
        min_size=least,
        max_size=most,
    )


def _instant(schedule: str, zone: str | None) -> datetime | None:
    """UTC instant of an ``at()`` in its time zone; None when it is none or not known here."""
    found = _AT.fullmatch(schedule.strip())
    if found is None:
        return None
    try:
        local = datetime.fromisoformat(found[1]).replace(tzinfo=ZoneInfo(zone or "UTC"))
    except (ValueError, ZoneInfoNotFoundError):
        return None
    return local.astimezone(UTC)


def _utc(when: datetime | None) -> datetime | None:
    return None if when is None else when.astimezone(UTC)
