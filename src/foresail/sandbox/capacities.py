"""Where the capacity of a scalable target lives: in a resource of moto, or kept here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from foresail.sandbox.modules import World
from foresail.sandbox.scalable_targets import InvalidError, Key

Read = Callable[[World, str], int | None]
Write = Callable[[World, str, int], None]


@dataclass(slots=True)
class Capacities:
    """Reads and sets what scalable targets have; what moto does not have is kept by key."""

    world: World
    kept: dict[Key, int] = field(default_factory=dict)

    def get(self, key: Key, otherwise: int) -> int:
        """Capacity right now; a resource of which nothing is known starts at `otherwise`."""
        if key[2] in _LIVE:
            found = _LIVE[key[2]][0](self.world, key[1])
            if found is not None:
                return found
        return self.kept.setdefault(key, otherwise)

    def set(self, key: Key, capacity: int) -> None:
        """Move a resource to a capacity."""
        if key[2] in _LIVE and _LIVE[key[2]][0](self.world, key[1]) is not None:
            _LIVE[key[2]][1](self.world, key[1], capacity)
        else:
            self.kept[key] = capacity


def _ecs_read(world: World, resource: str) -> int | None:
    _, cluster, service = resource.split("/")
    try:
        found = world.client("ecs").describe_services(cluster=cluster, services=[service])
    except ClientError as error:
        raise InvalidError(f"ECS service doesn't exist: {resource}") from error
    if not found["services"]:
        raise InvalidError(f"ECS service doesn't exist: {resource}")
    return int(found["services"][0]["desiredCount"])


def _ecs_write(world: World, resource: str, capacity: int) -> None:
    _, cluster, service = resource.split("/")
    world.client("ecs").update_service(cluster=cluster, service=service, desiredCount=capacity)


def _throughput(world: World, resource: str) -> Mapping[str, Any]:
    """Provisioned throughput of a table, or of the index that the resource names."""
    _, table, *index = resource.split("/")
    try:
        found = world.client("dynamodb").describe_table(TableName=table)["Table"]
    except ClientError as error:
        raise InvalidError(f"DynamoDB table does not exist: {resource}") from error
    indexes = {i["IndexName"]: i for i in found.get("GlobalSecondaryIndexes", [])}
    if index and index[-1] not in indexes:
        raise InvalidError(f"DynamoDB index does not exist: {resource}")
    owner = indexes[index[-1]] if index else found
    units: Mapping[str, Any] = owner["ProvisionedThroughput"]
    return units


def _dynamodb(unit: str) -> tuple[Read, Write]:
    def read(world: World, resource: str) -> int | None:
        return int(_throughput(world, resource)[unit])

    def write(world: World, resource: str, capacity: int) -> None:
        units = _throughput(world, resource)
        both = {k: units[k] for k in ("ReadCapacityUnits", "WriteCapacityUnits")}
        throughput = {"ProvisionedThroughput": {**both, unit: capacity}}
        _, table, *index = resource.split("/")
        if index:
            update = {"Update": {"IndexName": index[-1], **throughput}}
            throughput = {"GlobalSecondaryIndexUpdates": [update]}  # type: ignore[dict-item]
        world.client("dynamodb").update_table(TableName=table, **throughput)

    return read, write


_LIVE: dict[str, tuple[Read, Write]] = {
    "ecs:service:DesiredCount": (_ecs_read, _ecs_write),
    **{
        f"dynamodb:{owner}:{unit}": _dynamodb(unit)
        for owner in ("table", "index")
        for unit in ("ReadCapacityUnits", "WriteCapacityUnits")
    },
}
