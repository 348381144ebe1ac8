"""The sandbox: moto's server on loopback, a clock, fleets, and due actions carried out."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

import pandas as pd

from foresail.aws import Aws
from foresail.errors import InputError
from foresail.sandbox.clock import Clock
from foresail.sandbox.fleet import Bounds, Fleet, FleetState, metric_data

HOST = "127.0.0.1"
ACCOUNT = "123456789012"  # moto's own
MINUTE = timedelta(minutes=1)
BATCH = 1000  # data of one PutMetricData call
_EXECUTED = ("timestamp", "group", "name", "min_size", "max_size", "desired")


class Sandbox:
    """An embedded AWS; use it as a context manager.

    Parameters
    ----------
    start
        Aware time at which its clock begins; now when None.
    region
        Region of its clients.
    port
        Port on 127.0.0.1; 0 takes a free one.
    """

    def __init__(
        self, start: datetime | None = None, region: str = "us-east-1", port: int = 0
    ) -> None:
        self.region = region
        self.port = port
        self.clock = Clock(start or datetime.now(UTC))
        self.fleets: dict[str, FleetState] = {}
        self._published: dict[str, int] = {}
        self._executed: list[tuple[Any, ...]] = []
        self._stack = ExitStack()
        self._played = self.clock.now.replace(second=0, microsecond=0)

    def __enter__(self) -> Sandbox:
        from moto.server import ThreadedMotoServer

        from foresail.sandbox.patches import Extension, extended

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._extension = Extension(self.clock)
        server = ThreadedMotoServer(HOST, self.port, verbose=False)
        self._stack.enter_context(extended(self._extension))
        server.start()
        self._stack.callback(server.stop)
        self.port = server.get_host_and_port()[1]
        self._reset()
        self._stack.callback(self._reset)
        self._autoscaling = self.client("autoscaling")
        self._cloudwatch = self.client("cloudwatch")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def endpoint_url(self) -> str:
        """What to set AWS_ENDPOINT_URL to."""
        return f"http://{HOST}:{self.port}"

    @property
    def aws(self) -> Aws:
        """Account access that needs no credentials of yours."""
        return Aws(region=self.region, endpoint_url=self.endpoint_url, sandbox=True)

    def client(self, service: str) -> Any:
        """Make a boto3 client that speaks to this sandbox."""
        return self.aws.client(service)

    def add_fleet(self, fleet: Fleet) -> None:
        """Put a simulated fleet behind a group that exists.

        Raises
        ------
        InputError
            When no group has that name.
        """
        self.fleets[fleet.group] = FleetState(fleet, in_service=self._bounds(fleet.group).desired)
        self._published[fleet.group] = 0

    def advance(self, until: datetime | timedelta) -> None:
        """Play minute by minute until a time, or for a while; then publish the metrics."""
        end = until if isinstance(until, datetime) else self.clock.now + until
        while self._played + MINUTE <= end:
            self.clock.now = max(self._played, self.clock.now)
            self._play(self._played)
            self._played += MINUTE
        self.clock.now = max(end.astimezone(UTC), self.clock.now)
        for name in self.fleets:
            self._publish(name)

    def log(self, group: str) -> pd.DataFrame:
        """Minutes played: timestamp, demand, min_size, max_size, desired, in_service, ..."""
        return self.fleets[group].frame()

    @property
    def executed(self) -> pd.DataFrame:
        """Scheduled actions that ran: timestamp, group, name, min_size, max_size, desired."""
        return pd.DataFrame(self._executed, columns=list(_EXECUTED))

    def publish(self, fleet: Fleet, minutes: list[Any], every: int = 1) -> None:
        """Put the metrics of played minutes into CloudWatch."""
        for namespace, data in metric_data(fleet, minutes, every).items():
            for at in range(0, len(data), BATCH):
                self._cloudwatch.put_metric_data(
                    Namespace=namespace, MetricData=data[at : at + BATCH]
                )

    def _play(self, minute: datetime) -> None:
        for name in list(self._backend().autoscaling_groups):
            self._execute_due(name, minute)
        for name, state in self.fleets.items():
            bounds = self._bounds(name)
            wanted = state.step(minute, bounds)
            if wanted != bounds.desired:
                self._autoscaling.set_desired_capacity(
                    AutoScalingGroupName=name, DesiredCapacity=wanted
                )

    def _execute_due(self, group: str, minute: datetime) -> None:
        store = self._extension.actions(self._backend())
        due = store.due(group, minute)
        store.forget_past(group, minute)
        if "ScheduledActions" in self._bounds(group).suspended:
            return  # skipped, and never caught up
        for action in due:
            self._execute(group, action, minute)

    def _execute(self, group: str, action: Any, minute: datetime) -> None:
        """Set min, max and desired as AWS does when an action runs."""
        now = self._bounds(group)
        low = now.minimum if action.min_size is None else action.min_size
        high = now.maximum if action.max_size is None else action.max_size
        high = max(low, high)
        wanted = now.desired if action.desired_capacity is None else action.desired_capacity
        desired = min(max(wanted, low), high)
        self._autoscaling.update_auto_scaling_group(
            AutoScalingGroupName=group, MinSize=low, MaxSize=high, DesiredCapacity=desired
        )
        name = action.scheduled_action_name
        self._executed.append((minute, group, name, low, high, desired))

    def tracked(self, name: str) -> float | None:
        """Utilisation in percent that a policy of the group tracks."""
        return self._bounds(name).target

    def _bounds(self, name: str) -> Bounds:
        group = self._backend().autoscaling_groups.get(name)
        if group is None:
            raise InputError(f"no Auto Scaling group {name!r} in the sandbox", cure="create it")
        return Bounds(
            minimum=int(group.min_size or 0),
            maximum=int(group.max_size or 0),
            desired=int(group.desired_capacity or 0),
            target=_tracked(self._backend(), name),
            suspended=frozenset(p["ProcessName"] for p in group.suspended_processes),
        )

    def _publish(self, name: str) -> None:
        state = self.fleets[name]
        fresh = state.log[self._published[name] :]
        self._published[name] = len(state.log)
        self.publish(state.fleet, fresh)

    def _backend(self) -> Any:
        from moto.autoscaling.models import autoscaling_backends

        return autoscaling_backends[ACCOUNT][self.region]

    def _reset(self) -> None:
        """Clear moto's state, which is shared by all servers of a process."""
        from moto.moto_api._internal.models import moto_api_backend

        moto_api_backend.reset()


def _tracked(backend: Any, group: str) -> float | None:
    """Target utilisation of the group's target-tracking policy, if it has one."""
    for policy in backend.policies.values():
        if (
            policy.auto_scaling_group_name == group
            and policy.policy_type == "TargetTrackingScaling"
        ):
            return float(policy.target_tracking_configuration.TargetValue)
    return None
