"""When a recurrence fires: EC2 Auto Scaling's Unix cron, Application Auto Scaling's schedules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from foresail.errors import InputError

_NAMES = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_AWS_CRON = re.compile(r"cron\((\S+ \S+ \S+ \S+ \S+ [\d*,-]+)\)")


def occurrences(
    recurrence: str, time_zone: str | None, start: datetime, end: datetime
) -> Iterator[datetime]:
    """Yield the UTC minutes in ``(start, end)`` at which a recurrence fires in its time zone.

    ``rate(...)`` counts from a time that AWS does not tell and yields nothing, as does a
    ``cron(...)`` with what only AWS reads (``15W``): these may meet other actions.

    Raises
    ------
    InputError
        When a Unix cron cannot be read.
    """
    if not recurrence.endswith(")"):
        yield from _unix(recurrence, time_zone, start, end)
        return
    found = _AWS_CRON.fullmatch(recurrence.strip())
    if found is None:
        return
    *fields, weekday, year = found[1].split()
    try:
        unix = " ".join([*fields, _from_sunday_1(weekday)]).replace("?", "*")
        yield from (t for t in _unix(unix, time_zone, start, end) if _in_year(t, time_zone, year))
    except (InputError, ZoneInfoNotFoundError):
        return


def _from_sunday_1(weekday: str) -> str:
    """Weekdays of AWS are 1 to 7 from Sunday, those of Unix 0 to 6; names are the same."""
    days, mark, nth = weekday.partition("#")
    return re.sub(r"(?<!/)\d", lambda day: str(int(day[0]) - 1), days) + mark + nth


def _in_year(when: datetime, time_zone: str | None, year: str) -> bool:
    """Whether a year field (``*``, ``2026``, ``2026-2027``, a list) holds the local year."""
    local = when.astimezone(ZoneInfo(time_zone or "UTC")).year
    spans = (part.partition("-") for part in year.split(","))
    return any(low == "*" or int(low) <= local <= int(high or low) for low, _, high in spans)


def _unix(
    recurrence: str, time_zone: str | None, start: datetime, end: datetime
) -> Iterator[datetime]:
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


def unix_weekly(days: Sequence[int], minute: int) -> str:
    """Five fields for a minute of the day on some days, Monday 0: ``30 8 * * 1-5``."""
    found = "*" if len(days) == 7 else _ranges(days, [str((day + 1) % 7) for day in range(7)])
    return f"{minute % 60} {minute // 60} * * {found}"


def aws_weekly(days: Sequence[int], minute: int) -> str:
    """Six fields of Application Auto Scaling: ``cron(30 8 ? * MON-FRI *)``."""
    found = "*" if len(days) == 7 else _ranges(days, _NAMES)
    return f"cron({minute % 60} {minute // 60} ? * {found} *)"


def _ranges(days: Sequence[int], names: Sequence[str]) -> str:
    """Write days as a range where they follow each other within a week from Monday to Saturday.

    Sunday is 0 in the one and 1 in the other numbering, so it stands by itself.
    """
    ordered = sorted(days)
    whole = ordered == list(range(ordered[0], ordered[-1] + 1)) and ordered[-1] < 6
    if whole and len(ordered) > 1:
        return f"{names[ordered[0]]}-{names[ordered[-1]]}"
    return ",".join(names[day] for day in ordered)
