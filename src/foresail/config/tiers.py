"""What foresail.yaml says of a tier: its target, demand, capacity, steps and guardrails."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from foresail.config.demand import MetricConfig, SignalConfig
from foresail.config.fields import (
    Decrease,
    Duration,
    Level,
    Share,
    Strict,
    TimeZone,
    UnitCapacity,
    Units,
    mistake,
)
from foresail.config.leads import split_measured_lead
from foresail.config.needs import NeedConfig
from foresail.config.policies import PoliciesConfig
from foresail.config.policy_rules import check_policies
from foresail.config.signals import LeadingConfig, Signal, listed_signals
from foresail.config.steps import StepsConfig
from foresail.config.storage import StorageConfig
from foresail.units import Rate


class TargetConfig(Strict):
    """The scalable AWS resource whose floor foresail plans."""

    type: str
    name: Annotated[str, Field(min_length=1, max_length=255)]


class GuardrailsConfig(Strict):
    """The largest change of the floor that one run may make, against today's floor."""

    increase: Annotated[Share, Field(ge=0)] = 1.0
    decrease: Decrease = 0.5
    min_trust: Annotated[Level, Field(ge=0, le=1)] = 0.3


class TierConfig(StepsConfig):
    """A tier: one target, its demand, and what one unit of it can serve.

    A demand metric may name its own `unit_capacity`; the plan follows whichever metric needs
    most. `throttled` counts work that was turned away: where it is above zero, demand was higher
    than measured. 60 actions are under half of EC2 Auto Scaling's 125, so that a new schedule fits
    beside the old one while it replaces it. `lead_quantile` has the lead time measured from the
    target's launches when a plan is made; `lead_time` then stands in where too few are known.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    target: TargetConfig
    demand: Annotated[tuple[Signal, ...], Field(min_length=1)]
    combine: Literal["max", "learned"] = "max"
    leading: tuple[LeadingConfig, ...] = ()
    storage: StorageConfig | None = None
    throttled: MetricConfig | None = None
    unit_capacity: UnitCapacity | None = None
    utilization: Annotated[Share, Field(gt=0, le=1)] = 0.7
    min: Annotated[Units, Field(ge=0)] = 1
    max: Annotated[Units, Field(ge=1)]
    lead_time: Duration = timedelta(minutes=10)
    lead_quantile: Annotated[Level, Field(gt=0, lt=1)] | None = None
    timezone: TimeZone | None = None
    quantile: Annotated[Level, Field(gt=0, lt=1)] = 0.9
    risk: Annotated[Share, Field(gt=0, lt=1)] | None = None
    max_actions: Annotated[Units, Field(ge=2, le=123)] = 60
    guardrails: GuardrailsConfig = GuardrailsConfig()
    policies: PoliciesConfig | None = None
    needs: tuple[NeedConfig, ...] = ()
    value: Annotated[float, Field(gt=0)] = 1.0

    @model_validator(mode="before")
    @classmethod
    def _measured_lead(cls, data: Any) -> Any:
        return split_measured_lead(data)

    @model_validator(mode="before")
    @classmethod
    def _one_signal_is_a_list_of_one(cls, data: Any) -> Any:
        return listed_signals(data)

    @model_validator(mode="before")
    @classmethod
    def _a_name_is_a_need(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("needs"), list):
            return data
        needs = [{"tier": one} if isinstance(one, str) else one for one in data["needs"]]
        return {**data, "needs": needs}

    @model_validator(mode="after")
    def _bounds_in_order(self) -> TierConfig:
        if self.max < self.min:
            raise mistake(f"max ({self.max}) is below min ({self.min})", "raise max or lower min")
        if len({d.period for d in self.demand}) > 1:
            raise mistake(
                "the demand metrics of a tier have different periods", "give them one period"
            )
        return self

    @model_validator(mode="after")
    def _one_way_to_choose(self) -> TierConfig:
        if self.risk is not None and "quantile" in self.model_fields_set:
            raise mistake(
                "risk and quantile are both given",
                "keep one: risk (a share of time under capacity) chooses the quantile",
            )
        return self

    @model_validator(mode="after")
    def _policies_of_the_type(self) -> TierConfig:
        if self.policies is not None:
            check_policies(self.policies, self.target.type)
        return self

    @model_validator(mode="after")
    def _rates_for_counts(self) -> TierConfig:
        for demand in self.demand:
            rate = self.capacity_of(demand)
            if demand.per_period and not rate.per_second:
                raise mistake(
                    f"unit_capacity {str(rate)!r} has no time, but {demand.said} is work over time",
                    f"write a rate, like {rate.amount:g} requests/s",
                )
        return self

    def capacity_of(self, demand: SignalConfig) -> Rate:
        """Tell what one unit serves of a signal: as it says, by its kind, or as the tier says."""
        found = demand.unit_capacity or demand.own_capacity or self.unit_capacity
        if found is None:
            raise mistake(
                f"what does one unit serve of {demand.said}?",
                "add unit_capacity to the tier, like 120 requests/s",
            )
        return found

    @property
    def period(self) -> timedelta:
        """Period of the tier's demand metrics."""
        return self.demand[0].period
