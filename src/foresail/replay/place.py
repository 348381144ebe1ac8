"""Where a service is: the zone in which its days are counted, and its calendar."""

from __future__ import annotations

from dataclasses import dataclass, field

from foresail.forecast.calendar_types import Calendar


@dataclass(frozen=True, slots=True)
class Place:
    """What tells a forecast which local hour and which kind of day it is.

    Parameters
    ----------
    timezone
        IANA zone in which days and weeks are counted.
    calendar
        Holidays and events.
    """

    timezone: str = "UTC"
    calendar: Calendar = field(default_factory=Calendar)


UTC = Place()
