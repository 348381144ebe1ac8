"""What only a scalable target of Application Auto Scaling has: tags of the tool that made it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from foresail.aws import aws_errors
from foresail.discovery.checks.finding import Finding, warning
from foresail.targets.application_auto_scaling import ScalableTarget
from foresail.targets.registry import target_class
from foresail.targets.tools import leave_to_foresail, owner

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import TierConfig

IAM_READ = (
    "application-autoscaling:DescribeScalableTargets",
    "application-autoscaling:ListTagsForResource",
)


def check_scalable(tier: TierConfig, aws: Aws, about: str) -> Iterator[Finding]:
    """Say which tool owns a tier's scalable target; nothing where no tag says so.

    CloudFormation puts no tags on scalable targets: a stack's are not seen here.
    """
    client, name = aws.client("application-autoscaling"), tier.target.name
    cls = target_class(tier.target.type)
    assert issubclass(cls, ScalableTarget)
    with aws_errors(IAM_READ[0], name):
        found = client.describe_scalable_targets(
            ServiceNamespace=cls.namespace, ResourceIds=[name], ScalableDimension=cls.dimension
        )["ScalableTargets"]
    for one in found:
        with aws_errors(IAM_READ[1], name):
            tags = client.list_tags_for_resource(ResourceARN=one["ScalableTargetARN"])["Tags"]
        if tool := owner(tags):
            yield warning(
                about,
                f"{tool} owns the scalable target: its next run may set its minimum back",
                f"{leave_to_foresail(tool, group=False)}; foresail status shows when it drifts",
            )
