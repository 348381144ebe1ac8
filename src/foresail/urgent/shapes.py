"""Shapes of events, read strictly: what is not one of them is refused with the reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from foresail.errors import InputError

Shape = TypeVar("Shape", bound=BaseModel)
MOST_POINTS = 1000  # of one message
Utc = Annotated[AwareDatetime, AfterValidator(lambda at: at.astimezone(UTC))]
Name = Annotated[str, Field(min_length=1, max_length=256)]


class Foreign(BaseModel):
    """What others define: they may add to it, and what is read has its type."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Own(BaseModel):
    """What foresail defines: a key that is not known is a mistake."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Envelope(Foreign):
    """An event of EventBridge."""

    id: Name
    source: Name
    kind: Annotated[Name, Field(alias="detail-type")]
    time: Utc
    detail: dict[str, Any]


class AlarmState(Foreign):
    """State that an alarm went into."""

    value: Literal["ALARM", "OK", "INSUFFICIENT_DATA"]


class AlarmDetail(Foreign):
    """Detail of CloudWatch's "Alarm State Change"."""

    alarm: Annotated[Name, Field(alias="alarmName")]
    state: AlarmState


class BusinessDetail(Foreign):
    """What foresail reads of the detail of a business event."""

    service: Name
    tier: str = ""
    factor: Annotated[float, Field(strict=True, ge=1, le=10, allow_inf_nan=False)] = 1.0


class DemandPoint(Own):
    """One measurement."""

    time: Utc
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    signal: str = ""


class DemandMessage(Own):
    """Measurements of a tier, as a queue or a stream carries them."""

    service: Name
    tier: Name
    points: Annotated[tuple[DemandPoint, ...], Field(min_length=1, max_length=MOST_POINTS)]


class SqsRecord(Foreign):
    """A message of SQS as Lambda gets it."""

    id: Annotated[Name, Field(alias="messageId")]
    body: str


class KinesisData(Foreign):
    """What a record of Kinesis holds."""

    data: str
    number: Annotated[Name, Field(alias="sequenceNumber")]


class KinesisRecord(Foreign):
    """A record of Kinesis as Lambda gets it."""

    id: Annotated[Name, Field(alias="eventID")]
    kinesis: KinesisData


def parsed(shape: type[Shape], data: Any, what: str) -> Shape:
    """Read a value as a shape.

    Raises
    ------
    InputError
        It is none; names the first thing that is wrong.
    """
    try:
        return shape.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise InputError(
            f"{what}: {where}: {first['msg'].lower()}", cure="see the shapes in docs/urgent.md"
        ) from error


def moment(at: datetime) -> str:
    """Say a time to the second."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
