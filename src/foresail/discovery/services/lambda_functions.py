"""Lambda: aliases and versions whose provisioned concurrency is a scalable target."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.discovery import scalable
from foresail.discovery.found import Found, Seen
from foresail.discovery.scalable import registered

if TYPE_CHECKING:
    from foresail.aws import Aws

SERVICE = "Lambda"
IAM_READ = scalable.IAM_READ
TYPE = "lambda-provisioned-concurrency"


def find(aws: Aws, now: datetime) -> Iterator[Found | Seen]:
    """Find provisioned concurrency that scales; by invocations that run at once."""
    del now
    for target in registered(aws, "lambda"):
        if not target.maximum:
            continue
        _, function, alias = target.name.split(":")
        demand = {"kind": "lambda", "function": function, "alias": alias}
        yield Found(TYPE, target.name, target.minimum, target.maximum, demand)
