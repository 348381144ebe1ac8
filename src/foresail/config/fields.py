"""Values of foresail.yaml: how people write them, and what is said when they are wrong."""

from __future__ import annotations

import difflib
import re
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
)
from pydantic_core import PydanticCustomError

from foresail.errors import InputError
from foresail.units import Rate, format_duration, parse_duration, parse_rate


def mistake(message: str, cure: str | None) -> PydanticCustomError:
    """Let pydantic report a mistake of our own under the key it belongs to."""
    return PydanticCustomError("foresail", "{said}", {"said": message, "cure": cure})


def told(parse: Any) -> Any:
    """Wrap a parser so that pydantic reports its InputError, cure included."""

    def wrapped(value: Any) -> Any:
        try:
            return parse(value)
        except InputError as error:
            raise mistake(error.message, error.cure) from error
        except OverflowError as error:
            raise mistake("a number of that size is not known", "write a smaller number") from error

    return wrapped


def _share(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = re.fullmatch(r"\s*([+-]?\d+(?:\.\d+)?)\s*%\s*", str(value))
    if match is None:
        raise InputError(f"{value!r} is not a share", cure="write 50% or 0.5")
    return float(match[1]) / 100


def _zone(name: Any) -> str:
    if not isinstance(name, str) or name not in available_timezones():
        close = difflib.get_close_matches(str(name), available_timezones(), n=1)
        hint = f"did you mean {close[0]}?" if close else "use an IANA name like Europe/Berlin"
        raise InputError(f"unknown time zone {name!r}", cure=hint)
    return str(name)


Duration = Annotated[
    timedelta,
    BeforeValidator(told(parse_duration)),
    PlainSerializer(format_duration),
]
UnitCapacity = Annotated[Rate, BeforeValidator(told(parse_rate)), PlainSerializer(str)]
Share = Annotated[float, BeforeValidator(told(_share)), Field(allow_inf_nan=False)]
Decrease = Annotated[Share, AfterValidator(abs), Field(le=1)]  # people write -50% as well
Units = Annotated[int, Field(strict=True)]
Level = Annotated[float, Field(strict=True)]
TimeZone = Annotated[str, BeforeValidator(told(_zone))]
Stat = Annotated[
    str, Field(pattern=r"^(Sum|Average|Minimum|Maximum|SampleCount|p\d{1,2}(\.\d+)?)$")
]


class Strict(BaseModel):
    """A mapping of foresail.yaml: unknown keys and infinite numbers are refused; never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
