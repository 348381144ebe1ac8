"""What foresail.yaml says of maintenance: times at which nothing is written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from cronsim import CronSim, CronSimError
from pydantic import BeforeValidator, Field, model_validator

from foresail.config.fields import Duration, Strict, TimeZone, mistake, told
from foresail.errors import InputError
from foresail.units import format_duration

LONGEST = timedelta(days=7)


def _cron(value: Any) -> str:
    text = str(value)
    try:
        CronSim(text, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise InputError(
            f"{text!r} is no cron expression ({error})",
            cure="write minute hour day-of-month month day-of-week, like 0 2 * * SUN",
        ) from error
    return text


Cron = Annotated[str, BeforeValidator(told(_cron))]


class MaintenanceConfig(Strict):
    """A window: from each time of `cron`, or once from `start`, for `duration`.

    Both are in `timezone`, else in that of the service.
    """

    cron: Cron | None = None
    start: datetime | None = None
    duration: Duration
    timezone: TimeZone | None = None
    reason: Annotated[str, Field(max_length=200)] = "maintenance"

    @model_validator(mode="after")
    def _one_beginning(self) -> MaintenanceConfig:
        if (self.cron is None) == (self.start is None):
            raise mistake(
                "a maintenance window begins by cron or at start, one of both",
                'write {cron: "0 2 * * SUN", duration: 2h}, '
                "or {start: 2026-12-24T22:00, duration: 12h}",
            )
        if not timedelta(0) < self.duration <= LONGEST:
            raise mistake(
                f"duration {format_duration(self.duration)} is not between a minute and "
                f"{format_duration(LONGEST)}",
                "write a duration like 2h; for longer, foresail freeze",
            )
        return self
