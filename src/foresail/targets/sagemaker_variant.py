"""SageMaker endpoints: instances of a variant, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.application_auto_scaling import ScalableTarget


class SagemakerVariant(ScalableTarget):
    """The instances of a SageMaker endpoint's variant."""

    type_name: ClassVar[str] = "sagemaker-variant"
    about: ClassVar[str] = "instances of a SageMaker endpoint's variant"
    unit: ClassVar[str] = "instances"
    bounds: ClassVar[tuple[int, int | None]] = (0, None)
    namespace: ClassVar[str] = "sagemaker"
    dimension: ClassVar[str] = "sagemaker:variant:DesiredInstanceCount"
    pattern: ClassVar[str] = (
        r"endpoint/[A-Za-z0-9](-*[A-Za-z0-9]){0,62}/variant/[A-Za-z0-9](-*[A-Za-z0-9]){0,62}"
    )
    example: ClassVar[str] = "endpoint/NAME/variant/NAME"


TARGET = SagemakerVariant
