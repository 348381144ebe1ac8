"""The sandbox: moto's server on loopback, a clock, and a module for each AWS service."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any

import pandas as pd

from foresail.aws import Aws
from foresail.sandbox.anomaly_detectors import AnomalyDetectors
from foresail.sandbox.application_auto_scaling import ApplicationAutoScaling
from foresail.sandbox.clock import Clock
from foresail.sandbox.cloudwatch import CloudWatch
from foresail.sandbox.dynamodb import DynamoDB
from foresail.sandbox.elasticache import ElastiCache
from foresail.sandbox.fleet import Fleet, FleetState, metric_data
from foresail.sandbox.groups import Groups
from foresail.sandbox.kinesis import Kinesis
from foresail.sandbox.load_balancing import LoadBalancing
from foresail.sandbox.modules import Module, World, extended
from foresail.sandbox.roles import Roles
from foresail.sandbox.scaling_policies import ScalingPolicies
from foresail.sandbox.scheduler import Scheduler
from foresail.sandbox.step_functions import StepFunctions

HOST = "127.0.0.1"
MINUTE = timedelta(minutes=1)
EAGER = ("autoscaling", "cloudwatch")  # the play uses them before any request does
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
        self.world = World(self.clock, region, self._own_client)
        self.cloudwatch = CloudWatch(self.world)
        self.groups = Groups(self.world, self.cloudwatch)
        self.scalable_targets = ApplicationAutoScaling(self.world)
        self.scheduler = Scheduler(self.world)
        self.roles = Roles(self.world)
        self.modules: list[Module] = [
            StepFunctions(self.world),
            AnomalyDetectors(self.world),
            self.cloudwatch,
            self.groups,
            self.scalable_targets,
            ScalingPolicies(self.world, self.scalable_targets, self.cloudwatch),
            self.scheduler,
            Kinesis(self.world),
            LoadBalancing(self.world),
            ElastiCache(self.world),
            DynamoDB(self.world),
            self.roles,
        ]
        self._session: Any = None
        self._stack = ExitStack()
        self._played = self.clock.now.replace(second=0, microsecond=0)

    def __enter__(self) -> Sandbox:
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer(HOST, self.port, verbose=False)
        self._stack.enter_context(extended(self.modules, EAGER))
        server.start()
        self._stack.callback(server.stop)
        self.port = server.get_host_and_port()[1]
        self._reset()
        self._stack.callback(self._reset)
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

    def _own_client(self, service: str) -> Any:
        """Make a client that takes a refusal as it comes: nobody waits while time stands still."""
        import boto3
        from botocore.config import Config

        self._session = self._session or boto3.Session(region_name=self.region)
        return self._session.client(
            service,
            endpoint_url=self.endpoint_url,
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",  # noqa: S106 - no secret
            config=Config(retries={"total_max_attempts": 1}),
        )

    @property
    def fleets(self) -> dict[str, FleetState]:
        """Simulated fleets by the name of their group."""
        return self.groups.fleets

    def add_fleet(self, fleet: Fleet) -> None:
        """Put a simulated fleet behind a group that exists.

        Raises
        ------
        InputError
            When no group has that name.
        """
        self.groups.add_fleet(fleet)

    def advance(self, until: datetime | timedelta) -> None:
        """Play minute by minute until a time, or for a while; then publish the metrics."""
        end = until if isinstance(until, datetime) else self.clock.now + until
        while self._played + MINUTE <= end:
            self.clock.now = max(self._played, self.clock.now)
            for module in self.modules:
                module.play(self._played)
            self._played += MINUTE
        self.clock.now = max(end.astimezone(UTC), self.clock.now)
        for module in self.modules:
            module.publish()

    def log(self, group: str) -> pd.DataFrame:
        """Minutes played: timestamp, demand, min_size, max_size, desired, in_service, ..."""
        return self.fleets[group].frame()

    @property
    def executed(self) -> pd.DataFrame:
        """Scheduled actions that ran: timestamp, group, name, min_size, max_size, desired."""
        return pd.DataFrame(self.groups.executed, columns=list(_EXECUTED))

    @property
    def scheduler_calls(self) -> pd.DataFrame:
        """Calls that EventBridge Scheduler made: timestamp, schedule, call, error ('' for none)."""
        rows = [(c.timestamp, c.schedule, c.call, c.error) for c in self.scheduler.calls]
        return pd.DataFrame(rows, columns=["timestamp", "schedule", "call", "error"])

    def publish(self, fleet: Fleet, minutes: list[Any], every: int = 1) -> None:
        """Put the metrics of played minutes into CloudWatch."""
        self.cloudwatch.put(metric_data(fleet, minutes, every))

    def tracked(self, name: str) -> float | None:
        """Utilisation in percent that a policy of the group tracks."""
        return self.groups.bounds(name).target

    def _reset(self) -> None:
        """Clear moto's state, which is shared by all servers of a process."""
        from moto.moto_api._internal.models import moto_api_backend

        moto_api_backend.reset()
