"""API Gateway stages: the rate of all methods, so that it follows planned capacity."""

from __future__ import annotations

from typing import ClassVar

from foresail.aws import aws_errors
from foresail.errors import AwsError
from foresail.targets.throttling import Throttle


class StageRate(Throttle):
    """The requests a second that a stage of a REST API lets through, for all methods alike."""

    type_name: ClassVar[str] = "apigateway-stage"
    about: ClassVar[str] = "throttle of an API Gateway stage"
    pattern: ClassVar[str] = r"[A-Za-z0-9]{4,32}/[A-Za-z0-9_-]{1,128}"
    example: ClassVar[str] = "a1b2c3/prod"
    operation: ClassVar[str] = "UpdateStage"
    prefix: ClassVar[str] = "/*/*/throttling"
    rate: ClassVar[str] = "rateLimit"
    burst: ClassVar[str] = "burstLimit"

    @classmethod
    def arn(cls, name: str) -> str:
        """ARN of a stage, for IAM; the region is left to be filled in."""
        api, _, stage = name.partition("/")
        return f"apigateway:{{region}}::/restapis/{api}/stages/{stage or '*'}"

    def throttle(self, name: str) -> tuple[float, int]:
        """Read rate and burst of ``*/*``."""
        with aws_errors(self.iam_live[0], name):
            stage = self.resource.get_stage(**self.where(name))
        found = (stage.get("methodSettings") or {}).get("*/*") or {}
        if not found.get("throttlingRateLimit"):
            api, stage_name = name.split("/")
            raise AwsError(
                f"stage {name!r} has no throttle of its own: only the account's holds it back",
                cure=f"give it one: aws apigateway update-stage --rest-api-id {api} "
                f"--stage-name {stage_name} --patch-operations "
                "'op=replace,path=/*/*/throttling/rateLimit,value=100' "
                "'op=replace,path=/*/*/throttling/burstLimit,value=200'",
            )
        rate = float(found["throttlingRateLimit"])
        return rate, int(found.get("throttlingBurstLimit") or rate)

    def where(self, name: str) -> dict[str, str]:
        """Name API and stage."""
        api, stage = name.split("/")
        return {"restApiId": api, "stageName": stage}


TARGET = StageRate
