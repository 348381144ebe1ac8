"""Durations, rates and quantile names: the units people write, parsed into types."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from math import inf

from foresail.errors import InputError

_DURATION = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$")
_SECONDS = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("w", "week", "weeks"), 604800),
}
_LONGEST = timedelta(days=3660)  # ten years: beyond any history or horizon
_RATE = re.compile(
    r"^\s*(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*(%|[A-Za-z][\w ]*?)?\s*(?:/\s*(\w+))?\s*$"
)


def parse_duration(text: str | timedelta) -> timedelta:
    """Parse ``10m``, ``48h``, ``10min``, ``2 days`` into a timedelta.

    Raises
    ------
    InputError
        When the text is not a number followed by a unit of time.
    """
    if isinstance(text, timedelta):
        return text
    match = _DURATION.match(str(text).lower())
    if match is None or match[2] not in _SECONDS:
        raise InputError(
            f"{text!r} is not a duration", cure="write a number and a unit: 90s, 10m, 48h or 7d"
        )
    seconds = float(match[1]) * _SECONDS[match[2]]
    if seconds > _LONGEST.total_seconds():
        raise InputError(
            f"{text!r} is longer than {_LONGEST.days} days", cure="write a shorter time, like 7d"
        )
    return timedelta(seconds=seconds)


def format_duration(duration: timedelta) -> str:
    """Write a duration the way `parse_duration` reads it, in its largest whole unit."""
    seconds = duration.total_seconds()
    if seconds != int(seconds):
        return f"{seconds:f}s"
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


@dataclass(frozen=True, slots=True)
class Rate:
    """An amount of work, per second when `per_second`: ``120 requests/s``, ``100 %``."""

    amount: float
    unit: str
    per_second: bool

    def __str__(self) -> str:
        return f"{self.amount:g} {self.unit}{'/s' if self.per_second else ''}".strip()


def parse_rate(text: str | float | Rate) -> Rate:
    """Parse ``120 requests/s``, ``7200 requests/min`` or ``100 %``; a time is made per second.

    Raises
    ------
    InputError
        When the amount is missing, zero or negative, or the time unit is unknown.
    """
    if isinstance(text, Rate):
        return text
    match = _RATE.match(str(text))
    per = match[3] if match else None
    if match is None or not 0 < float(match[1]) < inf or (per and per.lower() not in _SECONDS):
        raise InputError(
            f"{text!r} is not a rate above zero",
            cure="write an amount, a unit and a time: 120 requests/s, or 100 % for a utilisation",
        )
    seconds = _SECONDS[per.lower()] if per else 1
    return Rate(float(match[1]) / seconds, (match[2] or "").strip(), per is not None)
