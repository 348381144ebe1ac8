"""A metric as CloudWatch spells it, and what all signals of demand have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from foresail.config.fields import Duration, Stat, Strict, UnitCapacity, mistake
from foresail.units import Rate, format_duration

Missing = Literal["gap", "zero"]
Identifier = Annotated[str, Field(min_length=1, max_length=255)]


class MetricConfig(Strict):
    """One CloudWatch metric, as CloudWatch spells it."""

    namespace: str
    metric: str
    dimensions: dict[str, str] = Field(default_factory=dict)
    stat: Stat = "Sum"


class PartConfig(MetricConfig):
    """One metric of a formula, with what its silence means."""

    missing: Missing = "gap"

    @property
    def per_period(self) -> bool:
        """Whether the statistic counts work over a period, and so is a rate."""
        return self.stat in ("Sum", "SampleCount")


def aws_part(
    namespace: str, metric: str, where: dict[str, str], stat: str, missing: Missing = "zero"
) -> PartConfig:
    """Name a metric of AWS itself; where it counts, silence is that nothing happened."""
    return PartConfig(
        namespace=namespace, metric=metric, dimensions=where, stat=stat, missing=missing
    )


class SignalConfig(Strict):
    """What each kind of signal says: its metrics, its formula's parameters, its own unit.

    `region` is where its metrics are, when not where the tier is; `needs_units` when its formula
    counts the units in service.
    """

    kind: str
    period: Duration = timedelta(minutes=5)
    unit_capacity: UnitCapacity | None = None
    region: ClassVar[str | None] = None
    needs_units: ClassVar[bool] = False

    @field_validator("period")
    @classmethod
    def _whole_minutes(cls, period: timedelta) -> timedelta:
        if period.total_seconds() % 60 or not period:
            raise mistake(
                f"CloudWatch stores whole minutes, no period of {format_duration(period)}",
                "write period: 1m, 5m or 1h",
            )
        return period

    @property
    def label(self) -> str:
        """Name of the signal among those of its tier."""
        raise NotImplementedError

    @property
    def said(self) -> str:
        """How messages name the signal."""
        return self.label

    @property
    def parts(self) -> dict[str, PartConfig]:
        """Metrics to pull, by their role in the formula."""
        raise NotImplementedError

    @property
    def optional(self) -> frozenset[str]:
        """Roles of metrics that may have nothing to say, like counts of refused work."""
        return frozenset()

    @property
    def parameters(self) -> dict[str, Any]:
        """What the formula takes beside its metrics."""
        return {}

    @property
    def own_capacity(self) -> Rate | None:
        """What one unit serves by nature, where the kind knows it."""
        return None

    @property
    def per_period(self) -> bool:
        """Whether demand is work over time, so that a unit's capacity must be a rate."""
        return False


class DemandConfig(PartConfig, SignalConfig):
    """One CloudWatch metric that tells the work that arrives: ``kind: metric``, the default.

    `scale_by: capacity` turns a utilisation into demand: utilisation x units in service.
    """

    kind: Literal["metric"] = "metric"
    scale_by: Literal["capacity"] | None = None

    @model_validator(mode="after")
    def _utilisation_is_not_demand(self) -> DemandConfig:
        if "utilization" in self.metric.lower() and self.scale_by is None:
            raise mistake(
                f"{self.metric} falls when capacity rises, so it is not demand",
                "add scale_by: capacity",
            )
        return self

    @property
    def label(self) -> str:
        """Name of the metric."""
        return self.metric

    @property
    def said(self) -> str:
        """Metric and statistic."""
        return f"{self.metric} {self.stat}"

    @property
    def parts(self) -> dict[str, PartConfig]:
        """Its one metric."""
        return {"value": self}
