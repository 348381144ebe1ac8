"""Scaling plans of AWS Auto Scaling, read to be imported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors
from foresail.errors import AwsError

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM = ("autoscaling-plans:DescribeScalingPlans",)


def scaling_plan(aws: Aws, name: str) -> dict[str, Any]:
    """Read a scaling plan by its name, as DescribeScalingPlans answers it.

    Raises
    ------
    AwsError
        When there is none of that name in the region, or AWS cannot be asked.
    """
    client = aws.client("autoscaling-plans")
    with aws_errors(IAM[0], name):
        answer = client.describe_scaling_plans(ScalingPlanNames=[name])
    if not answer["ScalingPlans"]:
        raise AwsError(
            f"no scaling plan {name!r} in {client.meta.region_name}",
            cure="list them with aws autoscaling-plans describe-scaling-plans; check the region",
        )
    found: dict[str, Any] = answer["ScalingPlans"][0]
    return found
