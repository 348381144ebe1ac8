"""Calendars in files and frames: every row checked, every mistake with its place and cure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast.calendar_regions import check_region
from foresail.forecast.calendar_types import Calendar, Day, Event, Moment, merge
from foresail.yamls import parse_yaml

SUFFIXES = (".csv", ".yaml", ".yml")
MOST_UPLIFT = 100.0
_REQUIRED = ("name", "start", "end")
_EVENT = (*_REQUIRED, "series", "uplift", "expires")
_DAY = ("date", "name")
_TOP = ("events", "holidays")
_PLAIN = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_BEGINS_WITH_A_DATE = re.compile(r"^\d{4}-\d{2}-\d{2}")  # a bare "now" would be a time as well
_PERCENT = re.compile(r"^([+-]\s*\d+(?:\.\d+)?)\s*%$")
_LEARN = re.compile(r"^learn(?:\s+from\s+(?P<name>.+))?$", re.IGNORECASE)
_TIME_CURE = (
    "write a time with its zone, like 2026-11-27T09:00-05:00, or a plain date, like 2026-11-27, "
    "for a whole local day"
)
_UPLIFT_CURE = "write 1.8, +80%, 'learn from NAME', or nothing to learn from events of that name"
_YAML_CURE = "write a list of events, or a mapping with events and holidays, as in docs/calendar.md"


def of_frame(frame: pd.DataFrame, source: str, *, first: int = 0) -> Calendar:
    """Days from a frame with a column date, else events; `first` numbers the first row."""
    rows = (
        (f"{source}, row {first + place}", dict(zip(frame.columns, row, strict=True)))
        for place, row in enumerate(frame.itertuples(index=False, name=None))
    )
    if "date" in frame.columns:
        if "start" in frame.columns:
            raise InputError(
                f"{source}: columns date and start together",
                cure="pass days (date, name) and events (name, start, end) as a list of two frames",
            )
        return Calendar(days=tuple(_day(row, where) for where, row in rows))
    _check_columns([str(column) for column in frame.columns], source)
    return Calendar(events=tuple(_event(row, where) for where, row in rows))


def of_file(path: Path) -> Calendar:
    """Days and events from a CSV or YAML file."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: unknown kind of file", cure=f"use one of {', '.join(SUFFIXES)}")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file", cure="check the name") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})", cure="check the file") from error
    return _of_csv(text, path) if suffix == ".csv" else _of_yaml(text, str(path))


def _of_csv(text: str, path: Path) -> Calendar:
    from io import StringIO

    try:
        frame = pd.read_csv(
            StringIO(text),
            dtype="str",
            keep_default_na=False,
            skipinitialspace=True,
            skip_blank_lines=False,
            index_col=False,
        )
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path}: the file is empty", cure="needed: name,start,end") from error
    except ValueError as error:
        raise InputError(f"{path}: cannot be read as csv ({error})", cure="check it") from error
    frame.columns = frame.columns.str.strip()
    blank = (frame.apply(lambda column: column.str.strip()) == "").all(axis=1)
    if blank.any():  # the row numbers of the others stay those of the file
        kept = [of_frame(frame[place : place + 1], str(path), first=int(place) + 2)
                for place in np.flatnonzero(~blank)]  # fmt: skip
        return merge(kept)
    return of_frame(frame, str(path), first=2)


def _of_yaml(text: str, source: str) -> Calendar:
    data = parse_yaml(text, source)
    if isinstance(data, list):
        data = {"events": data}
    if not isinstance(data, dict):
        raise InputError(f"{source}: no calendar in it", cure=_YAML_CURE)
    for key in data:
        if key not in _TOP:
            raise InputError(f"{source}: unknown key {key}", cure=_close(str(key), _TOP))
    return merge([*_items(data.get("events"), source), _regions(data.get("holidays"), source)])


def _items(items: Any, source: str) -> Iterator[Calendar]:
    if not isinstance(items, list | None):
        raise InputError(f"{source}: events is no list", cure=_YAML_CURE)
    for number, item in enumerate(items or [], start=1):
        where = f"{source}, event {number}"
        if not isinstance(item, dict):
            raise InputError(f"{where}: {item!r} is no event", cure=_YAML_CURE)
        if "date" in item:
            yield Calendar(days=(_day(item, where),))
        else:
            _check_columns([str(key) for key in item], where, needed=("name", "start"))
            yield Calendar(events=(_event(item, where),))


def _regions(regions: Any, source: str) -> Calendar:
    codes = [regions] if isinstance(regions, str) else regions or []
    if not isinstance(codes, list) or not all(isinstance(code, str) for code in codes):
        raise InputError(
            f"{source}: holidays {regions!r} is no list of countries",
            cure='write holidays: [US, DE-BY], and "NO" in quotes',  # YAML reads NO as false
        )
    try:
        return Calendar(regions=tuple(check_region(code) for code in codes))
    except InputError as error:
        raise InputError(f"{source}, holidays: {error.message}", cure=error.cure) from error


def _check_columns(columns: list[str], source: str, needed: tuple[str, ...] = _REQUIRED) -> None:
    unknown = [column for column in columns if column not in _EVENT]
    if unknown:
        raise InputError(
            f"{source}: unknown column {unknown[0]!r}", cure=_close(unknown[0], (*_EVENT, "date"))
        )
    missing = [column for column in needed if column not in columns]
    if missing:
        raise InputError(
            f"{source}: no column {', '.join(missing)}",
            cure="needed: name, start and end (optional: series, uplift, expires); "
            "or date, for days that behave like a Sunday",
        )


def _close(text: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(text, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"


def _day(row: Mapping[str, Any], where: str) -> Day:
    given = row["date"]
    value = None if _empty(given) else _day_of(given)
    if value is None:
        raise InputError(
            f"{where}, column date: {_said(given)} is no date", cure="write 2026-12-25"
        )
    name = row.get("name")
    return Day(value, "" if _empty(name) else str(name).strip())


def _day_of(value: Any) -> date | None:
    if isinstance(value, datetime):  # a Timestamp is one as well
        return value.date()
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _BEGINS_WITH_A_DATE.match(value.strip()):
        return None
    try:
        return pd.Timestamp(value.strip()).date()
    except ValueError:
        return None


def _event(row: Mapping[str, Any], where: str) -> Event:
    name = "" if _empty(row.get("name")) else str(row["name"]).strip()
    if not name:
        raise InputError(f"{where}, column name: it is empty", cure="name the event")
    where = f"{where} ({name})"
    start = _moment(row["start"], where, "start")
    end = _end(row.get("end"), start, where)
    uplift, lesson = _uplift(row.get("uplift"), where)
    expires = None if _empty(row.get("expires")) else _moment(row["expires"], where, "expires")
    _check_expiry(start, expires, where)
    series = _globs(row.get("series"), where)
    return Event(name, start, end, series, uplift, lesson, expires, where)


def _end(value: Any, start: Moment, where: str) -> Moment:
    if _empty(value):
        if isinstance(start, pd.Timestamp):
            raise InputError(f"{where}, column end: it is empty", cure="write when it ends")
        return start
    end = _moment(value, where, "end")
    if isinstance(start, pd.Timestamp) != isinstance(end, pd.Timestamp):
        raise InputError(
            f"{where}, column end: a time and a plain date are mixed ({start} to {end})",
            cure="write both as times with a zone, or both as plain dates",
        )
    if isinstance(start, pd.Timestamp) and isinstance(end, pd.Timestamp):
        early = end <= start
    else:
        early = end < start
    if early:
        raise InputError(
            f"{where}, column end: {end} is not after the start, {start}",
            cure="swap them, or mend the year or the zone",
        )
    return end


def _check_expiry(start: Moment, expires: Moment | None, where: str) -> None:
    if expires is not None and _as_date(expires) < _as_date(start):
        raise InputError(
            f"{where}, column expires: {expires} is before the start, so it would never count",
            cure="leave it empty, or write a later time",
        )


def _as_date(moment: Moment) -> date:
    return moment.date() if isinstance(moment, pd.Timestamp) else moment


def _moment(value: Any, where: str, column: str) -> Moment:
    place = f"{where}, column {column}"
    if _empty(value):
        raise InputError(f"{place}: it is empty", cure=_TIME_CURE)
    if isinstance(value, date) and not isinstance(value, datetime):
        return _in_range(value, place)
    if not isinstance(value, str | datetime | np.datetime64):
        raise InputError(f"{place}: {value!r} is no time", cure=_TIME_CURE)
    text = str(value).strip()
    if not _BEGINS_WITH_A_DATE.match(text):
        raise InputError(f"{place}: {text!r} is no time", cure=_TIME_CURE)
    try:
        time = pd.Timestamp(text if isinstance(value, str) else value)
    except ValueError as error:
        raise InputError(f"{place}: {text!r} is no time", cure=_TIME_CURE) from error
    if isinstance(value, str) and _PLAIN.match(text):
        return _in_range(time.date(), place)
    if time.tzinfo is None:
        raise InputError(f"{place}: {text!r} has no time zone", cure=_TIME_CURE)
    return _in_range(time, place)


def _in_range(moment: Moment, place: str) -> Moment:
    if not 1970 <= moment.year <= 2200:
        raise InputError(f"{place}: {moment} is not from 1970 to 2200", cure="mend the year")
    return moment


def _uplift(value: Any, where: str) -> tuple[float | None, str | None]:
    """Give the uplift, or the name that teaches it; neither when its own name does."""
    if _empty(value):
        return None, None
    text = str(value).strip()
    learn = _LEARN.match(text)
    if learn:
        return None, learn["name"].strip() if learn["name"] else None
    percent = _PERCENT.match(text)
    try:
        number = 1 + float(percent[1].replace(" ", "")) / 100 if percent else float(text)
    except ValueError:
        number = float("nan")
    place = f"{where}, column uplift"
    if isinstance(value, bool) or not np.isfinite(number):
        raise InputError(f"{place}: {_said(value)} is no uplift", cure=_UPLIFT_CURE)
    if number < 0:
        raise InputError(
            f"{place}: {_said(value)} is negative, and demand is never below zero",
            cure="write 0.8 or -20% for a fifth less demand",
        )
    if number > MOST_UPLIFT:
        raise InputError(
            f"{place}: {_said(value)} is {number:g} times the demand",
            cure=f"write at most {MOST_UPLIFT:g}; 80 % more demand is +80% or 1.8",
        )
    return number, None


def _globs(value: Any, where: str) -> tuple[str, ...]:
    globs = list(value) if isinstance(value, list | tuple) else [value] * (not _empty(value))
    if not all(isinstance(glob, str) and glob.strip() for glob in globs):
        raise InputError(
            f"{where}, column series: {value!r} names no series",
            cure="write a name or a glob, like shop-*, or nothing for all",
        )
    return tuple(glob.strip() for glob in globs)


def _empty(value: Any) -> bool:
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _said(value: Any) -> str:
    return repr(value if isinstance(value, str) else str(value))
