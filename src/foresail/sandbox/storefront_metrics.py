"""What CloudWatch would show of the storefront's tiers, with AWS's names and dimensions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foresail.replay.chain import ChainRun
from foresail.sandbox.storefront_tiers import BY_NAME, CONNECTIONS, LAMBDA_SECONDS

Array = NDArray[np.float64]
Dimensions = dict[str, str]
BYTES = 500.0  # of a click
NEW_CONNECTIONS = 25.0  # a second, that one LCU covers


@dataclass(frozen=True, slots=True)
class Names:
    """Names that AWS gave: the distribution, the load balancer and its target group."""

    distribution: str
    load_balancer: str
    target_group: str


@dataclass(frozen=True, slots=True)
class Series:
    """One metric: a value for each step."""

    namespace: str
    name: str
    dimensions: Dimensions
    values: Array


@dataclass(frozen=True, slots=True)
class Played:
    """Rates per second of a run, by tier; `seconds` is the length of a step."""

    run: ChainRun
    units: Mapping[str, Array]
    seconds: int

    def arrived(self, tier: str) -> Array:
        """Work that arrived in a step."""
        return self.run.arrived[self.run.of(tier), :, 0] * self.seconds

    def handled(self, tier: str) -> Array:
        """Work that found room."""
        return self.run.handled[self.run.of(tier), :, 0] * self.seconds

    def turned_away(self, tier: str) -> Array:
        """Work that found none."""
        return self.arrived(tier) - self.handled(tier)

    def failed_below(self, tier: str) -> Array:
        """Work that found room here and failed in a tier below."""
        return self.handled(tier) - self.run.served[self.run.of(tier), :, 0] * self.seconds

    def busy(self, tier: str) -> Array:
        """Utilisation from 0 to 1; a tier without room is fully used."""
        limit = self.run.limit[self.run.of(tier), :, 0] * self.seconds
        return np.divide(self.handled(tier), limit, out=np.ones_like(limit), where=limit > 0)


def series_of(played: Played, names: Names) -> Iterator[Series]:
    """Metrics of all tiers; those of the group 'web' come from its fleet as time goes on."""
    for part in (_edge, _balancer, _app, _checkout, _data, _table, _stream):
        yield from part(played, names)


def web_series(played: Played, names: Names) -> Iterator[Series]:
    """Give what the group's fleet publishes once time moves."""
    group, units = {"AutoScalingGroupName": "web"}, played.units["web"]
    balancer, arrived = {"LoadBalancer": names.load_balancer}, played.arrived("web")
    yield Series("AWS/ApplicationELB", "RequestCount", balancer, arrived)
    yield Series("AWS/EC2", "CPUUtilization", group, 100 * played.busy("web"))
    for name in ("GroupInServiceInstances", "GroupDesiredCapacity"):
        yield Series("AWS/AutoScaling", name, group, units)
    for name, size in (("GroupMinSize", BY_NAME["web"].low), ("GroupMaxSize", BY_NAME["web"].high)):
        yield Series("AWS/AutoScaling", name, group, np.full_like(units, size))


def _edge(played: Played, names: Names) -> Iterator[Series]:
    where = {"DistributionId": names.distribution, "Region": "Global"}
    needs, requests = BY_NAME["cdn"].needs, played.arrived("cdn")
    hits = 100 * (1 - sum(needs.values()))
    yield Series("AWS/CloudFront", "Requests", where, requests)
    yield Series("AWS/CloudFront", "CacheHitRate", where, np.full_like(requests, hits))
    failed = played.run.unserved[played.run.of("cdn"), :, 0] * played.seconds
    yield Series("AWS/CloudFront", "5xxErrorRate", where, _percent(failed, requests))
    api = {"ApiName": "storefront", "Stage": "prod"}
    yield Series("AWS/ApiGateway", "Count", api, played.arrived("api"))
    yield Series("AWS/ApiGateway", "4XXError", api, played.turned_away("api"))
    yield Series("AWS/ApiGateway", "5XXError", api, played.failed_below("api"))
    yield Series("AWS/ApiGateway", "Latency", api, 300 * _slower(played.busy("api")))
    yield Series("Storefront", "Orders", {}, played.handled("api") - played.failed_below("api"))


def _balancer(played: Played, names: Names) -> Iterator[Series]:
    space, where = "AWS/ApplicationELB", {"LoadBalancer": names.load_balancer}
    both = {**where, "TargetGroup": names.target_group}
    units, arrived = played.units["web"], played.arrived("web")
    busy = np.maximum(played.busy("web"), played.busy("app"))
    yield Series(space, "TargetResponseTime", where, 0.08 * _slower(busy))
    yield Series(space, "HTTPCode_ELB_5XX_Count", where, played.turned_away("web"))
    yield Series(space, "HTTPCode_Target_5XX_Count", where, played.failed_below("web"))
    yield Series(space, "PeakLCUs", where, arrived / played.seconds / NEW_CONNECTIONS)
    yield Series(space, "HealthyHostCount", both, units)
    each = arrived / np.maximum(units, 1)
    yield Series(space, "RequestCountPerTarget", {"TargetGroup": names.target_group}, each)


def _app(played: Played, names: Names) -> Iterator[Series]:
    del names
    where = {"ClusterName": "storefront", "ServiceName": "app"}
    units, busy = played.units["app"], played.busy("app")
    yield Series("AWS/ECS", "CPUUtilization", where, 100 * busy)
    yield Series("AWS/ECS", "MemoryUtilization", where, 30 + 40 * busy)
    yield Series("ECS/ContainerInsights", "RunningTaskCount", where, units)


def _checkout(played: Played, names: Names) -> Iterator[Series]:
    del names
    where = {"FunctionName": "checkout"}
    alias = {**where, "Resource": "checkout:live"}
    handled, units = played.handled("checkout"), played.units["checkout"]
    running = handled / played.seconds * LAMBDA_SECONDS
    for whose in (where, alias):  # all calls go through the alias
        yield Series("AWS/Lambda", "Invocations", whose, handled)
        yield Series("AWS/Lambda", "ConcurrentExecutions", whose, running)
        yield Series("AWS/Lambda", "Throttles", whose, played.turned_away("checkout"))
        yield Series("AWS/Lambda", "Errors", whose, played.failed_below("checkout"))
    yield Series("AWS/Lambda", "Duration", where, np.full_like(units, 1000 * LAMBDA_SECONDS))
    used = np.minimum(running / np.maximum(units, 1), 1)
    yield Series("AWS/Lambda", "ProvisionedConcurrencyUtilization", alias, used)
    cold = np.maximum(running - units, 0) / LAMBDA_SECONDS * played.seconds
    yield Series("AWS/Lambda", "ProvisionedConcurrencySpilloverInvocations", alias, cold)


def _data(played: Played, names: Names) -> Iterator[Series]:
    del names
    cache = {"ReplicationGroupId": "catalog", "Role": "Primary"}
    asked, missed = played.handled("catalog"), _misses(played)
    yield Series("AWS/ElastiCache", "EngineCPUUtilization", cache, 100 * played.busy("catalog"))
    yield Series("AWS/ElastiCache", "CacheHitRate", cache, 100 - _percent(missed, asked))
    readers = {"DBClusterIdentifier": "orders", "Role": "READER"}
    opened = BY_NAME["app"].pool * played.units["app"] / np.maximum(played.units["orders"], 1)
    yield Series("AWS/RDS", "CPUUtilization", readers, 100 * played.busy("orders"))
    yield Series("AWS/RDS", "DatabaseConnections", readers, np.minimum(opened, CONNECTIONS))
    yield Series("Storefront", "OrderQueries", {}, played.arrived("orders"))


def _misses(played: Played) -> Array:
    """Count what the cache sent on: all that the database was asked but the app's own queries."""
    own = BY_NAME["app"].needs["orders"] * played.handled("app")
    return np.asarray(played.arrived("orders") - own)


def _table(played: Played, names: Names) -> Iterator[Series]:
    del names
    where = {"TableName": "carts"}
    for tier, kind in (("carts-read", "Read"), ("carts-write", "Write")):
        units = played.units[tier]
        yield Series("AWS/DynamoDB", f"Consumed{kind}CapacityUnits", where, played.handled(tier))
        yield Series("AWS/DynamoDB", f"Provisioned{kind}CapacityUnits", where, units)
        yield Series("AWS/DynamoDB", f"{kind}ThrottleEvents", where, played.turned_away(tier))


def _stream(played: Played, names: Names) -> Iterator[Series]:
    del names
    where, records = {"StreamName": "clicks"}, played.handled("clicks")
    late = played.turned_away("clicks")
    yield Series("AWS/Kinesis", "IncomingRecords", where, records)
    yield Series("AWS/Kinesis", "IncomingBytes", where, BYTES * records)
    yield Series("AWS/Kinesis", "WriteProvisionedThroughputExceeded", where, late)


def _percent(part: Array, whole: Array) -> Array:
    return 100 * np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _slower(busy: Array) -> Array:
    """How many times longer work takes at a utilisation, as in a queue with one server."""
    return np.asarray(1 / (1 - np.minimum(busy, 0.95)))
