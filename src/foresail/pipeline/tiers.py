"""The tiers of a configuration, each with what it inherits, and the series of its demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from foresail.config import Config, ServiceConfig, SignalConfig, TierConfig, place_name
from foresail.errors import ConfigError, InputError
from foresail.places import aws_of
from foresail.targets.limits import check_capacity
from foresail.targets.registry import open_target, target_class

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.targets.base import Target


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier with what it inherits from its service and the whole configuration."""

    config: Config
    service: ServiceConfig
    tier: TierConfig

    @property
    def name(self) -> str:
        """``service/tier``."""
        return f"{self.service.name}/{self.tier.name}"

    @property
    def timezone(self) -> str:
        """IANA name of the tier's local time."""
        return self.tier.timezone or self.service.timezone

    @property
    def region(self) -> str:
        """Region of its service, else of the configuration."""
        return self.service.region or self.config.region

    @property
    def account(self) -> str:
        """12 digits of the account whose role is taken on for it; empty for the caller's own."""
        return self.service.account.id if self.service.account else ""

    @property
    def place(self) -> str:
        """Account and region as stores name them."""
        return place_name(self.region, self.account)


def tiers(config: Config, service: str | None = None) -> list[Tier]:
    """Tiers of a configuration, of one service when it is named.

    Raises
    ------
    InputError
        When no service has that name, or no module serves a target's type.
    """
    names = [s.name for s in config.services]
    if service is not None and service not in names:
        raise InputError(
            f"no service {service!r} in the configuration", cure=f"known: {', '.join(names)}"
        )
    chosen = [one for one in config.services if service in (None, one.name)]
    for one in chosen:
        for tier in one.tiers:
            _check_target(one, tier)
    return [Tier(config, one, tier) for one in chosen for tier in one.tiers]


def _check_target(service: ServiceConfig, tier: TierConfig) -> None:
    """Tell an unknown type or an impossible name, and whose it is, before anything is done."""
    try:
        cls = target_class(tier.target.type)
        cls.check_name(tier.target.name)
        check_capacity(cls, tier.min, tier.max)
    except ConfigError as error:
        raise ConfigError(
            f"{service.name}/{tier.name}: {error.message}", cure=error.cure
        ) from error


def open_tier(tier: Tier, aws: Aws) -> Target:
    """Target of a tier, spoken to where its service is, with what the configuration gives it."""
    scheduler = tier.config.scheduler_of(tier.service)
    return open_target(tier.tier.target.type, aws_of(aws, tier.service), scheduler)


def series_name(tier: Tier, number: int) -> str:
    """Name the series of a demand metric; numbered when a tier has two metrics of one name."""
    name = tier.tier.demand[number].label
    twins = sum(demand.label == name for demand in tier.tier.demand)
    return f"{tier.name}/{name}" if twins == 1 else f"{tier.name}/{name}-{number + 1}"


def combined_name(tier: Tier) -> str:
    """Name the series that signals are combined into; it is in units at 100 %."""
    return f"{tier.name}/combined"


def capacities(tier: Tier) -> dict[str, float]:
    """Demand that one unit serves at 100 %, by the series of each signal and their combination."""
    named = {
        series_name(tier, number): _unit_capacity(tier, demand)
        for number, demand in enumerate(tier.tier.demand)
    }
    learned = {combined_name(tier): 1.0} if tier.tier.combine == "learned" else {}
    return {**named, **learned}


def _unit_capacity(tier: Tier, demand: SignalConfig) -> float:
    return tier.tier.capacity_of(demand).amount


def first_capacity(tier: Tier) -> float:
    """Demand of the tier's first metric that one unit serves at 100 %."""
    return _unit_capacity(tier, tier.tier.demand[0])


def busy_units(tier: Tier, demand: pd.DataFrame) -> pd.Series:
    """Units that past demand kept busy, by time; left out where it is unknown or was censored."""
    units = demand.assign(value=demand["value"] / demand["series"].map(capacities(tier)))
    worst = units.groupby("timestamp").agg(value=("value", "max"), censored=("censored", "any"))
    busy: pd.Series = worst.loc[~worst["censored"].astype(bool), "value"].dropna()
    return busy
