"""What foresail.yaml may say of scores: windows, what counts as bad, and what they may change."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, field_validator

from foresail.config.fields import Duration, Share, Strict, Units, mistake, told
from foresail.errors import InputError
from foresail.units import format_duration

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _range(value: Any) -> tuple[float, float]:
    try:
        low, high = (float(end) for end in value)
    except (TypeError, ValueError):
        low, high = 1.0, 0.0
    if not 0 < low <= high < 1:
        raise InputError(
            f"{value!r} is not a range between 0 and 1",
            cure="write the lowest and the highest, like [0.8, 0.97]",
        )
    return low, high


Range = Annotated[tuple[float, float], BeforeValidator(told(_range))]


class BadConfig(Strict):
    """From where a window counts as bad, as `foresail.score.score.Limits` has it.

    `error` is a MASE; `shortfall` how far coverage may fall below the planned quantile; `short` is
    under-capacity time.
    """

    error: Annotated[float, Field(gt=0)] = 3.0
    shortfall: Annotated[Share, Field(gt=0, le=1)] = 0.4
    short: Annotated[Share, Field(ge=0, le=1)] = 0.05


class TuneConfig(Strict):
    """Ranges within which scores may move what is planned for; left out: as configured.

    `short` is the under-capacity time that is put up with.
    """

    quantile: Range | None = None
    utilization: Range | None = None
    short: Annotated[Share, Field(ge=0, lt=1)] = 0.005


class ScoringConfig(Strict):
    """How plans are scored, and what their scores may do.

    `settle` is how long after its end a window may still change in CloudWatch. `learn` has
    forecasts re-mapped by what scores taught, while that pays.
    """

    window: Duration = timedelta(hours=6)
    settle: Duration = timedelta(minutes=20)
    slo: Annotated[Share, Field(gt=0, le=1)] = 0.8
    bad: BadConfig = BadConfig()
    demote_after: Annotated[Units, Field(ge=1, le=100)] = 3
    promote_after: Annotated[Units, Field(ge=1, le=100)] = 4
    learn: bool = True
    tune: TuneConfig | None = None

    @field_validator("window")
    @classmethod
    def _divides_a_day(cls, value: timedelta) -> timedelta:
        if not HOUR <= value <= DAY or DAY % value:
            raise mistake(
                f"{format_duration(value)} does not divide a day into whole windows",
                "write 1h, 2h, 3h, 4h, 6h, 8h, 12h or 24h",
            )
        return value
