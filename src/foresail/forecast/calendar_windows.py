"""When a calendar moves demand: each day and event as a stretch of instants, per time zone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.forecast.calendar_regions import public_holidays, rest_day
from foresail.forecast.calendar_types import SUNDAY, Calendar, Event, Moment, name_key

Bools = NDArray[np.bool_]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """A stretch of time on which demand is moved.

    Parameters
    ----------
    name
        What it is called.
    group
        Whose occurrence it is: occurrences of a group teach each other; empty teaches nobody.
    lesson
        Group that teaches it.
    start, end
        Instants; the end is the first one after it.
    mask
        Shape (S,): the series that it moves.
    rest
        For a local day that behaves like the day of rest: the weekday of that; else None.
    given
        Its uplift, when it was given.
    teaches
        Whether it counts as a lesson: not when it has expired.
    """

    name: str
    group: str
    lesson: str
    start: pd.Timestamp
    end: pd.Timestamp
    mask: Bools
    rest: int | None = None
    given: float | None = None
    teaches: bool = True

    def overlaps(self, other: Window) -> bool:
        """Tell whether the two share time."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Span:
    """The time that is looked at: history up to the origin, and what comes after it."""

    start: pd.Timestamp
    origin: pd.Timestamp
    end: pd.Timestamp
    zone: tzinfo

    @property
    def dates(self) -> list[date]:
        """Local dates that the span touches."""
        first, last = (time.tz_convert(self.zone).date() for time in (self.start, self.end))
        return [first + ONE_DAY * place for place in range((last - first).days + 1)]


def windows(calendar: Calendar, span: Span, series: Sequence[str]) -> list[Window]:
    """Lay a calendar out in time: holidays first, then given uplifts, then what is learned."""
    days = _days(calendar, span.dates)
    masks = {event: _mask(event, series) for event in calendar.events}
    events = [event for event in calendar.events if masks[event].any()]
    laid = [window for event in events for window in _of_event(event, calendar, span, masks[event])]
    made = _less_what_events_replace(_day_windows(days, span, len(series)), events, span, masks)
    made += laid
    seen = [w for w in made if w.start < span.end and w.end > span.start and w.mask.any()]
    return sorted(seen, key=lambda w: (w.rest is None, w.given is None, w.start, w.name))


def midnight(day: date, zone: tzinfo) -> pd.Timestamp:
    """Give the first instant of a local day, also where clocks change at midnight."""
    return pd.Timestamp(day).tz_localize(zone, ambiguous=True, nonexistent="shift_forward")


def _days(calendar: Calendar, dates: Sequence[date]) -> dict[date, tuple[str, int]]:
    """Name and weekday of rest for each date that is one of the days; a date counts once."""
    wanted = frozenset(dates)
    listed: list[tuple[date, str, int]] = [
        (day.date, day.name, day.rest) for day in calendar.days if day.date in wanted
    ]
    for region in calendar.regions:
        for year in sorted({day.year for day in wanted}):
            holidays = public_holidays(region, year)
            listed += [(day, name, rest_day(region)) for day, name in holidays if day in wanted]
    found: dict[date, tuple[str, int]] = {}
    for day, name, rest in listed:
        if day not in found or (name and not found[day][0]):
            found[day] = (name, rest)
    return found


def _day_windows(days: dict[date, tuple[str, int]], span: Span, count: int) -> list[Window]:
    everyone = np.ones(count, dtype=bool)
    made = []
    for day, (name, rest) in days.items():
        group = f"day:{name_key(name)}" if name else ""
        start, end = midnight(day, span.zone), midnight(day + ONE_DAY, span.zone)
        label = name or day.isoformat()
        made.append(Window(label, group, group, start, end, everyone, rest=rest))
    return made


def _of_event(event: Event, calendar: Calendar, span: Span, mask: Bools) -> list[Window]:
    start, end = _instant(event.start, span.zone), _instant(event.end, span.zone, last=True)
    teaches = True
    if event.expires is not None:
        expires = _instant(event.expires, span.zone)
        end, teaches = min(end, expires), expires > span.origin
    if end <= start or end <= span.start or start >= span.end:
        return []
    group = f"event:{name_key(event.name)}"
    lesson = _lesson(event, calendar, span)
    window = Window(
        event.name, group, lesson, start, end, mask, given=event.uplift, teaches=teaches
    )
    if lesson.startswith("day:") and event.uplift is None:
        return _by_day(window, _rest_of(lesson, calendar), span.zone)
    return [window]


def _by_day(window: Window, rest: int, zone: tzinfo) -> list[Window]:
    """Split an event that is like a holiday into its local days."""
    day, made = window.start.tz_convert(zone).date(), []
    while (first := midnight(day, zone)) < window.end:
        day += ONE_DAY
        start, end = max(window.start, first), min(window.end, midnight(day, zone))
        made.append(replace(window, start=start, end=end, rest=rest))
    return made


def _lesson(event: Event, calendar: Calendar, span: Span) -> str:
    """Group that teaches an event; one without a lesson in history passes on to its own teacher."""
    own = {name_key(one.name): one for one in calendar.events}
    ahead = {
        name_key(one.name): name_key(one.learn_from)
        for one in reversed(calendar.events)
        if one.learn_from is not None
    }
    key = name_key(event.learn_from or event.name)
    while key in own and not _taught(key, calendar, span):
        following = ahead.get(key, key)
        if following == key:
            break
        key = following
    return f"event:{key}" if key in own else f"day:{key}"


def _taught(key: str, calendar: Calendar, span: Span) -> bool:
    """Tell whether an event of that name was in history."""
    same = [event for event in calendar.events if name_key(event.name) == key]
    return any(
        _instant(event.start, span.zone) < span.origin
        and _instant(event.end, span.zone, last=True) > span.start
        for event in same
    )


def _rest_of(group: str, calendar: Calendar) -> int:
    for day in calendar.days:
        if f"day:{name_key(day.name)}" == group:
            return day.rest
    return rest_day(calendar.regions[0]) if calendar.regions else SUNDAY


def _less_what_events_replace(
    days: list[Window], events: Iterable[Event], span: Span, masks: dict[Event, Bools]
) -> list[Window]:
    """Take out a holiday where an event of the same name says what that day is."""
    made = []
    for day in days:
        mask = day.mask
        for event in events:
            start, end = _instant(event.start, span.zone), _instant(event.end, span.zone, last=True)
            if f"day:{name_key(event.name)}" == day.group and start < day.end and end > day.start:
                mask = mask & ~masks[event]
        made.append(replace(day, mask=mask))
    return made


def _mask(event: Event, series: Sequence[str]) -> Bools:
    if not event.series:
        return np.ones(len(series), dtype=bool)
    return np.fromiter((event.moves(name) for name in series), dtype=bool, count=len(series))


def _instant(moment: Moment, zone: tzinfo, *, last: bool = False) -> pd.Timestamp:
    """Give an instant; of a plain date its midnight, or when it is the last day, the one after."""
    if isinstance(moment, pd.Timestamp):
        return moment
    return midnight(moment + ONE_DAY if last else moment, zone)
