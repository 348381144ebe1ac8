"""The nouns of a calendar: days, events, and the regions whose public holidays count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

import pandas as pd

Moment = pd.Timestamp | date
SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Day:
    """A local day that behaves like the weekly day of rest.

    Parameters
    ----------
    date
        The local date.
    name
        What recurs: days of one name teach each other. Days without a name teach nothing.
    rest
        The day of the week that it resembles, Monday is 0.
    """

    date: date
    name: str = ""
    rest: int = SUNDAY


@dataclass(frozen=True, slots=True)
class Event:
    """A stretch of time with more or less demand than its hours of the week have.

    Parameters
    ----------
    name
        What recurs: events of one name teach each other.
    start, end
        Both times with a zone (the end is the first moment after it), or both plain dates (whole
        local days of each series; the last one counts).
    series
        Globs of the series that it moves; none means all.
    uplift
        Demand as a multiple of what it would have been; None when it is learned.
    learn_from
        Name whose earlier occurrences teach this one; its own name when None.
    expires
        From then on the event neither moves demand nor teaches.
    where
        Where it was written, for messages.
    """

    name: str
    start: Moment
    end: Moment
    series: tuple[str, ...] = ()
    uplift: float | None = None
    learn_from: str | None = None
    expires: Moment | None = None
    where: str = "event"

    def moves(self, name: str) -> bool:
        """Tell whether a series is one that the event moves."""
        return not self.series or any(fnmatchcase(name, glob) for glob in self.series)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days, events and regions whose public holidays count; see `parse_calendar`."""

    days: tuple[Day, ...] = ()
    events: tuple[Event, ...] = ()
    regions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.days or self.events or self.regions)

    def unmatched(self, series: Iterable[str]) -> list[Event]:
        """Events that move none of these series: most often a misspelt glob."""
        names = list(series)
        return [event for event in self.events if not any(event.moves(name) for name in names)]


def merge(calendars: Iterable[Calendar]) -> Calendar:
    """One calendar of several; what stands in two of them counts once."""
    parts = list(calendars)
    return Calendar(
        tuple(dict.fromkeys(day for part in parts for day in part.days)),
        tuple(dict.fromkeys(event for part in parts for event in part.events)),
        tuple(dict.fromkeys(region for part in parts for region in part.regions)),
    )


def name_key(name: str) -> str:
    """Form of a name in which two are compared: case and spacing do not matter."""
    return " ".join(name.split()).casefold()
