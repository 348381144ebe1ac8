"""EC2 Auto Scaling of the sandbox: due actions run, fleets boot and react, activities tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, ClassVar

from foresail.errors import InputError
from foresail.sandbox import forecaster
from foresail.sandbox.activities import activities_of
from foresail.sandbox.cloudwatch import CloudWatch
from foresail.sandbox.fleet import Bounds, Fleet, FleetState, metric_data
from foresail.sandbox.group_actions import scheduled_action_methods
from foresail.sandbox.instances import as_booted
from foresail.sandbox.metrics import as_utc
from foresail.sandbox.modules import ACCOUNT, Module, Patch, World
from foresail.sandbox.predictive import load_of
from foresail.sandbox.scheduled_actions import ScheduledActions, StoredAction


class Groups(Module):
    """Auto Scaling groups, and the simulated fleets behind them."""

    services: ClassVar[frozenset[str]] = frozenset({"autoscaling"})

    def __init__(self, world: World, cloudwatch: CloudWatch) -> None:
        super().__init__(world)
        self.cloudwatch = cloudwatch
        self.fleets: dict[str, FleetState] = {}
        self.executed: list[tuple[Any, ...]] = []
        self._published: dict[str, int] = {}
        self._actions: dict[int, ScheduledActions] = {}

    def methods(self) -> Iterator[Patch]:
        """Scheduled actions and desired capacity by AWS's rules; activities of the fleets."""
        from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup
        from moto.autoscaling.responses import AutoScalingResponse
        from moto.core.responses import ActionResult

        def activities(response: AutoScalingResponse) -> ActionResult:
            return ActionResult(activities_of(self.fleets, response._get_params()))

        def forecast(response: AutoScalingResponse) -> ActionResult:
            return ActionResult(self._forecast(response._get_params()))

        yield from scheduled_action_methods(self.actions)
        yield AutoScalingBackend, "set_desired_capacity", _checked_desired()
        yield FakeAutoScalingGroup, "instances", as_booted(self.fleets)
        yield AutoScalingResponse, "describe_scaling_activities", activities
        yield AutoScalingResponse, "get_predictive_scaling_forecast", forecast

    def actions(self, backend: Any) -> ScheduledActions:
        """Scheduled actions of one of moto's backends: an account and a region."""
        groups = backend.autoscaling_groups
        return self._actions.setdefault(id(backend), ScheduledActions(self.world.clock, groups))

    def add_fleet(self, fleet: Fleet) -> None:
        """Put a simulated fleet behind a group that exists, or raise an InputError."""
        self.fleets[fleet.group] = FleetState(fleet, in_service=self.bounds(fleet.group).desired)
        self._published[fleet.group] = 0

    def play(self, minute: datetime) -> None:
        """Run due actions, then let every fleet boot, serve and react."""
        for name in list(self._backend().autoscaling_groups):
            self._execute_due(name, minute)
        for name, state in self.fleets.items():
            bounds = self.bounds(name)
            wanted = state.step(minute, bounds)
            if wanted != bounds.desired:
                self.world.client("autoscaling").set_desired_capacity(
                    AutoScalingGroupName=name, DesiredCapacity=wanted
                )

    def publish(self) -> None:
        """Put the metrics of the minutes played since the last time into CloudWatch."""
        for name, state in self.fleets.items():
            fresh = state.log[self._published[name] :]
            self._published[name] = len(state.log)
            self.cloudwatch.put(metric_data(state.fleet, fresh))

    def bounds(self, name: str) -> Bounds:
        """Read what a group allows and wants right now; InputError when there is none."""
        group = self._backend().autoscaling_groups.get(name)
        if group is None:
            raise InputError(f"no Auto Scaling group {name!r} in the sandbox", cure="create it")
        return Bounds(
            minimum=int(group.min_size or 0),
            maximum=int(group.max_size or 0),
            desired=int(group.desired_capacity or 0),
            target=_tracked(self._backend(), name),
            suspended=frozenset(p["ProcessName"] for p in group.suspended_processes),
            pool=_pool(group),
        )

    def _execute_due(self, group: str, minute: datetime) -> None:
        store = self.actions(self._backend())
        due = store.due(group, minute)
        store.forget_past(group, minute)
        if "ScheduledActions" in self.bounds(group).suspended:
            return  # skipped, and never caught up
        for action in due:
            self._execute(group, action, minute)

    def _execute(self, group: str, action: StoredAction, minute: datetime) -> None:
        """Set min, max and desired as AWS does when an action runs."""
        now = self.bounds(group)
        low = now.minimum if action.min_size is None else action.min_size
        high = now.maximum if action.max_size is None else action.max_size
        high = max(low, high)
        wanted = now.desired if action.desired_capacity is None else action.desired_capacity
        desired = min(max(wanted, low), high)
        self.world.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName=group, MinSize=low, MaxSize=high, DesiredCapacity=desired
        )
        name = action.scheduled_action_name
        self.executed.append((minute, group, name, low, high, desired))

    def _forecast(self, params: dict[str, Any]) -> dict[str, Any]:
        """Answer GetPredictiveScalingForecast from the policy's load metric."""
        from moto.autoscaling.exceptions import ValidationError

        start, end = as_utc(params["StartTime"]), as_utc(params["EndTime"])
        group, now = params["AutoScalingGroupName"], self.world.clock.now
        why = forecaster.check_span(start, end, now)
        if why:
            raise ValidationError(why)
        specification = _specification(self._backend(), group, params["PolicyName"])
        try:
            owner = {"AutoScalingGroupName": group}
            load = load_of(self.cloudwatch.metrics, specification, owner, now)
        except ValueError as error:
            raise ValidationError(str(error)) from error
        return forecaster.answer(load.forecast(start, end), specification, now, lambda time: time)

    def _backend(self) -> Any:
        from moto.autoscaling.models import autoscaling_backends

        return autoscaling_backends[ACCOUNT][self.world.region]


def _tracked(backend: Any, group: str) -> float | None:
    """Target utilisation of the group's target-tracking policy, if it has one."""
    for policy in backend.policies.values():
        if (
            policy.auto_scaling_group_name == group
            and policy.policy_type == "TargetTrackingScaling"
        ):
            return float(policy.target_tracking_configuration.TargetValue)
    return None


def _specification(backend: Any, group: str, name: str) -> dict[str, Any]:
    from moto.autoscaling.exceptions import ValidationError

    for policy in backend.policies.values():
        if (policy.auto_scaling_group_name, policy.name) == (
            group,
            name,
        ) and policy.policy_type == "PredictiveScaling":
            found: dict[str, Any] = policy.predictive_scaling_configuration
            return dict(found["MetricSpecifications"][0])
    raise ValidationError(f"No predictive scaling policy {name} of {group}")


def _pool(group: Any) -> int:
    """Size that the warm pool should have: by default what MaxSize leaves above desired."""
    pool = group.warm_pool
    if pool is None:
        return 0
    prepared = pool.max_group_prepared_capacity
    most = group.max_size if prepared is None or int(prepared) < 0 else int(prepared)
    return max(int(pool.min_size or 0), int(most) - int(group.desired_capacity or 0))


def _checked_desired() -> Callable[..., None]:
    from moto.autoscaling.exceptions import ValidationError
    from moto.autoscaling.models import AutoScalingBackend

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
