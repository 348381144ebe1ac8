"""Lambda functions: provisioned concurrency, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.targets.application_auto_scaling import ScalableTarget


class LambdaProvisionedConcurrency(ScalableTarget):
    """The provisioned concurrency of a Lambda alias or version."""

    type_name: ClassVar[str] = "lambda-provisioned-concurrency"
    about: ClassVar[str] = "provisioned concurrency of a Lambda alias or version"
    unit: ClassVar[str] = "provisioned executions"
    bounds: ClassVar[tuple[int, int | None]] = (0, None)
    namespace: ClassVar[str] = "lambda"
    dimension: ClassVar[str] = "lambda:function:ProvisionedConcurrency"
    pattern: ClassVar[str] = r"function:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,128}"
    example: ClassVar[str] = "function:NAME:ALIAS-OR-VERSION"

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Throttled calls, which hide demand."""
        _, function, qualifier = name.split(":")
        where = (("FunctionName", function), ("Resource", f"{function}:{qualifier}"))
        return (MetricQuery("throttled", "AWS/Lambda", "Throttles", where, "Sum"),)


TARGET = LambdaProvisionedConcurrency
