"""EMR clusters: instances of an instance group, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.targets.application_auto_scaling import ScalableTarget


class EmrInstanceGroup(ScalableTarget):
    """The instances of a core or task group of an EMR cluster."""

    type_name: ClassVar[str] = "emr-instance-group"
    about: ClassVar[str] = "instances of an EMR instance group"
    unit: ClassVar[str] = "instances"
    bounds: ClassVar[tuple[int, int | None]] = (0, None)
    namespace: ClassVar[str] = "elasticmapreduce"
    dimension: ClassVar[str] = "elasticmapreduce:instancegroup:InstanceCount"
    pattern: ClassVar[str] = r"instancegroup/j-[A-Z0-9]{6,40}/ig-[A-Z0-9]{6,40}"
    example: ClassVar[str] = "instancegroup/j-2EEZNYKUA1NTV/ig-1791Y4E1L8YI0"


TARGET = EmrInstanceGroup
