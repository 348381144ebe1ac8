"""ElastiCache of the sandbox: shards, replicas and serverless caches, which moto cannot change.

From the API reference: changes apply at once only, resharding needs cluster mode and is told what
goes, a shard has 0 to 5 replicas. Caches are ready at once here; on AWS data moves for minutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from foresail.sandbox.modules import ACCOUNT, Module, Patch, World

MOST_SHARDS = 90
MOST_REPLICAS = 5
SLOTS = 16384
Params = Mapping[str, Any]


class ElastiCache(Module):
    """Replication groups that change their size, and serverless caches."""

    services: ClassVar[frozenset[str]] = frozenset({"elasticache"})

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.serverless: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)

    def methods(self) -> Iterator[Patch]:
        """Change replication groups, and keep serverless caches."""
        from moto.core.responses import ActionResult
        from moto.elasticache.responses import ElastiCacheResponse as Response

        changes: dict[str, Callable[[Any, Params], None]] = {
            "modify_replication_group_shard_configuration": _reshard,
            "increase_replica_count": lambda group, params: _replicate(group, params, 1),
            "decrease_replica_count": lambda group, params: _replicate(group, params, -1),
        }
        for name, change in changes.items():
            yield Response, name, _changed(change)
        calls: dict[str, Callable[[dict[str, dict[str, Any]], Params], dict[str, Any]]] = {
            "create_serverless_cache": self._create,
            "modify_serverless_cache": _modify,
            "describe_serverless_caches": _describe,
        }

        def answered(call: Callable[..., dict[str, Any]]) -> Callable[[Response], ActionResult]:
            def answer(response: Response) -> ActionResult:
                return ActionResult(call(self.serverless[response.region], response._get_params()))

            return answer

        for name, call in calls.items():
            yield Response, name, answered(call)

    def _create(self, caches: dict[str, dict[str, Any]], params: Params) -> dict[str, Any]:
        name = params["ServerlessCacheName"]
        if name in caches:
            raise _refused("ServerlessCacheAlreadyExistsFault", f"{name} already exists")
        caches[name] = {
            "ServerlessCacheName": name,
            "Engine": params["Engine"],
            "Status": "available",
            "CreateTime": self.world.clock.now,
            "CacheUsageLimits": _limits(params),
            "ARN": f"arn:aws:elasticache:{self.world.region}:{ACCOUNT}:serverlesscache:{name}",
        }
        return {"ServerlessCache": caches[name]}


def _modify(caches: dict[str, dict[str, Any]], params: Params) -> dict[str, Any]:
    found = _cache(caches, params["ServerlessCacheName"])
    found["CacheUsageLimits"] = {**found["CacheUsageLimits"], **_limits(params)}
    return {"ServerlessCache": found}


def _describe(caches: dict[str, dict[str, Any]], params: Params) -> dict[str, Any]:
    name = params.get("ServerlessCacheName")
    return {"ServerlessCaches": [_cache(caches, name)] if name else list(caches.values())}


def _cache(caches: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    if name not in caches:
        raise _refused("ServerlessCacheNotFoundFault", f"no serverless cache {name}")
    return caches[name]


def _limits(params: Params) -> dict[str, dict[str, Any]]:
    """Limits given, each with a minimum that is not above its maximum."""
    limits: dict[str, dict[str, Any]] = params.get("CacheUsageLimits") or {}
    for name, limit in limits.items():
        low, high = limit.get("Minimum"), limit.get("Maximum")
        if low is not None and high is not None and int(low) > int(high):
            raise _refused("InvalidParameterValue", f"{name}: Minimum is above Maximum")
    return limits


def _changed(change: Callable[[Any, Params], None]) -> Callable[[Any], Any]:
    from moto.core.responses import ActionResult

    def answer(response: Any) -> ActionResult:
        params = response._get_params()
        backend = response.elasticache_backend
        [group] = backend.describe_replication_groups(params["ReplicationGroupId"])
        if str(params["ApplyImmediately"]).lower() != "true":
            raise _refused("InvalidParameterValue", "ApplyImmediately must be true")
        change(group, params)
        return ActionResult({"ReplicationGroup": group})

    return answer


def _reshard(group: Any, params: Params) -> None:
    """Change the number of shards; AWS must be told which ones go or stay."""
    wanted, shards = int(params["NodeGroupCount"]), group.node_groups
    if group.cluster_mode != "enabled":
        raise _refused("InvalidReplicationGroupState", "resharding needs cluster mode enabled")
    if not 1 <= wanted <= MOST_SHARDS:
        raise _refused("NodeGroupsPerReplicationGroupQuotaExceeded", f"1 to {MOST_SHARDS} shards")
    if wanted < len(shards):
        kept = _kept(params, [shard["node_group_id"] for shard in shards])
        if len(kept) != wanted:
            raise _refused(
                "InvalidParameterValue",
                "NodeGroupsToRemove or NodeGroupsToRetain must leave NodeGroupCount shards",
            )
        resize(group, kept, replicas_of(group))
    else:
        used = [shard["node_group_id"] for shard in shards]
        free = (f"{n:04}" for n in range(1, 10_000) if f"{n:04}" not in used)
        more = [next(free) for _ in range(wanted - len(shards))]
        resize(group, used + more, replicas_of(group))


def _kept(params: Params, ids: list[str]) -> list[str]:
    gone, stay = params.get("NodeGroupsToRemove"), params.get("NodeGroupsToRetain")
    if stay:
        return [one for one in ids if one in stay]
    return [one for one in ids if one not in (gone or ())]


def _replicate(group: Any, params: Params, way: int) -> None:
    """Change the replicas of every shard, up or down as the call says."""
    now, wanted = replicas_of(group), int(params["NewReplicaCount"])
    if not 0 <= wanted <= MOST_REPLICAS:
        raise _refused("InvalidParameterValue", f"a shard has 0 to {MOST_REPLICAS} replicas")
    if (wanted - now) * way <= 0:
        raise _refused("NoOperationFault", f"the shards have {now} replicas")
    resize(group, [shard["node_group_id"] for shard in group.node_groups], wanted)


def replicas_of(group: Any) -> int:
    """Replicas of a shard, which are the same number in each."""
    return len(group.node_groups[0]["node_group_members"]) - 1


def resize(group: Any, ids: list[str], replicas: int) -> None:
    """Give a replication group these shards, with so many replicas each."""
    first = group.node_groups[0]
    kept = {k: v for k, v in first.items() if k not in ("node_group_members", "slots")}
    group.node_groups, group.member_clusters = [], []
    for n, one in enumerate(ids):
        slots = f"{SLOTS * n // len(ids)}-{SLOTS * (n + 1) // len(ids) - 1}"
        shard = {**kept, "node_group_id": one, "slots": slots, "node_group_members": []}
        group._set_node_members_clusters_enabled(
            group.member_clusters, group.replication_group_id, replicas, [], shard, []
        )
        group.node_groups.append(shard)


def _refused(code: str, message: str) -> Exception:
    from moto.elasticache.exceptions import ElastiCacheException

    error: Exception = ElastiCacheException(code, message)
    return error
