"""What foresail.yaml may say of publishing: alarms, events, and the parameter of the live plan."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from foresail.config.fields import Duration, Level, Strict, Units, mistake, told
from foresail.errors import InputError
from foresail.units import format_duration

HOUR = timedelta(hours=1)
PUBLISHED = (0.5, 0.9, 0.95)
_ARN = r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{12}:\S{1,1500}"
_TOPIC = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]{1,256}"
_ROLE = r"arn:aws[a-z-]*:iam::\d{12}:role/\S{1,512}"
_SOURCE = r"(?!aws\.)[/.\-_A-Za-z0-9]{1,256}"
_PATH = r"(?!/(?i:aws|ssm)(/|$))(/[A-Za-z0-9_.-]{1,200}){1,13}"


def _text(pattern: str, cure: str) -> BeforeValidator:
    """Text of a form that pydantic's own patterns cannot say, and the cure for any other."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise InputError(f"{value!r} is not what is meant here", cure=cure)
        return value

    return BeforeValidator(told(read))


Arn = Annotated[
    str, _text(_ARN, "write an ARN, like arn:aws:lambda:us-east-1:123456789012:function:plan")
]
Topic = Annotated[
    str, _text(_TOPIC, "write a topic, like arn:aws:sns:us-east-1:123456789012:capacity")
]
Role = Annotated[str, _text(_ROLE, "write a role, like arn:aws:iam::123456789012:role/replan")]
Source = Annotated[
    str, _text(_SOURCE, "letters, digits and / . - _, 256 at most; aws. is for AWS alone")
]
Prefix = Annotated[
    str, _text(_PATH, "write a path like /foresail/storefront, not below /aws or /ssm")
]


class AlarmsConfig(Strict):
    """When a tier's alarms go off, and whom they tell.

    `quantile` is one of the published ones that tells what is more than was foreseen.
    """

    quantile: Level = 0.95
    periods: Annotated[Units, Field(ge=1, le=1440)] = 3
    stale_after: Duration = 3 * HOUR
    notify: Annotated[tuple[Topic, ...], Field(max_length=5)] = ()

    @field_validator("quantile")
    @classmethod
    def _published(cls, value: float) -> float:
        if value not in PUBLISHED:
            listed = ", ".join(f"{one:g}" for one in PUBLISHED)
            raise mistake(f"q{value:g} is not published", f"write one of {listed}")
        return value

    @field_validator("stale_after")
    @classmethod
    def _whole_hours(cls, value: timedelta) -> timedelta:
        if value % HOUR or not HOUR <= value <= 24 * HOUR:
            raise mistake(
                f"{format_duration(value)} is not whole hours from 1h to 24h",
                "write stale_after: 3h; CloudWatch looks back one day at most",
            )
        return value


class PublishConfig(Strict):
    """What CloudWatch is told besides the forecasts themselves."""

    alarms: AlarmsConfig = AlarmsConfig()
    anomaly_detectors: bool = False


class ReplanConfig(Strict):
    """What a rule on EventBridge calls when a plan is due before its time.

    `sources` are those of your own business events, on the bus that events go to.
    """

    target: Arn
    role: Role | None = None
    sources: Annotated[tuple[Source, ...], Field(max_length=20)] = ()


class EventsConfig(Strict):
    """Where events of foresail go, and what calls for a new plan."""

    bus: Source = "default"
    replan: ReplanConfig | None = None


class ParametersConfig(Strict):
    """Where in Parameter Store the summary of the live plan stands: below this prefix."""

    prefix: Prefix
