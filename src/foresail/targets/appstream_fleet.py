"""AppStream fleets: instances, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.targets.application_auto_scaling import ScalableTarget


class AppstreamFleet(ScalableTarget):
    """The instances of an AppStream fleet; each serves one streaming session."""

    type_name: ClassVar[str] = "appstream-fleet"
    about: ClassVar[str] = "instances of an AppStream fleet"
    unit: ClassVar[str] = "instances"
    bounds: ClassVar[tuple[int, int | None]] = (0, None)
    namespace: ClassVar[str] = "appstream"
    dimension: ClassVar[str] = "appstream:fleet:DesiredCapacity"
    pattern: ClassVar[str] = r"fleet/[A-Za-z0-9][A-Za-z0-9_.-]{0,100}"
    example: ClassVar[str] = "fleet/NAME"

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Instances up, how busy they are, and sessions turned away for lack of one."""
        where = (("Fleet", name.removeprefix("fleet/")),)
        return (
            MetricQuery("units", "AWS/AppStream", "ActualCapacity", where, "Average"),
            MetricQuery("busy", "AWS/AppStream", "CapacityUtilization", where, "Average"),
            MetricQuery("throttled", "AWS/AppStream", "InsufficientCapacityError", where, "Sum"),
        )


TARGET = AppstreamFleet
