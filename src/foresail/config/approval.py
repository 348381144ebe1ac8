"""What foresail.yaml says of approval: which plans go by themselves, and how long one may wait."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from foresail.config.fields import Decrease, Duration, Level, Share, Strict, mistake, told
from foresail.config.maintenance import MaintenanceConfig
from foresail.errors import InputError
from foresail.units import format_duration

EXPIRES = timedelta(hours=4)
LONGEST = timedelta(days=7)


def _dollars(value: Any) -> Decimal:
    text = str(value).strip().removeprefix("$")
    if isinstance(value, bool) or not re.fullmatch(r"\d+(\.\d+)?", text):
        raise InputError(f"{value!r} is no amount of dollars", cure="write dollars a day, like 100")
    return Decimal(text)


Dollars = Annotated[Decimal, BeforeValidator(told(_dollars))]
Price = Annotated[Dollars, Field(gt=0, le=10_000)]


class AutoConfig(Strict):
    """The largest change that a run makes without asking, of one tier.

    `increase` and `decrease` are shares of today's floor; `cost_per_day` is in dollars, where the
    tier's `price` is known. `policy_changes` and `first_plan` say whether changes of scaling
    policies, and the first plan of a target, go by themselves.
    """

    increase: Annotated[Share, Field(ge=0)] = 0.5
    decrease: Decrease = 0.2
    cost_per_day: Dollars = Decimal(100)
    min_trust: Annotated[Level, Field(ge=0, le=1)] = 0.5
    policy_changes: bool = False
    first_plan: bool = False


Ask = Literal["large", "always", "never"]


class TierApprovalConfig(Strict):
    """Whether to ask before a plan is applied: for large changes, always, or never.

    What a guardrail refuses is refused whatever is said here.
    """

    ask: Ask | None = None
    auto: AutoConfig | None = None


class ApprovalConfig(TierApprovalConfig):
    """The same for a service, or for all of them, and how long a plan waits."""

    expires: Duration | None = None

    @field_validator("expires")
    @classmethod
    def _in_time(cls, value: timedelta | None) -> timedelta | None:
        if value is not None and not timedelta(minutes=5) <= value <= LONGEST:
            raise mistake(
                f"{format_duration(value)} is not from 5m to {format_duration(LONGEST)}",
                "write how long a plan may wait, like 4h",
            )
        return value


Levels = Sequence[TierApprovalConfig | None]


def ask_of(levels: Levels) -> Ask:
    """Say whether to ask, of levels from the widest to the nearest."""
    found = [one.ask for one in levels if one is not None and one.ask is not None]
    return found[-1] if found else "large"


def auto_of(levels: Levels) -> AutoConfig:
    """Say what goes by itself, of levels from the widest to the nearest, key by key."""
    keys: dict[str, Any] = {}
    for auto in (one.auto for one in levels if one is not None and one.auto is not None):
        keys |= {name: getattr(auto, name) for name in auto.model_fields_set}
    return AutoConfig(**keys)


def expires_of(levels: Sequence[ApprovalConfig | None]) -> timedelta:
    """Say how long a plan waits, of levels from the widest to the nearest."""
    found = [one.expires for one in levels if one is not None and one.expires is not None]
    return found[-1] if found else EXPIRES


class TierRulesConfig(Strict):
    """Keys of a tier by which its plans are judged, not made.

    `price` is in dollars, of one unit for one hour.
    """

    approval: TierApprovalConfig | None = None
    price: Price | None = None


class ServiceRulesConfig(Strict):
    """Keys of a service by which its plans are judged, and times at which none is written."""

    approval: ApprovalConfig | None = None
    maintenance: Annotated[tuple[MaintenanceConfig, ...], Field(max_length=20)] = ()


# What judges a plan is not what it rests on: another limit makes no plan stale.
JUDGES: dict[str, Any] = {
    "approval": True,
    "services": {"__all__": {"approval": True, "tiers": {"__all__": {"approval", "price"}}}},
}
