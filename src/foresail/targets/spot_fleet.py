"""EC2 Spot Fleets: target capacity, through Application Auto Scaling."""

from __future__ import annotations

from typing import ClassVar

from foresail.history.metrics import MetricQuery
from foresail.targets.application_auto_scaling import ScalableTarget


class SpotFleet(ScalableTarget):
    """The target capacity of a Spot Fleet, in its own weights."""

    type_name: ClassVar[str] = "spot-fleet"
    about: ClassVar[str] = "target capacity of an EC2 Spot Fleet"
    unit: ClassVar[str] = "capacity units"
    bounds: ClassVar[tuple[int, int | None]] = (0, None)
    namespace: ClassVar[str] = "ec2"
    dimension: ClassVar[str] = "ec2:spot-fleet-request:TargetCapacity"
    pattern: ClassVar[str] = r"spot-fleet-request/sfr-[0-9a-f-]{36}"
    example: ClassVar[str] = "spot-fleet-request/sfr-73fbd2ce-aa30-494c-8788-1cee4a5e0e1f"

    @classmethod
    def metrics(cls, name: str) -> tuple[MetricQuery, ...]:
        """Capacity that Spot fulfilled."""
        where = (("FleetRequestId", name.removeprefix("spot-fleet-request/")),)
        return (MetricQuery("units", "AWS/EC2Spot", "FulfilledCapacity", where, "Average"),)


TARGET = SpotFleet
