"""Application Auto Scaling's rules for scalable targets and their scheduled actions.

From its API reference and user guide: 200 actions a target, names, what an update keeps, that a
target must be registered first. Where AWS does not say (an at() in the past), the sandbox refuses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from moto.core.exceptions import JsonRESTError

from foresail.sandbox import expressions
from foresail.sandbox.clock import Clock
from foresail.sandbox.expressions import Expression

QUOTA = 200
_NAME = re.compile(r"(?! )[^:/|\x00-\x1f\x7f-\x9f]{1,256}(?<! )")
Key = tuple[str, str, str]  # namespace, resource id, dimension
Times = tuple[datetime | None, datetime | None]
_RESOURCES = {
    "ecs:service": r"service/[^/]+/[^/]+",
    "ec2:spot-fleet-request": r"spot-fleet-request/.+",
    "elasticmapreduce:instancegroup": r"instancegroup/[^/]+/[^/]+",
    "appstream:fleet": r"fleet/.+",
    "dynamodb:table": r"table/[^/]+",
    "dynamodb:index": r"table/[^/]+/index/[^/]+",
    "rds:cluster": r"cluster:.+",
    "neptune:cluster": r"cluster:.+",
    "sagemaker:variant": r"endpoint/[^/]+/variant/[^/]+",
    "sagemaker:inference-component": r"inference-component/.+",
    "lambda:function": r"function:[^:]+:(?!\$LATEST$)[^:]+",
    "cassandra:table": r"keyspace/[^/]+/table/[^/]+",
    "elasticache:cache-cluster": r"cache-cluster/.+",
    "elasticache:replication-group": r"replication-group/.+",
    "workspaces:workspacespool": r"workspacespool/.+",
}


class InvalidError(JsonRESTError):
    """AWS's ValidationException."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationException", message)


class NotFoundError(JsonRESTError):
    """AWS's ObjectNotFoundException."""

    def __init__(self, message: str) -> None:
        super().__init__("ObjectNotFoundException", message)


@dataclass(slots=True)
class Action:
    """A scheduled action of a scalable target, and when it runs next."""

    name: str
    expression: Expression
    zone: str | None
    sizes: dict[str, int]
    times: Times
    created: datetime
    next_run: datetime | None = None

    def schedule_after(self, when: datetime) -> None:
        """Find the next run later than `when`, inside StartTime and EndTime."""
        start, end = (None, None) if self.expression.at else self.times
        first = max(when, start) if start else when
        found = self.expression.after(first, start or self.created)
        self.next_run = None if found is None or (end and found >= end) else found


@dataclass(slots=True)
class ScalableTarget:
    """A registered resource: its bounds, what is suspended, its actions and what they did."""

    key: Key
    minimum: int
    maximum: int
    role_arn: str
    created: datetime
    suspended: dict[str, bool] = field(default_factory=dict)
    actions: dict[str, Action] = field(default_factory=dict)
    predictive: dict[str, dict[str, Any]] = field(default_factory=dict)

    def due(self, end: datetime) -> list[Action]:
        """Actions whose next run comes before `end`, in the order they run."""
        found = [a for a in self.actions.values() if a.next_run and a.next_run < end]
        return sorted(found, key=lambda action: (action.next_run, action.created))

    def ran(self, action: Action, minute: datetime) -> None:
        """Look for the next run; an action that has none is gone."""
        action.schedule_after(max(minute, action.next_run or minute))
        if action.next_run is None:
            del self.actions[action.name]


@dataclass(slots=True)
class ScalableTargets:
    """Scalable targets of one account and region."""

    clock: Clock
    by_key: dict[Key, ScalableTarget] = field(default_factory=dict)

    def register(self, params: Mapping[str, Any]) -> ScalableTarget:
        """Register a target, or change the bounds and suspended state given."""
        key = key_of(params)
        old = self.by_key.get(key)
        low = params.get("MinCapacity", old.minimum if old else None)
        high = params.get("MaxCapacity", old.maximum if old else None)
        if low is None or high is None:
            raise InvalidError("MinCapacity and MaxCapacity are required for a new target")
        _check_bounds(low, high)
        if old is None:
            role = params.get("RoleARN") or f"arn:aws:iam::role/{key[0]}"
            old = self.by_key[key] = ScalableTarget(key, low, high, role, self.clock.now)
        old.minimum, old.maximum = low, high
        old.suspended |= params.get("SuspendedState") or {}
        return old

    def get(self, params: Mapping[str, Any]) -> ScalableTarget:
        """Give a registered target, or raise AWS's ObjectNotFoundException."""
        key = key_of(params)
        if key not in self.by_key:
            raise NotFoundError(
                f"No scalable target registered for service namespace: {key[0]}, "
                f"resource ID: {key[1]}, scalable dimension: {key[2]}"
            )
        return self.by_key[key]

    def matching(self, params: Mapping[str, Any], ids: list[str] | None) -> list[ScalableTarget]:
        """Targets of a namespace, by resource ids and dimension when given."""
        check_namespace(params["ServiceNamespace"], params.get("ScalableDimension"))
        dimension = params.get("ScalableDimension")
        return [
            target
            for (namespace, resource, of), target in self.by_key.items()
            if namespace == params["ServiceNamespace"]
            and (not ids or resource in ids)
            and (dimension is None or of == dimension)
        ]

    def put_action(self, params: Mapping[str, Any]) -> None:
        """Create or update a scheduled action, or refuse it as AWS would."""
        target = self.get(params)
        name = params["ScheduledActionName"]
        if _NAME.fullmatch(name) is None:
            raise InvalidError(f"Scheduled action name {name!r} does not fit its pattern")
        if target.key[0] == "kafka":
            raise InvalidError("Scheduled scaling is not supported for the kafka namespace")
        old = target.actions.get(name)
        action = self._action(params, old)
        if old is None and len(target.actions) >= QUOTA:
            raise JsonRESTError(
                "LimitExceededException", f"a target holds {QUOTA} scheduled actions at most"
            )
        target.actions[name] = action

    def _action(self, params: Mapping[str, Any], old: Action | None) -> Action:
        """Merge: an update keeps what it does not name, but for StartTime and EndTime."""
        text = params.get("Schedule") or (old.expression.text if old else None)
        if text is None:
            raise InvalidError("Schedule is required for a new scheduled action")
        zone = params.get("Timezone") or (old.zone if old else None)
        sizes = params.get("ScalableTargetAction") or (old.sizes if old else {})
        times = (_time(params.get("StartTime")), _time(params.get("EndTime")))
        expression = self._expression(text, zone)
        _check_action(sizes, times)
        created = old.created if old else self.clock.now
        action = Action(params["ScheduledActionName"], expression, zone, sizes, times, created)
        action.schedule_after(self.clock.now)
        return action

    def _expression(self, text: str, zone: str | None) -> Expression:
        try:
            expression = expressions.read(text, zone)
        except ValueError as error:
            raise InvalidError(f"Invalid schedule expression. Details: {error}") from error
        if expression.at and expression.at <= self.clock.now:
            raise InvalidError(f"The time of {text} is in the past")
        return expression

    def delete_action(self, params: Mapping[str, Any]) -> None:
        """Delete one action; one that is not there is AWS's ObjectNotFoundException."""
        target = self.by_key.get(key_of(params))
        if target is None or target.actions.pop(params["ScheduledActionName"], None) is None:
            raise NotFoundError(
                f"No scheduled action found with name {params['ScheduledActionName']}"
            )


def key_of(params: Mapping[str, Any]) -> Key:
    """Namespace, resource id and dimension of a request, checked against AWS's own lists."""
    namespace, resource = params["ServiceNamespace"], params["ResourceId"]
    dimension = params["ScalableDimension"]
    check_namespace(namespace, dimension)
    pattern = _RESOURCES.get(dimension.rpartition(":")[0], ".+")
    if dimension.split(":")[0] != namespace or re.fullmatch(pattern, resource) is None:
        raise InvalidError("Unsupported service namespace, resource type or scalable dimension")
    return namespace, resource, dimension


def check_namespace(namespace: str, dimension: str | None) -> None:
    """Refuse what is in neither enum of botocore's service model."""
    for field_name, value in (("serviceNamespace", namespace), ("scalableDimension", dimension)):
        known = _enum(field_name[0].upper() + field_name[1:])
        if value is not None and value not in known:
            raise InvalidError(
                f"1 validation error detected: Value '{value}' at '{field_name}' failed to "
                f"satisfy constraint: Member must satisfy enum value set: {list(known)}"
            )


@cache
def _enum(shape: str) -> tuple[str, ...]:
    import botocore.session

    model = botocore.session.get_session().get_service_model("application-autoscaling")
    found: Any = model.shape_for(shape)
    return tuple(found.enum)


def _check_bounds(low: int, high: int) -> None:
    if low < 0 or high < 0:
        raise InvalidError("Capacities must be 0 or more")
    if low > high:
        raise InvalidError("Minimum capacity cannot be greater than maximum capacity")


def _check_action(sizes: Mapping[str, int], times: Times) -> None:
    given = [sizes[k] for k in ("MinCapacity", "MaxCapacity") if k in sizes]
    if not given:
        raise InvalidError("MinCapacity or MaxCapacity, or both, must be given")
    _check_bounds(given[0], given[-1])
    if times[0] and times[1] and times[1] <= times[0]:
        raise InvalidError("End time must be after start time")


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
