"""Application Auto Scaling of the sandbox: targets by AWS's rules, whose due actions run."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import NAMESPACE_OID, uuid5

from moto.core.exceptions import JsonRESTError

from foresail.sandbox.capacities import Capacities
from foresail.sandbox.modules import ACCOUNT, Module, Patch, World
from foresail.sandbox.scalable_targets import (
    Action,
    Key,
    ScalableTarget,
    ScalableTargets,
    key_of,
)

MINUTE = timedelta(minutes=1)
PAGE = 50
_UNITS = {"ecs:service:DesiredCount": "desired count"}
Params = dict[str, Any]


class ApplicationAutoScaling(Module):
    """Scalable targets of every namespace, their scheduled actions, policies and activities."""

    services: ClassVar[frozenset[str]] = frozenset({"applicationautoscaling"})

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.targets: dict[str, ScalableTargets] = defaultdict(lambda: ScalableTargets(world.clock))
        self.capacities = Capacities(world)
        self.activities: list[dict[str, Any]] = []

    def methods(self) -> Iterator[Patch]:
        """Everything but target-tracking and step policies, which moto keeps."""
        from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse as Response

        calls: dict[str, Callable[[ScalableTargets, Params], Params]] = {
            "register_scalable_target": self._register,
            "describe_scalable_targets": self._describe_targets,
            "put_scheduled_action": _put_action,
            "delete_scheduled_action": _delete_action,
            "describe_scheduled_actions": self._describe_actions,
            "describe_scaling_activities": self._describe_activities,
        }
        for name, call in calls.items():
            yield Response, name, self._answered(call)

        def deregister(response: Response) -> str:  # moto takes functions only
            return self._deregister(response)

        yield Response, "deregister_scalable_target", deregister

    def _answered(self, call: Callable[[ScalableTargets, Params], Params]) -> Callable[[Any], str]:
        def answer(response: Any) -> str:
            params = json.loads(response.body)
            return json.dumps(call(self.targets[response.region], params))

        return answer

    def play(self, minute: datetime) -> None:
        """Run the actions that are due, target by target, in their order."""
        for target in list(self.targets[self.world.region].by_key.values()):
            for action in target.due(minute + MINUTE):
                target.ran(action, minute)
                if not target.suspended.get("ScheduledScalingSuspended"):
                    self._run(target, action, minute)

    def _run(self, target: ScalableTarget, action: Action, minute: datetime) -> None:
        """Set the bounds, then move the capacity inside them."""
        low = action.sizes.get("MinCapacity", target.minimum)
        high = action.sizes.get("MaxCapacity", target.maximum)
        says = f"min capacity to {low} and max capacity to {high}"
        cause = f"scheduled action name {action.name} was triggered"
        if low > high:
            why = f"Failed to set {says}: minimum is greater than maximum"
            self._tell(target.key, minute, f"Setting {says}", cause, why, "Failed")
            return
        target.minimum, target.maximum = low, high
        self._tell(target.key, minute, f"Setting {says}", cause, f"Successfully set {says}")
        self.move_inside(target, minute)

    def live(self, key: Key) -> ScalableTarget | None:
        """Give a registered target of the sandbox's own region."""
        return self.targets[self.world.region].by_key.get(key)

    def tracked(self, key: Key) -> float | None:
        """Value that a target-tracking policy of a target tracks, if it has one."""
        from moto.applicationautoscaling.models import applicationautoscaling_backends

        backend = applicationautoscaling_backends[ACCOUNT][self.world.region]
        for policy in backend.policies.values():
            owner = (policy.service_namespace, policy.resource_id, policy.scalable_dimension)
            if owner == key and policy.policy_type == "TargetTrackingScaling":
                config: Any = policy.target_tracking_scaling_policy_configuration
                return float(config["TargetValue"])
        return None

    def move_inside(self, target: ScalableTarget, minute: datetime) -> None:
        """Scale out to the minimum or in to the maximum when capacity lies outside."""
        now = self.capacities.get(target.key, target.minimum)
        inside = min(max(now, target.minimum), target.maximum)
        if inside != now:
            bound = "minimum" if inside > now else "maximum"
            self.scale(target, inside, minute, f"{bound} capacity was set to {inside}")

    def scale(self, target: ScalableTarget, capacity: int, minute: datetime, cause: str) -> None:
        """Set a target's capacity and tell of it as an activity."""
        unit = _UNITS.get(target.key[2], "capacity")
        self.capacities.set(target.key, capacity)
        done = f"Successfully set {unit} to {capacity}. Change successfully fulfilled."
        self._tell(target.key, minute, f"Setting {unit} to {capacity}.", cause, done)

    def _tell(
        self, key: Key, at: datetime, says: str, cause: str, done: str, code: str = "Successful"
    ) -> None:
        self.activities.append(
            {
                **named(key),
                "ActivityId": str(uuid5(NAMESPACE_OID, f"{key}{at}{len(self.activities)}")),
                "Description": says,
                "Cause": cause,
                "StartTime": at.timestamp(),
                "EndTime": at.timestamp(),
                "StatusCode": code,
                "StatusMessage": done,
            }
        )

    def _register(self, targets: ScalableTargets, params: Params) -> Params:
        self.capacities.get(key_of(params), params.get("MinCapacity", 0))  # the resource exists
        target = targets.register(params)
        self.move_inside(target, self.world.clock.now)
        return {"ScalableTargetARN": self._arn(target)}

    def _deregister(self, response: Any) -> str:
        """Drop a target, and its actions and policies with it."""
        targets, backend = self.targets[response.region], response.applicationautoscaling_backend
        target = targets.get(json.loads(response.body))
        del targets.by_key[target.key]
        namespace, resource, dimension = target.key
        for policy in list(backend.policies.values()):
            owner = (policy.service_namespace, policy.resource_id, policy.scalable_dimension)
            if owner == target.key:
                backend.delete_scaling_policy(policy.policy_name, namespace, resource, dimension)
        return "{}"

    def _describe_targets(self, targets: ScalableTargets, params: Params) -> Params:
        found = targets.matching(params, params.get("ResourceIds"))
        return page("ScalableTargets", [self._target_row(t) for t in found], params)

    def _describe_actions(self, targets: ScalableTargets, params: Params) -> Params:
        names = params.get("ScheduledActionNames")
        ids = [params["ResourceId"]] if params.get("ResourceId") else None
        rows = [
            self._action_row(target.key, action)
            for target in targets.matching(params, ids)
            for action in target.actions.values()
            if not names or action.name in names
        ]
        return page("ScheduledActions", rows, params)

    def _describe_activities(self, targets: ScalableTargets, params: Params) -> Params:
        """List what ran, newest first; it stays when the target is gone."""
        targets.matching(params, None)  # refuses a namespace that is none
        keys = ("ServiceNamespace", "ResourceId", "ScalableDimension")
        asked = {k: params[k] for k in keys if params.get(k)}
        found = [a for a in reversed(self.activities) if asked.items() <= a.items()]
        return page("ScalingActivities", found, params)

    def _target_row(self, target: ScalableTarget) -> Params:
        kinds = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended")
        state = dict.fromkeys((*kinds, "ScheduledScalingSuspended"), False) | target.suspended
        return {
            **named(target.key),
            "MinCapacity": target.minimum,
            "MaxCapacity": target.maximum,
            "RoleARN": target.role_arn,
            "CreationTime": target.created.timestamp(),
            "SuspendedState": state,
            "ScalableTargetARN": self._arn(target),
        }

    def _action_row(self, key: Key, action: Action) -> Params:
        start, end = action.times
        where = f"scheduledAction:{key[0]}/{key[1]}:scheduledActionName/{action.name}"
        row = {
            **named(key),
            "ScheduledActionName": action.name,
            "ScheduledActionARN": self._arn_of("autoscaling", where),
            "Schedule": action.expression.text,
            "Timezone": action.zone,
            "ScalableTargetAction": action.sizes,
            "StartTime": start and start.timestamp(),
            "EndTime": end and end.timestamp(),
            "CreationTime": action.created.timestamp(),
        }
        return {k: v for k, v in row.items() if v is not None}

    def _arn(self, target: ScalableTarget) -> str:
        name = uuid5(NAMESPACE_OID, str(target.key)).hex
        return self._arn_of("application-autoscaling", f"scalable-target/{name}")

    def _arn_of(self, service: str, name: str) -> str:
        return f"arn:aws:{service}:{self.world.region}:{ACCOUNT}:{name}"


def named(key: Key) -> dict[str, str]:
    """Key of a target as members of a request or a row."""
    names = ("ServiceNamespace", "ResourceId", "ScalableDimension")
    return dict(zip(names, key, strict=True))


def _put_action(targets: ScalableTargets, params: Params) -> Params:
    targets.put_action(params)
    return {}


def _delete_action(targets: ScalableTargets, params: Params) -> Params:
    targets.delete_action(params)
    return {}


def page(name: str, rows: list[Params], params: Mapping[str, Any]) -> Params:
    """One page of at most 50 rows and the token of the next."""
    token, size = params.get("NextToken") or "0", min(params.get("MaxResults") or PAGE, PAGE)
    if not token.isdigit():
        raise JsonRESTError("InvalidNextTokenException", f"no such token: {token}")
    at = int(token)
    more = {"NextToken": str(at + size)} if at + size < len(rows) else {}
    return {name: rows[at : at + size], **more}
