"""API Gateway usage plans: the rate of each key, so that it follows planned capacity."""

from __future__ import annotations

from typing import ClassVar

from foresail.aws import aws_errors
from foresail.errors import AwsError
from foresail.targets.throttling import Throttle


class UsagePlanRate(Throttle):
    """The requests a second that each key of a usage plan may make."""

    type_name: ClassVar[str] = "apigateway-usage-plan-rate"
    about: ClassVar[str] = "throttle of an API Gateway usage plan"
    pattern: ClassVar[str] = r"[A-Za-z0-9]{4,32}"
    example: ClassVar[str] = "a1b2c3"
    operation: ClassVar[str] = "UpdateUsagePlan"
    prefix: ClassVar[str] = "/throttle"
    rate: ClassVar[str] = "rateLimit"
    burst: ClassVar[str] = "burstLimit"

    @classmethod
    def arn(cls, name: str) -> str:
        """ARN of a resource, for IAM; the region is left to be filled in."""
        return f"apigateway:{{region}}::/usageplans/{name}"

    def throttle(self, name: str) -> tuple[float, int]:
        """Read rate and burst of the plan."""
        with aws_errors(self.iam_live[0], name):
            found = self.resource.get_usage_plan(usagePlanId=name).get("throttle") or {}
        if not found.get("rateLimit"):
            raise AwsError(
                f"usage plan {name!r} has no throttle: nothing is held back, so nothing to plan",
                cure="give it one: aws apigateway update-usage-plan --usage-plan-id "
                f"{name} --patch-operations op=add,path=/throttle/rateLimit,value=100 "
                "op=add,path=/throttle/burstLimit,value=200",
            )
        return float(found["rateLimit"]), int(found.get("burstLimit") or found["rateLimit"])

    def where(self, name: str) -> dict[str, str]:
        """Name the plan."""
        return {"usagePlanId": name}


TARGET = UsagePlanRate
