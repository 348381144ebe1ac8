"""Scalable targets of services that have no natural demand metric known here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.discovery import scalable
from foresail.discovery.found import TO_SET, Found, Seen
from foresail.discovery.scalable import Registered, registered, type_of

if TYPE_CHECKING:
    from foresail.aws import Aws

SERVICE = "other scalable targets"
IAM_READ = scalable.IAM_READ
NAMESPACES = (
    "sagemaker", "ec2", "elasticmapreduce", "appstream", "comprehend", "cassandra", "kafka",
    "neptune", "workspaces", "custom-resource",
)  # fmt: skip
_VARIANT = "sagemaker:variant:DesiredInstanceCount"


def find(aws: Aws, now: datetime) -> Iterator[Found | Seen]:
    """Find variants of SageMaker endpoints; name the rest."""
    del now
    for namespace in NAMESPACES:
        for target in registered(aws, namespace):
            yield _told(target)


def _told(target: Registered) -> Found | Seen:
    kind = type_of(target.dimension)
    name = f"{kind or target.dimension} {target.name}"
    if kind is None:
        return Seen(name, "is of no type that foresail plans: foresail targets")
    if target.dimension != _VARIANT or not target.maximum:
        return Seen(name, "needs a demand metric that you name, and its unit_capacity")
    _, endpoint, _, variant = target.name.split("/")
    demand = {
        "namespace": "AWS/SageMaker", "metric": "Invocations", "stat": "Sum", "missing": "zero",
        "dimensions": {"EndpointName": endpoint, "VariantName": variant},
    }  # fmt: skip
    return Found(
        kind, target.name, target.minimum, target.maximum, demand, TO_SET,
        ("what one instance serves: a load test tells, or foresail unit-capacity",),
    )  # fmt: skip
