"""Look through an account: every service by itself, so that one that is closed hides no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.discovery import floors, readiness
from foresail.discovery.floors import with_own_floor
from foresail.discovery.found import Found, Seen, Skipped
from foresail.discovery.readiness import lacking
from foresail.discovery.services import (
    aurora,
    dynamodb,
    ec2_groups,
    ecs,
    elasticache,
    kinesis,
    lambda_functions,
    others,
)
from foresail.errors import AwsError

if TYPE_CHECKING:
    from foresail.aws import Aws

SERVICES = (ec2_groups, ecs, dynamodb, aurora, elasticache, lambda_functions, kinesis, others)
IAM_READ = tuple(
    sorted(
        {
            *readiness.IAM_READ,
            *floors.IAM_READ,
            *(action for one in SERVICES for action in one.IAM_READ),
        }
    )
)
Find = Callable[["Aws", datetime], Iterator[Found | Seen]]


@dataclass(frozen=True, slots=True)
class Discovered:
    """What an account has."""

    found: tuple[Found, ...]
    seen: tuple[Seen, ...]
    skipped: tuple[Skipped, ...]

    @property
    def ready(self) -> tuple[Found, ...]:
        """Those that have the history for a plan."""
        return tuple(one for one in self.found if one.blocked is None)


def discover(
    aws: Aws, now: datetime, progress: Callable[[str], None] = lambda _: None
) -> Discovered:
    """Look through all services; reads only. A service that cannot be read is skipped, and said."""
    rows: list[Found | Seen] = []
    skipped: list[Skipped] = []
    for service in SERVICES:
        progress(f"looking at {service.SERVICE}")
        try:
            rows += _all(service.find, aws, now)
        except AwsError as error:
            skipped.append(Skipped(service.SERVICE, error.message))
    return Discovered(
        found=tuple(row for row in rows if isinstance(row, Found)),
        seen=tuple(row for row in rows if isinstance(row, Seen)),
        skipped=tuple(skipped),
    )


def _all(find: Find, aws: Aws, now: datetime) -> list[Found | Seen]:
    return [_judged(row, aws, now) for row in find(aws, now)]


def _judged(row: Found | Seen, aws: Aws, now: datetime) -> Found | Seen:
    if isinstance(row, Seen):
        return row
    return replace(with_own_floor(row, aws), blocked=lacking(aws, now, row))
