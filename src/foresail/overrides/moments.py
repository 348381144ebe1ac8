"""Times as people give them to an override: local to the tier, with an offset, or from now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from foresail.errors import InputError
from foresail.units import parse_duration

CURE = "write a time, like 2026-11-27T18:00 (local to the tier) or 2026-11-27T18:00Z; or 6h"


def moment(text: str, zone: ZoneInfo, after: datetime, name: str) -> datetime:
    """Read a time, in UTC.

    Parameters
    ----------
    text
        An ISO 8601 time with an offset, or without one in `zone`; or a duration after `after`.
    zone
        Of the tier.
    after
        Aware time that a duration counts from.
    name
        Option that the text was given to.

    Raises
    ------
    InputError
        When it is neither, or names a local time that a change of clocks leaves out or repeats.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return after + _duration(text, name)
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    return _local(found, zone, name)


def _duration(text: str, name: str) -> timedelta:
    try:
        return parse_duration(text)
    except InputError as error:
        raise InputError(f"{name} {text!r} is no time", cure=CURE) from error


def _local(found: datetime, zone: ZoneInfo, name: str) -> datetime:
    first, second = (found.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        raise InputError(
            f"{name} {found.isoformat()}: clocks change then in {zone.key}",
            cure="write it with an offset, like 2026-11-01T01:30-04:00",
        )
    return first.astimezone(UTC)
