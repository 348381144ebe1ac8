"""SageMaker serverless endpoints: provisioned concurrency, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.application_auto_scaling import ScalableTarget


class SagemakerServerlessConcurrency(ScalableTarget):
    """The provisioned concurrency of a serverless variant."""

    type_name: ClassVar[str] = "sagemaker-serverless-concurrency"
    about: ClassVar[str] = "provisioned concurrency of a SageMaker serverless endpoint"
    unit: ClassVar[str] = "provisioned executions"
    bounds: ClassVar[tuple[int, int | None]] = (0, None)
    namespace: ClassVar[str] = "sagemaker"
    dimension: ClassVar[str] = "sagemaker:variant:DesiredProvisionedConcurrency"
    pattern: ClassVar[str] = (
        r"endpoint/[A-Za-z0-9](-*[A-Za-z0-9]){0,62}/variant/[A-Za-z0-9](-*[A-Za-z0-9]){0,62}"
    )
    example: ClassVar[str] = "endpoint/NAME/variant/NAME"


TARGET = SagemakerServerlessConcurrency
