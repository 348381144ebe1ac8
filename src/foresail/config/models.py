"""What foresail.yaml may say, as strict models: services, tiers, targets, demand, guardrails."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from foresail.config.approval import JUDGES, ApprovalConfig, ServiceRulesConfig
from foresail.config.fields import (
    Duration,
    Strict,
    TimeZone,
    Units,
    mistake,
)
from foresail.config.monitoring import MonitoringConfig, NotifyConfig
from foresail.config.needs import LimitConfig
from foresail.config.places import (
    AccountConfig,
    Region,
    check_scheduler,
    check_topics,
    place_name,
    region_of_environment,
)
from foresail.config.publishing import EventsConfig, ParametersConfig, PublishConfig
from foresail.config.scaling_plans import ApplicationConfig, check_scaling_plan
from foresail.config.scheduling import SchedulerConfig
from foresail.config.scoring import ScoringConfig
from foresail.config.steps import WEEK
from foresail.config.storing import StoreConfig, store_in_region
from foresail.config.tiers import TierConfig
from foresail.config.urgent import UrgentConfig
from foresail.errors import ConfigError, InputError
from foresail.graph import check_needs
from foresail.units import format_duration

LEAST_HISTORY = timedelta(days=2)
MOST_HORIZON = timedelta(days=31)


class ServiceConfig(ServiceRulesConfig):
    """A service: tiers that share a name, a time zone and a calendar.

    The calendar lists countries (``US``, ``US-CA``) and files of events, beside the configuration.
    Where `prefer` says so, a scaling plan of AWS Auto Scaling moves the tiers, not a schedule.
    Without `region` and `account` it is where the configuration and the caller are; elsewhere it
    needs a `scheduler` of its own, where a target takes one.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    timezone: TimeZone = "UTC"
    region: Region | None = None
    account: AccountConfig | None = None
    scheduler: SchedulerConfig | None = None
    prefer: Literal["schedule", "scaling-plan"] = "schedule"
    application: ApplicationConfig | None = None
    calendar: tuple[str, ...] = ()
    tiers: Annotated[tuple[TierConfig, ...], Field(min_length=1)]
    limits: tuple[LimitConfig, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _one_calendar_is_a_list_of_one(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("calendar"), str):
            return {**data, "calendar": [data["calendar"]]}
        return data

    @model_validator(mode="after")
    def _unique_tiers(self) -> ServiceConfig:
        _refuse_twins("tier", [(tier.name, "") for tier in self.tiers])
        return self

    @model_validator(mode="after")
    def _scheduler_in_the_account(self) -> ServiceConfig:
        check_scheduler(self.scheduler, self.account)
        return self

    @model_validator(mode="after")
    def _one_scaling_plan(self) -> ServiceConfig:
        check_scaling_plan(self)
        return self

    @model_validator(mode="after")
    def _no_event_recurs(self) -> ServiceConfig:
        weekly = [tier.name for tier in self.tiers if tier.schedule == "weekly"]
        if self.calendar and weekly:
            raise mistake(
                f"schedule: weekly of {weekly[0]} would repeat each event of the calendar weekly",
                "write schedule: one-off, or auto; or leave the calendar out",
            )
        return self

    @model_validator(mode="after")
    def _tiers_that_are_there(self) -> ServiceConfig:
        try:
            check_needs(self.needs())
        except ConfigError as error:
            raise mistake(error.message, error.cure) from error
        names = {tier.name for tier in self.tiers}
        for limit in self.limits:
            for name in limit.per_unit:
                if name not in names:
                    raise mistake(
                        f"limit {limit.name!r} counts {name!r}, which is no tier",
                        f"tiers of the service: {', '.join(sorted(names))}",
                    )
        return self

    @model_validator(mode="after")
    def _connections_divided(self) -> ServiceConfig:
        """Refuse tiers that together may use more than all connections of one."""
        for lower in self.tiers:
            shares = {
                upper.name: need.connections.share
                for upper in self.tiers
                for need in upper.needs
                if need.tier == lower.name and need.connections is not None
            }
            if sum(shares.values()) > 1 + 1e-9:
                raise mistake(
                    f"{' and '.join(shares)} together may use {sum(shares.values()):.0%} of the "
                    f"connections of {lower.name}",
                    "give each a share of them, like share: 45%; together at most 100%",
                )
        return self

    def needs(self) -> dict[str, list[str]]:
        """Tiers that each tier calls, by name."""
        return {tier.name: [need.tier for need in tier.needs] for tier in self.tiers}


class Config(Strict):
    """The whole of foresail.yaml; without a region, that of the environment counts."""

    region: Region = Field(default_factory=region_of_environment, validate_default=True)
    store: StoreConfig = Path(".foresail")
    history: Duration = timedelta(days=14)
    horizon: Duration = timedelta(hours=48)
    concurrency: Annotated[Units, Field(ge=1, le=32)] = 4
    services: Annotated[tuple[ServiceConfig, ...], Field(min_length=1)]
    approval: ApprovalConfig = ApprovalConfig()
    publish: PublishConfig = PublishConfig()
    scoring: ScoringConfig = ScoringConfig()
    urgent: UrgentConfig = UrgentConfig()
    events: EventsConfig | None = None
    parameters: ParametersConfig | None = None
    notify: NotifyConfig | None = None
    monitoring: MonitoringConfig | None = None
    scheduler: SchedulerConfig | None = None

    @model_validator(mode="before")
    @classmethod
    def _store_in_its_region(cls, data: Any) -> Any:
        return store_in_region(data)

    @model_validator(mode="after")
    def _one_owner_per_target(self) -> Config:
        _refuse_twins("service", [(service.name, "") for service in self.services])
        targets = [(s, t.target) for s in self.services for t in s.tiers]
        _refuse_twins(
            "target",
            [(f"{one.type} {one.name}", self.place_of(service)) for service, one in targets],
        )
        return self

    @model_validator(mode="after")
    def _topics_where_alarms_are(self) -> Config:
        check_topics(self.publish.alarms.notify, {*self.regions().values(), self.region})
        return self

    @model_validator(mode="after")
    def _long_enough(self) -> Config:
        if self.history < LEAST_HISTORY:
            raise mistake(
                f"history: {format_duration(self.history)} is less than "
                f"{format_duration(LEAST_HISTORY)}, too little to forecast from",
                "leave it out (14d), or write at least 2d",
            )
        longest = max(tier.period for service in self.services for tier in service.tiers)
        if not longest <= self.horizon <= MOST_HORIZON:
            raise mistake(
                f"horizon: {format_duration(self.horizon)} is not between one period "
                f"({format_duration(longest)}) and {format_duration(MOST_HORIZON)}",
                "leave it out (48h), or write 24h, 48h, 7d",
            )
        return self

    @model_validator(mode="after")
    def _sees_a_week_that_recurs(self) -> Config:
        weekly = [t.name for s in self.services for t in s.tiers if t.schedule == "weekly"]
        if weekly and self.horizon < WEEK:
            raise mistake(
                f"schedule: weekly of {weekly[0]} needs a forecast of a week, and horizon is "
                f"{format_duration(self.horizon)}",
                "write horizon: 7d, or schedule: auto",
            )
        return self

    def digest(self) -> str:
        """Fingerprint of what a plan rests on: not comments, order, store, nor what is told."""
        told = dict.fromkeys(
            (
                "store",
                "concurrency",
                "publish",
                "events",
                "parameters",
                "notify",
                "monitoring",
                "scoring",
                "urgent",
            ),
            True,
        )
        text = json.dumps(self.model_dump(mode="json", exclude=told | JUDGES), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def service(self, name: str) -> ServiceConfig:
        """Service of a name.

        Raises
        ------
        InputError
            When there is none.
        """
        found = next((one for one in self.services if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in self.services)
            raise InputError(f"no service {name!r} in the configuration", cure=f"known: {known}")
        return found

    def of_account(self, account: str = "") -> Config:
        """Take the services of one account, by its 12 digits; of the caller's own when empty.

        Raises
        ------
        InputError
            No service is in that account.
        """
        ids = [one.account.id if one.account else "" for one in self.services]
        if account and account not in ids:
            known = ", ".join(sorted(filter(None, set(ids)))) or "none but the caller's own"
            raise InputError(f"no service is in account {account!r}", cure=f"accounts: {known}")
        chosen = tuple(s for s, one in zip(self.services, ids, strict=True) if one == account)
        return self.model_copy(update={"services": chosen})

    def regions(self) -> dict[str, str]:
        """Region of each service, by its name."""
        return {one.name: one.region or self.region for one in self.services}

    def place_of(self, service: ServiceConfig) -> str:
        """Name of a service's account and region, as `place_name` writes it."""
        account = service.account.id if service.account else ""
        return place_name(service.region or self.region, account)

    def scheduler_of(self, service: ServiceConfig) -> SchedulerConfig | None:
        """Scheduler's role and queue for a service: those of another place are of no use there."""
        here = self.place_of(service) == self.region
        return service.scheduler or (self.scheduler if here else None)

    def zone(self, service: ServiceConfig, tier: TierConfig) -> ZoneInfo:
        """Time zone of a tier: its own, else its service's."""
        return ZoneInfo(tier.timezone or service.timezone)


def _refuse_twins(noun: str, names: list[tuple[str, str]]) -> None:
    """Refuse what stands twice; names are told with the place in which they must differ."""
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise mistake(f"{noun} {twins[0][0]!r} is listed twice", "each may stand once")
