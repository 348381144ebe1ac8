"""Where an IAM action may act: ARNs and conditions, as narrow as AWS takes them.

From AWS's Service Authorization Reference; an action without resource types there gets ``*``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foresail.targets.application_auto_scaling import ScalableTarget

if TYPE_CHECKING:
    from foresail.config.scheduling import SchedulerConfig
    from foresail.targets.base import Target

_DESCRIBED = ("autoscaling:Describe", "application-autoscaling:Describe")
_ANYWHERE = {
    "application-autoscaling:GetPredictiveScalingForecast",
    "autoscaling:GetPredictiveScalingForecast",
    "cloudwatch:GetMetricData",
    "dynamodb:DescribeLimits",
    "elasticache:DescribeServerlessCaches",
    "elasticloadbalancing:DescribeCapacityReservation",
    "scheduler:ListSchedules",
}
_KNOWN = (
    "apigateway:",
    "application-autoscaling:",
    "autoscaling:",
    "dynamodb:",
    "elasticache:",
    "elasticloadbalancing:",
    "kinesis:",
    "rds:",
)


@dataclass(frozen=True, slots=True)
class Place:
    """The region, and what the configuration says of Scheduler; any where it says nothing."""

    region: str = "*"
    scheduler: SchedulerConfig | None = None

    def arn(self, rest: str) -> str:
        """Write an ARN in the region's partition."""
        return f"arn:{self._partition()}:{rest.format(region=self.region)}"

    def _partition(self) -> str:
        import botocore.session

        if self.region == "*":
            return "aws"
        found: str = botocore.session.get_session().get_partition_for_region(self.region)
        return found


@dataclass(frozen=True, slots=True)
class Scope:
    """Resources and condition of a statement."""

    resources: tuple[str, ...] = ("*",)
    conditions: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Resource and Condition as IAM writes them."""
        one = len(self.resources) == 1
        said: dict[str, Any] = {"Resource": self.resources[0] if one else list(self.resources)}
        equals = {"Condition": {"StringEquals": dict(self.conditions)}}
        return {**said, **(equals if self.conditions else {})}


def scope(action: str, cls: type[Target], name: str | None, place: Place) -> Scope:
    """Narrow an action to a target; to any of its type when `name` is None."""
    if action in _ANYWHERE or action.startswith(_DESCRIBED):
        return Scope()
    scheduled = _of_scheduler(action, place)
    if scheduled is not None:
        return scheduled
    if not action.startswith(_KNOWN):
        return Scope()
    found = [cls.arn(name or "*")]
    if action == "apigateway:GET":
        found.append("apigateway:{region}::/account")
    arns = tuple(one if one.startswith("arn:") else place.arn(one) for one in found)
    return Scope(arns, _dimension(cls))


def _of_scheduler(action: str, place: Place) -> Scope | None:
    said = place.scheduler
    group = said.group if said else "*"
    if action == "iam:PassRole":
        to = (("iam:PassedToService", "scheduler.amazonaws.com"),)
        return Scope((said.role if said else "*",), to)
    if action == "sqs:SendMessage":
        return Scope((said.dead_letter if said else "*",))
    if action.endswith("ScheduleGroup"):
        return Scope((place.arn(f"scheduler:{{region}}:*:schedule-group/{group}"),))
    if action.startswith("scheduler:"):
        return Scope((place.arn(f"scheduler:{{region}}:*:schedule/{group}/foresail-*"),))
    return None


def _dimension(cls: type[Target]) -> tuple[tuple[str, str], ...]:
    """Scalable targets have ARNs that only AWS knows: their dimension narrows instead."""
    if not issubclass(cls, ScalableTarget):
        return ()
    service = "application-autoscaling"
    return (
        (f"{service}:service-namespace", cls.namespace),
        (f"{service}:scalable-dimension", cls.dimension),
    )
