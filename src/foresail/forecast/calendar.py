"""What is known of days to come: public holidays, days off and events, from whatever names them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from foresail.errors import InputError
from foresail.forecast.calendar_files import SUFFIXES, of_file, of_frame
from foresail.forecast.calendar_regions import all_names, check_region
from foresail.forecast.calendar_types import Calendar, Day, Event, merge, name_key

__all__ = ["Calendar", "Day", "Event", "Spec", "parse_calendar"]

Spec = Calendar | pd.DataFrame | str | Path | Sequence["Spec"] | None
_REGION = re.compile(r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,6})?$")
_CURE = "pass a country (US, US-CA), a file (events.csv, events.yaml), a frame, or a list of these"


def parse_calendar(spec: Spec) -> Calendar:
    """Read what a user passes as calendar.

    Parameters
    ----------
    spec
        A country with or without its subdivision (``US``, ``US-CA``); a CSV or YAML file; a frame
        with the column date (days like a Sunday) or with name, start and end (events); a list of
        any of these; None for nothing.

    Raises
    ------
    InputError
        Naming the file or frame, the row, the column and the cure.
    """
    calendar = _parse(spec)
    _check_lessons(calendar)
    return calendar


def _parse(spec: object) -> Calendar:
    match spec:
        case None:
            return Calendar()
        case Calendar():
            return spec
        case pd.DataFrame():
            return of_frame(spec, "calendar")
        case Path():
            return of_file(spec)
        case str():
            return _of_text(spec.strip())
        case list() | tuple():
            return merge(_parse(part) for part in spec)
        case _:
            raise InputError(f"a {type(spec).__name__} is no calendar", cure=_CURE)


def _of_text(text: str) -> Calendar:
    if not text:
        raise InputError("the calendar is an empty text", cure=_CURE)
    looks_like_a_file = text.lower().endswith(SUFFIXES) or "/" in text or "\\" in text
    if looks_like_a_file or (not _REGION.match(text) and Path(text).is_file()):
        return of_file(Path(text))
    return Calendar(regions=(check_region(text),))


def _check_lessons(calendar: Calendar) -> None:
    """Refuse learning from names that nobody has, and learning in a circle."""
    own = {name_key(event.name): event.name for event in calendar.events}
    days = {name_key(day.name): day.name for day in calendar.days if day.name}
    public = {name_key(name): name for region in calendar.regions for name in all_names(region)}
    known = own | days | public
    lessons: dict[str, Event] = {}
    for event in calendar.events:
        if event.learn_from is None:
            continue
        if name_key(event.learn_from) not in known:
            raise InputError(
                f"{event.where}, column uplift: {event.name!r} learns from {event.learn_from!r}, "
                "which is not in the calendar",
                cure=_nearest(event.learn_from, known.values()),
            )
        lessons.setdefault(name_key(event.name), event)
    for key in lessons:
        _check_circle(key, lessons)


def _check_circle(key: str, lessons: dict[str, Event]) -> None:
    path = [key]
    while path[-1] in lessons:
        ahead = name_key(lessons[path[-1]].learn_from or "")
        if ahead == path[-1]:  # from earlier events of its own name
            return
        if ahead in path:
            circle = path[path.index(ahead) :]
            names = [lessons[one].name for one in [*circle, ahead]]
            raise InputError(
                f"{lessons[circle[0]].where}, column uplift: {' learns from '.join(names)}: "
                "a circle teaches nothing",
                cure=f"give {names[0]!r} an uplift, like 1.8 or +80%, or leave it empty",
            )
        path.append(ahead)


def _nearest(name: str, known: Iterable[str]) -> str:
    names = {name_key(one): one for one in known}
    close = difflib.get_close_matches(name_key(name), names, n=1, cutoff=0.5)
    if close:
        return f"did you mean {names[close[0]]!r}?"
    return "write the name of an event or holiday that the calendar has"
