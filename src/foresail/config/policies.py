"""``policies:`` of a tier: target tracking, step and predictive scaling, and the warm pool.

botocore checks neither enumerations nor maxima, so AWS's rules are checked here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from foresail.config.fields import Share, Strict, mistake, told
from foresail.config.policy_parts import (
    Measured,
    Metric,
    ResourceLabel,
    Seconds,
    SideConfig,
    TargetValue,
    checked_steps,
)
from foresail.errors import InputError
from foresail.units import format_duration

MOST_BUFFER = timedelta(hours=1)  # SchedulingBufferTime stays below it
PERIODS = (timedelta(seconds=10), timedelta(seconds=30), timedelta(seconds=60))


class TrackingConfig(Strict):
    """Target tracking: keep a metric at a target.

    `warmup` (EC2) is how long a new unit is left out of the metric; the cooldowns are Application
    Auto Scaling's. `measured` takes the tier's lead time.
    """

    metric: Metric
    resource_label: ResourceLabel | None = None
    target: TargetValue
    disable_scale_in: Annotated[bool, Field(strict=True)] = False
    period: Seconds | None = None
    warmup: Measured | None = None
    scale_out_cooldown: Seconds | None = None
    scale_in_cooldown: Seconds | None = None

    @model_validator(mode="after")
    def _high_resolution(self) -> TrackingConfig:
        if self.period is None:
            return self
        if self.metric.named is not None:
            raise mistake(
                f"{self.metric.named} has a period of its own",
                "leave period out; cpu_high_resolution is the finer one",
            )
        if self.period not in PERIODS:
            raise mistake(
                f"period: {format_duration(self.period)} is none that AWS tracks",
                "write 10s, 30s or 60s",
            )
        return self


class StepConfig(Strict):
    """Step scaling: the further a metric is beyond a threshold, the larger the change.

    Each side becomes a policy with an alarm of its own.
    """

    metric: Metric
    period: Seconds = timedelta(seconds=60)
    adjustment: Literal["units", "percent", "exact"] = "units"
    least_change: Annotated[int, Field(ge=1)] | None = None
    warmup: Measured | None = None
    cooldown: Seconds | None = None
    scale_out: SideConfig
    scale_in: SideConfig | None = None

    @model_validator(mode="after")
    def _sides(self) -> StepConfig:
        checked_steps(self.scale_out, out=True)
        if self.scale_in is not None:
            checked_steps(self.scale_in, out=False)
            if self.scale_in.threshold >= self.scale_out.threshold:
                raise mistake(
                    f"it scales in at {self.scale_in.threshold:g} and out at "
                    f"{self.scale_out.threshold:g}",
                    "let the threshold of scale_in be below that of scale_out",
                )
        return self

    @model_validator(mode="after")
    def _alarm(self) -> StepConfig:
        seconds = int(self.period.total_seconds())
        if seconds not in (10, 20, 30) and (seconds <= 0 or seconds % 60):
            raise mistake(
                f"period: {format_duration(self.period)} is none that an alarm can have",
                "write 10s, 20s, 30s, or whole minutes",
            )
        if len(self.metric.queries) > 1:
            raise mistake("an alarm of a step policy follows one metric", "name one metric")
        if self.least_change is not None and self.adjustment != "percent":
            raise mistake(
                "least_change goes with adjustment: percent only",
                "leave it out, or write adjustment: percent",
            )
        return self


class MetricPairConfig(Strict):
    """The two metrics that predictive scaling needs, and optionally one of capacity."""

    load: Metric
    scaling: Metric
    capacity: Metric | None = None

    @model_validator(mode="after")
    def _capacity_with_queries(self) -> MetricPairConfig:
        if self.capacity is not None and (self.capacity.named or not self.load.queries):
            raise mistake(
                "capacity: goes with a load and a scaling metric of your own",
                "write load, scaling and capacity as lists of queries",
            )
        return self


class IncreaseConfig(Strict):
    """Let AWS raise the maximum to the forecast and this share more; it never lowers it again."""

    increase: Annotated[Share, Field(ge=0, le=1)]


def _pair(value: Any) -> Any:
    if isinstance(value, str):
        return {"load": value, "scaling": value}
    if isinstance(value, dict):
        return value
    raise InputError(
        "predictive scaling needs a load and a scaling metric",
        cure="write metric: cpu, or metric: {load: [...], scaling: [...]}",
    )


class PredictiveConfig(Strict):
    """AWS's own predictive scaling; `forecast_only` shows its forecast and scales nothing.

    `buffer` is how long before the hour units are launched: `measured` takes the tier's lead time.
    """

    metric: Annotated[MetricPairConfig, BeforeValidator(told(_pair))]
    resource_label: ResourceLabel | None = None
    target: TargetValue
    mode: Literal["forecast_only", "forecast_and_scale"] = "forecast_only"
    buffer: Measured = "measured"
    max_capacity: Literal["honor"] | IncreaseConfig = "honor"

    @model_validator(mode="after")
    def _buffer_below_an_hour(self) -> PredictiveConfig:
        if isinstance(self.buffer, timedelta) and self.buffer >= MOST_BUFFER:
            raise mistake(
                f"buffer: {format_duration(self.buffer)} is an hour or more",
                "write less than 60m: AWS launches at most that much ahead",
            )
        return self


class WarmPoolConfig(Strict):
    """A warm pool beside an EC2 group; without `max` its size follows the group's maximum.

    `max` bounds the units of group and pool together (MaxGroupPreparedCapacity).
    """

    min: Annotated[int, Field(strict=True, ge=0)] = 0
    max: Annotated[int, Field(strict=True, ge=0)] | None = None
    state: Literal["stopped", "running", "hibernated"] = "stopped"
    reuse: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _in_order(self) -> WarmPoolConfig:
        if self.max is not None and self.max < self.min:
            raise mistake(f"max ({self.max}) is below min ({self.min})", "raise max or lower min")
        return self


class PoliciesConfig(Strict):
    """Scaling policies that foresail sets on a target, beside its scheduled actions."""

    target_tracking: TrackingConfig | None = None
    step: StepConfig | None = None
    predictive: PredictiveConfig | None = None
    warm_pool: WarmPoolConfig | None = None

    @model_validator(mode="after")
    def _something(self) -> PoliciesConfig:
        if not any(getattr(self, name) is not None for name in type(self).model_fields):
            raise mistake(
                "policies: names none",
                "write one of target_tracking, step, predictive, warm_pool, or leave policies out",
            )
        return self
