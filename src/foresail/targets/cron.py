"""When a five-field Unix cron fires, as EC2 Auto Scaling reads it (cronsim)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from foresail.errors import InputError


def occurrences(
    recurrence: str, time_zone: str | None, start: datetime, end: datetime
) -> Iterator[datetime]:
    """Yield the UTC minutes in ``(start, end)`` at which a cron fires in its time zone.

    Raises
    ------
    InputError
        When the cron cannot be read.
    """
    try:
        ticks = CronSim(recurrence, start.astimezone(ZoneInfo(time_zone or "UTC")))
    except CronSimError as error:
        raise InputError(
            f"cron {recurrence!r} cannot be read: {error}",
            cure="five fields: minute hour day-of-month month day-of-week",
        ) from error
    for tick in ticks:
        if tick >= end:
            return
        yield tick.astimezone(UTC)
