"""When schedule expressions run: at(), rate() and cron() of Application Auto Scaling and Scheduler.

Their syntax is that of both services' API references: at(yyyy-mm-ddThh:mm:ss), rate(value unit),
cron(minutes hours day-of-month month day-of-week year), the first and the last in a time zone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from foresail.targets.cron import occurrences

_AT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
_RATE = re.compile(r"rate\(([1-9]\d*) (minute|hour|day)(s?)\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) ([\d*,-]+)\)")
# Names that Joda has, as AWS does, and the tz database no longer.
_JODA = {"US/Pacific-New": "America/Los_Angeles"}
_FAR = timedelta(days=3 * 366)


@dataclass(frozen=True, slots=True)
class Expression:
    """A schedule expression that has been read.

    Parameters
    ----------
    text
        As written; a cron fires by it.
    zone
        IANA name of the time zone of at() and cron().
    at
        UTC instant of an at().
    every
        Length of a rate().
    """

    text: str
    zone: str
    at: datetime | None = None
    every: timedelta | None = None

    def after(self, when: datetime, anchor: datetime) -> datetime | None:
        """First time later than `when` at which it runs; a rate counts from `anchor`."""
        if self.at is not None:
            return self.at if self.at > when else None
        if self.every is not None:
            return anchor + max((when - anchor) // self.every + 1, 0) * self.every
        return next(occurrences(self.text, self.zone, when, when + _FAR), None)


def read(text: str, zone: str | None) -> Expression:
    """Read an expression in its time zone.

    Raises
    ------
    ValueError
        Saying what is wrong with it, in a sentence.
    """
    known = known_zone(zone or "UTC")
    if found := _AT.fullmatch(text):
        return Expression(text, known, at=_instant(found[1], known))
    if found := _RATE.fullmatch(text):
        return Expression(text, known, every=_length(int(found[1]), found[2], found[3]))
    if found := _CRON.fullmatch(text):
        _check_cron(found)
        return Expression(text, known)
    raise ValueError(f"{text} is no at(), rate() or cron() expression")


def known_zone(name: str) -> str:
    """Name of a time zone in the tz database, or a ValueError."""
    try:
        return ZoneInfo(_JODA.get(name, name)).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name} is no time zone") from error


def _instant(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _length(count: int, unit: str, plural: str) -> timedelta:
    if (count == 1) == bool(plural):
        raise ValueError("a rate of 1 takes a singular unit, any other a plural one")
    return count * timedelta(**{f"{unit}s": 1})


def _check_cron(found: re.Match[str]) -> None:
    minute, hour, day, month, weekday, _ = found.groups()
    if (day == "?") == (weekday == "?"):
        raise ValueError("one of day-of-month and day-of-week, and only one, must be ?")
    try:
        CronSim(
            f"{minute} {hour} {day.replace('?', '*')} {month} *", datetime(2000, 1, 1, tzinfo=UTC)
        )
        _check_weekday(weekday)
    except CronSimError as error:
        raise ValueError(f"{found[0]} cannot be read: {error}") from error


def _check_weekday(field: str) -> None:
    """Weekdays are 1 to 7 from Sunday, or their names."""
    if re.search(r"(?<![/#\d])[089]", field):
        raise ValueError("day-of-week is 1-7 or SUN-SAT")
    CronSim(
        f"0 0 * * {re.sub('7', '6', field).replace('?', '*')}", datetime(2000, 1, 1, tzinfo=UTC)
    )
