"""What foresail.yaml may say of publishing: alarms, events, and the parameter of the live plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator

from foresail.config.fields import Duration, Strict, Units, mistake
from foresail.units import format_duration

HOUR = timedelta(hours=1)
Topic = Annotated[str, Field(pattern=r"^arn:aws[\w-]*:sns:[\w-]+:\d{12}:[\w.-]{1,256}$")]
Arn = Annotated[str, Field(pattern=r"^arn:aws[\w-]*:[\w-]+:[\w-]*:\d{12}:.+$", max_length=1600)]
Role = Annotated[str, Field(pattern=r"^arn:aws[\w-]*:iam::\d{12}:role/.+$", max_length=1600)]


class AlarmsConfig(Strict):
    """When a tier's alarms go off, and whom they tell.

    `quantile` is one of the published ones that tells what is more than was foreseen.
    """

    quantile: Literal[0.5, 0.9, 0.95] = 0.95
    periods: Annotated[Units, Field(ge=1, le=1440)] = 3
    stale_after: Duration = 3 * HOUR
    notify: Annotated[tuple[Topic, ...], Field(max_length=5)] = ()

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
    sources: Annotated[
        tuple[Annotated[str, Field(pattern=r"^(?!aws\.)[/.\-_A-Za-z0-9]{1,256}$")], ...],
        Field(max_length=20),
    ] = ()


class EventsConfig(Strict):
    """Where events of foresail go, and what calls for a new plan."""

    bus: Annotated[str, Field(pattern=r"^(?!aws\.)[/.\-_A-Za-z0-9]{1,256}$")] = "default"
    replan: ReplanConfig | None = None


class ParametersConfig(Strict):
    """Where in Parameter Store the summary of the live plan stands: below this prefix."""

    prefix: Annotated[
        str, Field(pattern=r"^(?!/(?i:aws|ssm))(/[A-Za-z0-9_.-]+){1,14}$", max_length=1000)
    ]
