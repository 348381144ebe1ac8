"""A simulated fleet: boot time, target tracking, and what its metrics would say, by the minute."""

from __future__ import annotations

import math
from bisect import insort
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pandas as pd

from foresail.sandbox.tracking import Tracking

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fleet:
    """What stands behind a group: its demand, and what one unit serves.

    Parameters
    ----------
    group
        Name of the Auto Scaling group.
    load_balancer
        Value of the LoadBalancer dimension of its RequestCount.
    demand
        Requests per second, by start of the period (UTC); a period without a row had none.
    period
        Length of a period of `demand`.
    unit_capacity
        Requests per second that one unit serves at 100 %.
    boot_time
        From launch to in service.
    warm_boot_time
        The same for a unit of the group's warm pool.
    """

    group: str
    load_balancer: str
    demand: pd.Series
    period: timedelta
    unit_capacity: float
    boot_time: timedelta = timedelta(minutes=10)
    warm_boot_time: timedelta = timedelta(minutes=1)


@dataclass(slots=True)
class Bounds:
    """What the group allows and wants right now."""

    minimum: int
    maximum: int
    desired: int
    target: float | None = None  # utilisation in percent that a policy tracks
    suspended: frozenset[str] = frozenset()
    pool: int = 0  # units that the warm pool should hold


@dataclass(frozen=True, slots=True, order=True)
class Launch:
    """Units launched together: in service (or in the pool) from `ready` on."""

    ready: datetime
    started: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Event:
    """What became of units: launched, cancelled before they were ready, or terminated."""

    kind: str
    started: datetime
    ended: datetime | None
    count: int


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of a fleet."""

    timestamp: datetime
    demand: float
    min_size: int
    max_size: int
    desired: int
    in_service: int
    launching: int
    utilization: float
    warm: int = 0


@dataclass(slots=True)
class FleetState:
    """Units of one fleet; `step` plays a minute and answers what target tracking wants."""

    fleet: Fleet
    in_service: int
    launching: list[Launch] = field(default_factory=list)
    log: list[Minute] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    warm: int = 0
    warming: list[Launch] = field(default_factory=list)
    _tracking: Tracking = field(default_factory=Tracking)
    _demand: dict[datetime, float] = field(default_factory=dict)
    _origin: datetime = _EPOCH

    def __post_init__(self) -> None:
        index = pd.DatetimeIndex(self.fleet.demand.index)
        times = [t.to_pydatetime() for t in index]
        self._demand = dict(zip(times, map(float, self.fleet.demand), strict=True))
        self._origin = times[0]

    def demand_at(self, minute: datetime) -> float:
        """Read the requests per second of the period that holds a minute; 0 without a row."""
        period = self.fleet.period
        return self._demand.get(self._origin + (minute - self._origin) // period * period, 0.0)

    def arrive(self, minute: datetime, demand: float) -> None:
        """Say the requests per second of a minute, of a demand that is made as time goes on."""
        self._demand[minute] = demand

    def step(self, minute: datetime, bounds: Bounds) -> int:
        """Play one minute; answers the desired capacity that should hold from now on."""
        self._boot(minute)
        self._move_to(bounds, minute)
        self._fill_pool(bounds.pool, minute)
        demand = self.demand_at(minute)
        busy = self._utilization(demand)
        self.log.append(
            Minute(minute, demand, bounds.minimum, bounds.maximum, bounds.desired,
                   self.in_service, self.starting, busy, self.warm)
        )  # fmt: skip
        return self._track(busy, bounds)

    @property
    def starting(self) -> int:
        """Units launched and not yet in service."""
        return sum(launch.count for launch in self.launching)

    def _boot(self, minute: datetime) -> None:
        while self.launching and self.launching[0].ready <= minute:
            done = self.launching.pop(0)
            self.in_service += done.count
            self.events.append(Event("launched", done.started, done.ready, done.count))

    def _move_to(self, bounds: Bounds, minute: datetime) -> None:
        short = bounds.desired - self.in_service - self.starting
        if short > 0 and "Launch" not in bounds.suspended:
            self._launch(short, minute)
        elif short < 0 and "Terminate" not in bounds.suspended:
            self._terminate(-short, minute)

    def _launch(self, count: int, minute: datetime) -> None:
        """Take from the warm pool what it has, boot the rest."""
        taken = min(count, self.warm)
        self.warm -= taken
        for units, boot in (
            (taken, self.fleet.warm_boot_time),
            (count - taken, self.fleet.boot_time),
        ):
            if units:
                insort(self.launching, Launch(minute + boot, minute, units))

    def _terminate(self, count: int, minute: datetime) -> None:
        """Stop what is still launching first: it serves nobody yet."""
        while count and self.launching:
            last = self.launching.pop()
            stopped = min(count, last.count)
            count -= stopped
            self.events.append(Event("cancelled", last.started, minute, stopped))
            if last.count > stopped:
                insort(self.launching, replace(last, count=last.count - stopped))
        self.in_service -= count
        if count:
            self.events.append(Event("terminated", minute, minute, count))

    def _fill_pool(self, wanted: int, minute: datetime) -> None:
        """Prepare what the warm pool lacks; each unit needs a whole boot to get into it."""
        while self.warming and self.warming[0].ready <= minute:
            self.warm += self.warming.pop(0).count
        self.warm = min(self.warm, wanted)
        short = wanted - self.warm - sum(launch.count for launch in self.warming)
        if short > 0:
            self.warming.append(Launch(minute + self.fleet.boot_time, minute, short))

    def under_way(self) -> list[Event]:
        """List launches that have not ended yet."""
        return [Event("launched", x.started, None, x.count) for x in self.launching]

    def _utilization(self, demand: float) -> float:
        if self.in_service:
            return demand / (self.in_service * self.fleet.unit_capacity)
        return math.inf if demand > 0 else 0.0

    def _track(self, busy: float, bounds: Bounds) -> int:
        """Target tracking on average CPU: its alarms, and its reluctance to scale in."""
        if bounds.target is None or "AlarmNotification" in bounds.suspended:
            return bounds.desired
        seen = min(busy, 1.0) * 100  # CPU cannot show more than all of it
        return self._tracking.wanted(
            seen, bounds.target, self.in_service, bounds.desired, bounds.minimum, bounds.maximum,
            settled=not self.launching,
        )  # fmt: skip

    def frame(self) -> pd.DataFrame:
        """Give the log as a frame, one row a minute."""
        columns = list(Minute.__dataclass_fields__)
        rows = [[getattr(row, column) for column in columns] for row in self.log]
        return pd.DataFrame(rows, columns=columns)


def metric_data(
    fleet: Fleet, minutes: list[Minute], every: int = 1
) -> dict[str, list[dict[str, object]]]:
    """CloudWatch data of played minutes, by namespace, as AWS would publish them.

    With `every` above 1, one datum stands for that many minutes, for histories.
    """
    data: dict[str, list[dict[str, object]]] = {
        "AWS/ApplicationELB": [],
        "AWS/EC2": [],
        "AWS/AutoScaling": [],
    }
    group = [{"Name": "AutoScalingGroupName", "Value": fleet.group}]
    balancer = [{"Name": "LoadBalancer", "Value": fleet.load_balancer}]
    for row in minutes[::every]:
        if row.demand > 0:  # a load balancer without requests sends no RequestCount
            _add(data["AWS/ApplicationELB"], "RequestCount", balancer, row, row.demand * 60 * every)
        _add(data["AWS/EC2"], "CPUUtilization", group, row, min(row.utilization, 1.0) * 100)
        units = data["AWS/AutoScaling"]
        _add(units, "GroupInServiceInstances", group, row, row.in_service)
        _add(units, "GroupDesiredCapacity", group, row, row.desired)
        _add(units, "GroupMinSize", group, row, row.min_size)
        _add(units, "GroupMaxSize", group, row, row.max_size)
    return data


def _add(
    data: list[dict[str, object]],
    name: str,
    dimensions: list[dict[str, str]],
    row: Minute,
    value: float,
) -> None:
    data.append(
        {
            "MetricName": name,
            "Dimensions": dimensions,
            "Timestamp": row.timestamp,
            "Value": value,
        }
    )
