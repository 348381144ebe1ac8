"""Custom resources: whatever a REST endpoint of yours scales, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.application_auto_scaling import ScalableTarget


class CustomResource(ScalableTarget):
    """A resource of your own behind an API Gateway endpoint."""

    type_name: ClassVar[str] = "custom-resource"
    about: ClassVar[str] = "units of a custom resource"
    unit: ClassVar[str] = "units"
    bounds: ClassVar[tuple[int, int | None]] = (0, None)
    namespace: ClassVar[str] = "custom-resource"
    dimension: ClassVar[str] = "custom-resource:ResourceType:Property"
    pattern: ClassVar[str] = r"https://[A-Za-z0-9.-]+/[A-Za-z0-9/._%-]+"
    example: ClassVar[str] = (
        "https://ID.execute-api.REGION.amazonaws.com/STAGE/scalableTargetDimensions/NAME"
    )


TARGET = CustomResource
