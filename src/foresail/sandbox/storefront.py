"""A shop with every kind of tier: one demand runs through all of them, and plans have an effect.

Viewers ask CloudFront; a quarter of their requests reach the load balancer and 3 % the API. Work
goes down as `foresail.replay.chain` says: a tier that is short fails those above it, the app's
tasks share the database's connections, new cache nodes are cold, half of the viewers who got an
error try again a minute later. Units boot as long as such units do; scale-in is immediate.

Resources, and the metrics of each (namespace: names; dimensions):

- distribution `Storefront.names.distribution`: AWS/CloudFront: Requests, CacheHitRate,
  5xxErrorRate; DistributionId, Region=Global
- REST API ``storefront``, stage ``prod``: AWS/ApiGateway: Count, 4XXError, 5XXError, Latency;
  ApiName, Stage
- load balancer ``storefront`` with target group ``web``: AWS/ApplicationELB: RequestCount,
  TargetResponseTime, HTTPCode_ELB_5XX_Count, HTTPCode_Target_5XX_Count, PeakLCUs; LoadBalancer
  (`Storefront.names.load_balancer`); HealthyHostCount with TargetGroup too; RequestCountPerTarget
  by TargetGroup
- Auto Scaling group ``web`` (100 requests/s a unit, boots in 8 minutes): AWS/EC2: CPUUtilization;
  AWS/AutoScaling: GroupInServiceInstances, GroupDesiredCapacity, GroupMinSize, GroupMaxSize
- ECS service ``service/storefront/app`` (60 requests/s a task, 2 minutes): AWS/ECS:
  CPUUtilization, MemoryUtilization; ECS/ContainerInsights: RunningTaskCount; ClusterName,
  ServiceName
- function ``function:checkout:live`` (4 calls/s each, 3 minutes): AWS/Lambda: Invocations,
  ConcurrentExecutions, Throttles, Errors, Duration by FunctionName; all but Duration, and
  ProvisionedConcurrencyUtilization, ProvisionedConcurrencySpilloverInvocations, with
  Resource=checkout:live
- replication group ``replication-group/catalog`` (600 requests/s a shard, 12 minutes, cold for
  20): AWS/ElastiCache: EngineCPUUtilization, CacheHitRate; ReplicationGroupId, Role=Primary
- Aurora cluster ``cluster:orders`` (70 queries/s and 110 connections a reader, 10 minutes; the app
  opens 10 a task): AWS/RDS: CPUUtilization, DatabaseConnections; DBClusterIdentifier, Role=READER
- table ``table/carts``: AWS/DynamoDB: ConsumedReadCapacityUnits, ProvisionedReadCapacityUnits,
  ReadThrottleEvents, and the same for Write; TableName
- stream ``clicks`` (1000 records/s a shard): AWS/Kinesis: IncomingRecords, IncomingBytes,
  WriteProvisionedThroughputExceeded; StreamName
- orders taken, and queries that the shop asks of the database: Storefront: Orders, OrderQueries;
  no dimensions

All but the stream have a target-tracking policy. The fleet's metrics of ``web`` come one minute
after the others. What a task, shard or reader serves is the sandbox's own, and so is the cache's
group-wide CPU: ElastiCache itself tells it by node.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.errors import InputError
from foresail.sandbox.fleet import Fleet
from foresail.sandbox.modules import Module
from foresail.sandbox.server import Sandbox
from foresail.sandbox.storefront_account import TARGETS, create_account, live_units
from foresail.sandbox.storefront_metrics import Names, Played, series_of, web_series
from foresail.sandbox.storefront_tiers import (
    BY_NAME,
    SCALED,
    SPECS,
    reactive,
    run_chain,
)
from foresail.sandbox.tracking import Tracking

Array = NDArray[np.float64]
MINUTE = timedelta(minutes=1)
STEP = 5  # minutes of a step of the history
WINDOW = max(spec.boot + spec.warm_up for spec in SPECS) + 2  # minutes that matter to the next
HISTORY = timedelta(days=14)
AHEAD = timedelta(days=7)


def build_storefront(
    sandbox: Sandbox, demand: pd.Series | None = None, *, seed: int = 7
) -> Storefront:
    """Make the account with its history up to the clock's now; time goes on with `advance`.

    Parameters
    ----------
    demand
        Requests per second of viewers by start of a five-minute step (UTC), from before now to
        the end of the play; the last one holds on. Two weeks before and one after when None.
    seed
        Of the noise in the demand made when none is given.

    Raises
    ------
    InputError
        A demand without history or without times five minutes apart.
    """
    given = make_demand(sandbox.clock.now, seed) if demand is None else demand
    times = _checked(given, sandbox.clock.now)
    past = given.to_numpy(float)[times < pd.Timestamp(sandbox.clock.now)]
    units = reactive(past, STEP)
    last = {name: int(values[-1]) for name, values in units.items()}
    names = create_account(sandbox, last)
    made = Storefront(sandbox, names, given, last)
    made.seed(times[: len(past)], past, units)
    sandbox.modules.append(made)
    return made


def make_demand(now: datetime, seed: int = 7) -> pd.Series:
    """Make requests per second that follow the day, rest on Sundays and rush in the evening."""
    start = pd.Timestamp(now).floor("5min")
    times = pd.date_range(start - HISTORY, start + AHEAD, freq="5min")
    hour = times.hour + times.minute / 60
    day = 1 - np.cos((hour - 4) / 24 * 2 * np.pi)
    rush = np.exp(-(((hour - 19.5) / 0.8) ** 2))
    week = np.where(times.day_of_week == 6, 0.7, 1.0)
    noise = np.random.default_rng(seed).lognormal(0, 0.04, len(times))
    return pd.Series((400 + 1300 * day + 1500 * rush) * week * noise, index=times)


class Storefront(Module):
    """The storefront as time goes on: tiers serve, fail, scale, and tell of it."""

    services: ClassVar[frozenset[str]] = frozenset()

    def __init__(
        self, sandbox: Sandbox, names: Names, demand: pd.Series, units: Mapping[str, int]
    ) -> None:
        super().__init__(sandbox.world)
        self.sandbox, self.names, self.demand = sandbox, names, demand
        now = sandbox.clock.now.replace(second=0, microsecond=0)
        self._window: deque[tuple[float, dict[str, float]]] = deque(maxlen=WINDOW)
        for back in range(WINDOW, 0, -1):
            before = (self.demand_at(now - back * MINUTE), dict(map(_float, units.items())))
            self._window.append(before)
        self._tracking: dict[str, Tracking] = defaultdict(Tracking)
        self._rows: list[tuple[datetime, Played]] = []
        self._told = 0
        web = self._first_minute(now)
        sandbox.add_fleet(
            Fleet("web", names.load_balancer, web, MINUTE, BY_NAME["web"].rate,
                  BY_NAME["web"].boot * MINUTE)
        )  # fmt: skip

    def demand_at(self, minute: datetime) -> float:
        """Give the requests per second of viewers in a minute."""
        times = pd.DatetimeIndex(self.demand.index)
        at = int(times.searchsorted(pd.Timestamp(minute), side="right")) - 1
        return float(self.demand.iloc[max(at, 0)])

    def seed(self, times: pd.DatetimeIndex, demand: Array, units: Mapping[str, Array]) -> None:
        """Publish the metrics of a past in which every tier scaled reactively."""
        played = Played(run_chain(demand, units, STEP), units, STEP * 60)
        minutes = [int(time.timestamp()) // 60 for time in times]
        for series in (*series_of(played, self.names), *web_series(played, self.names)):
            self.sandbox.cloudwatch.fill(
                series.namespace, series.name, series.dimensions, minutes, series.values
            )

    def play(self, minute: datetime) -> None:
        """Serve one minute with the units that are ready, then let the policies react."""
        wanted: dict[str, float] = dict(map(_float, live_units(self.sandbox).items()))
        wanted["web"] = float(self.sandbox.fleets["web"].in_service)
        self._window.append((self.demand_at(minute), wanted))
        played = self._last(self._serve())
        self._rows.append((minute, played))
        arrived = float(played.arrived("web")[0]) / 60
        self.sandbox.fleets["web"].arrive(minute + MINUTE, arrived)
        for name in TARGETS:
            self._react(name, played, minute)

    def publish(self) -> None:
        """Put the minutes played since the last time into CloudWatch, but for the fleet's own."""
        fresh = self._rows[self._told :]
        self._told = len(self._rows)
        for minute, played in fresh:
            stamp = [int(minute.timestamp()) // 60]
            for series in series_of(played, self.names):
                self.sandbox.cloudwatch.fill(
                    series.namespace, series.name, series.dimensions, stamp, series.values
                )

    @property
    def log(self) -> pd.DataFrame:
        """Minutes played by tier: timestamp, tier, units, and rates per second of work.

        The rates are arrived, handled, served and unserved.
        """
        rows = []
        for minute, played in self._rows:
            for i, name in enumerate(played.run.names):
                run = played.run
                rates = (run.arrived[i, 0, 0], run.handled[i, 0, 0], run.served[i, 0, 0])
                units = float(played.units[name][0]) if name in played.units else 1.0
                rows.append((minute, name, units, *rates, rates[0] - rates[2]))
        columns = ["timestamp", "tier", "units", "arrived", "handled", "served", "unserved"]
        return pd.DataFrame(rows, columns=columns)

    def _serve(self) -> Played:
        """Play the window: booting, cold caches and retries reach into the last minute."""
        demand = np.array([row[0] for row in self._window])
        units = {n: self._ready(n) for n in SCALED}
        return Played(run_chain(demand, units, 1), units, 60)

    def _ready(self, name: str) -> Array:
        """Units in service: those wanted all through the minutes that a unit needs to boot."""
        wanted = np.array([row[1][name] for row in self._window])
        if name == "web":
            return wanted  # its fleet boots units itself
        late = [np.concatenate([wanted[:1].repeat(n), wanted])[: len(wanted)]
                for n in range(BY_NAME[name].boot + 1)]  # fmt: skip
        return np.asarray(np.min(late, axis=0))

    def _last(self, played: Played) -> Played:
        run = played.run
        last = type(run)(
            run.names, *(a[:, -1:] for a in (run.arrived, run.handled, run.served, run.limit))
        )
        return Played(last, {k: v[-1:] for k, v in played.units.items()}, played.seconds)

    def _react(self, name: str, played: Played, minute: datetime) -> None:
        """Track a tier's utilisation with the target's policy, unless scaling is suspended."""
        key = TARGETS[name][0]
        scaling = self.sandbox.scalable_targets
        target, tracked = scaling.live(key), scaling.tracked(key)
        if target is None or tracked is None:
            return
        units = float(played.units[name][0])
        seen = 100 * played.busy(name)[0]
        if name == "checkout":  # calls beyond what is provisioned run all the same
            seen = min(played.handled(name)[0] / 60 / BY_NAME[name].rate / max(units, 1), 1.0)
        desired = int(self._window[-1][1][name])
        wanted = self._tracking[name].wanted(
            seen, tracked, units, desired, target.minimum, target.maximum, settled=units >= desired
        )
        way = "Out" if wanted > desired else "In"
        if wanted != desired and not target.suspended.get(f"DynamicScaling{way}Suspended"):
            scaling.scale(target, wanted, minute, f"policy {name}-tracking")

    def _first_minute(self, now: datetime) -> pd.Series:
        played = self._last(self._serve())
        return pd.Series([float(played.arrived("web")[0]) / 60], index=pd.DatetimeIndex([now]))


def _float(item: tuple[str, int]) -> tuple[str, float]:
    return item[0], float(item[1])


def _checked(demand: pd.Series, now: datetime) -> pd.DatetimeIndex:
    times = pd.DatetimeIndex(demand.index)
    if times.tz is None or len(times) < 2 or (np.diff(times) != np.timedelta64(STEP, "m")).any():
        raise InputError(
            "the storefront's demand has no zoned times five minutes apart",
            cure="index it by a date_range with freq='5min' in UTC",
        )
    if times[0] >= pd.Timestamp(now):
        raise InputError("the storefront's demand has no history", cure="let it begin before now")
    return times.tz_convert("UTC")
