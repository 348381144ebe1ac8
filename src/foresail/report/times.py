"""Times for people, in the report's zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from foresail.errors import InputError
from foresail.report.data import ReportData
from foresail.report.series import Axis


def axis_of(data: ReportData) -> Axis:
    """Time axis of a report.

    Raises
    ------
    InputError
        When the time zone is unknown or `generated_at` has none.
    """
    return axis_at(data.timezone, data.generated_at)


def axis_at(timezone: str, generated_at: datetime) -> Axis:
    """Time axis in a zone, at the offset that is in force when a page is made.

    Raises
    ------
    InputError
        When the time zone is unknown or `generated_at` has none.
    """
    if generated_at.tzinfo is None:
        raise InputError("generated_at has no time zone", cure="use an aware datetime, in UTC")
    try:
        return Axis(ZoneInfo(timezone), generated_at)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InputError(
            f"time zone {timezone!r} is unknown", cure="use an IANA name like Europe/Berlin"
        ) from error


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Date and time in `zone`: ``Mon 24 Nov 2025, 09:30``."""
    return f"{day(moment, zone)} {moment.astimezone(zone):%Y, %H:%M}"


def day(moment: datetime, zone: ZoneInfo) -> str:
    """Day in `zone`: ``Mon 24 Nov``."""
    there = moment.astimezone(zone)
    return f"{there:%a} {there.day} {there:%b}"


def length(span: timedelta) -> str:
    """Length for people: ``10 minutes``, ``48 hours``."""
    minutes = span.total_seconds() / 60
    if minutes >= 120 and minutes % 60 == 0:
        return f"{minutes / 60:g} hours"
    return f"{minutes:g} minute{'' if minutes == 1 else 's'}"
