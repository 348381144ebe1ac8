"""Lambda functions: provisioned concurrency, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.application_auto_scaling import ScalableTarget


class LambdaProvisionedConcurrency(ScalableTarget):
    """The provisioned concurrency of a Lambda alias or version."""

    type_name: ClassVar[str] = "lambda-provisioned-concurrency"
    about: ClassVar[str] = "provisioned concurrency of a Lambda alias or version"
    namespace: ClassVar[str] = "lambda"
    dimension: ClassVar[str] = "lambda:function:ProvisionedConcurrency"
    pattern: ClassVar[str] = r"function:[A-Za-z0-9_-]{1,64}:[A-Za-z0-9_-]{1,128}"
    example: ClassVar[str] = "function:NAME:ALIAS-OR-VERSION"


TARGET = LambdaProvisionedConcurrency
