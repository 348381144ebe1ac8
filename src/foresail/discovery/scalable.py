"""Scalable targets as Application Auto Scaling has them registered, over all pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from foresail.aws import aws_errors
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.registry import target_classes

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM_READ = ("application-autoscaling:DescribeScalableTargets",)


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered target with its bounds."""

    name: str
    dimension: str
    minimum: int
    maximum: int


def registered(aws: Aws, namespace: str) -> list[Registered]:
    """Read all targets of a namespace."""
    client = aws.client("application-autoscaling")
    with aws_errors(IAM_READ[0], namespace):
        pages = client.get_paginator("describe_scalable_targets")
        rows = [
            row
            for page in pages.paginate(ServiceNamespace=namespace)
            for row in page["ScalableTargets"]
        ]
    return [
        Registered(r["ResourceId"], r["ScalableDimension"], r["MinCapacity"], r["MaxCapacity"])
        for r in rows
    ]


def type_of(dimension: str) -> str | None:
    """Name the target type that serves a dimension."""
    for name, cls in target_classes().items():
        if issubclass(cls, ScalableTarget) and cls.dimension == dimension:
            return name
    return None


def how_to_register(namespace: str, dimension: str, name: str) -> str:
    """Say how a resource becomes a scalable target."""
    return (
        "is no scalable target yet; register it: aws application-autoscaling "
        f"register-scalable-target --service-namespace {namespace} --scalable-dimension "
        f"{dimension} --resource-id {name} --min-capacity MIN --max-capacity MAX"
    )
