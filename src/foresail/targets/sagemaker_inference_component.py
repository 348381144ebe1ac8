"""SageMaker inference components: copies, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.application_auto_scaling import ScalableTarget


class SagemakerInferenceComponent(ScalableTarget):
    """The copies of a model that an endpoint's instances hold."""

    type_name: ClassVar[str] = "sagemaker-inference-component"
    about: ClassVar[str] = "copies of a SageMaker inference component"
    unit: ClassVar[str] = "copies"
    bounds: ClassVar[tuple[int, int | None]] = (0, None)
    namespace: ClassVar[str] = "sagemaker"
    dimension: ClassVar[str] = "sagemaker:inference-component:DesiredCopyCount"
    pattern: ClassVar[str] = r"inference-component/[A-Za-z0-9](-*[A-Za-z0-9]){0,62}"
    example: ClassVar[str] = "inference-component/NAME"


TARGET = SagemakerInferenceComponent
