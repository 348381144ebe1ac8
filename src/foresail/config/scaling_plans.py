"""``prefer: scaling-plan`` of a service: AWS Auto Scaling moves its tiers by a plan.

botocore checks no enumerations and no maxima, so AWS's rules are checked here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from foresail.config.fields import Strict, mistake

if TYPE_CHECKING:
    from foresail.config.models import ServiceConfig
    from foresail.config.tiers import TierConfig

DIMENSIONS = {
    "ec2-auto-scaling-group": "autoscaling:autoScalingGroup:DesiredCapacity",
    "ecs-service": "ecs:service:DesiredCount",
    "spot-fleet": "ec2:spot-fleet-request:TargetCapacity",
    "aurora-replicas": "rds:cluster:ReadReplicaCount",
    "dynamodb-table-read": "dynamodb:table:ReadCapacityUnits",
    "dynamodb-table-write": "dynamodb:table:WriteCapacityUnits",
    "dynamodb-index-read": "dynamodb:index:ReadCapacityUnits",
    "dynamodb-index-write": "dynamodb:index:WriteCapacityUnits",
}
STACK = r"^arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:\d{12}:stack/[A-Za-z0-9-]+/[A-Za-z0-9-]+$"
TagKey = Annotated[str, Field(min_length=1, max_length=128)]
TagValue = Annotated[str, Field(min_length=1, max_length=256)]
TagValues = Annotated[tuple[TagValue, ...], Field(min_length=1, max_length=20)]


class ApplicationConfig(Strict):
    """What a scaling plan is of: one CloudFormation stack, or up to 50 tags; AWS allows one plan.

    A plan covers all of a service that its tiers name; the application only identifies it.
    """

    stack: Annotated[str, Field(pattern=STACK)] | None = None
    tags: Annotated[dict[TagKey, TagValues], Field(max_length=50)] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_source(self) -> ApplicationConfig:
        if (self.stack is None) == (not self.tags):
            raise mistake(
                "an application is one stack, or tags",
                "write application: {stack: ARN}, or application: {tags: {app: [shop]}}",
            )
        return self


def check_scaling_plan(service: ServiceConfig) -> None:
    """Refuse a service that prefers a scaling plan where AWS Auto Scaling cannot take it as one.

    Raises
    ------
    PydanticCustomError
        Naming the tier and the cure.
    """
    if service.prefer != "scaling-plan":
        if service.application is not None:
            raise mistake(
                "application is of a scaling plan", "add prefer: scaling-plan, or leave it out"
            )
        return
    if service.application is None:
        raise mistake(
            "prefer: scaling-plan needs the application that the plan is of",
            "add application: {stack: ARN}, or application: {tags: {app: [shop]}}",
        )
    for tier in service.tiers:
        _check_tier(tier)


def _check_tier(tier: TierConfig) -> None:
    if tier.target.type not in DIMENSIONS:
        raise mistake(
            f"{tier.name}: a scaling plan takes no {tier.target.type}",
            "move the tier to a service without prefer; a plan takes " + ", ".join(DIMENSIONS),
        )
    extra = [name for name in ("step", "warm_pool") if getattr(tier.policies, name, None)]
    if extra:
        raise mistake(
            f"{tier.name}: a scaling plan has no {extra[0]}",
            "leave it out, or leave prefer out: foresail then writes the policies itself",
        )
