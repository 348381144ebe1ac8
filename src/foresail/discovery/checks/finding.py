"""What a check found: one line for people, with its cure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from foresail.errors import AwsError, InputError

Level = Literal["ok", "warning", "problem", "not checked"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor.

    Parameters
    ----------
    level
        ``problem`` stops plan or apply; ``not checked`` when there was no way to tell.
    about
        What it is about: ``account``, ``permissions``, or ``service/tier``.
    text, cure
        What was found, and what to do; no cure where all is well.
    """

    level: Level
    about: str
    text: str
    cure: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"level": self.level, "about": self.about, "text": self.text, "cure": self.cure}


def ok(about: str, text: str) -> Finding:
    """All is well."""
    return Finding("ok", about, text)


def warning(about: str, text: str, cure: str) -> Finding:
    """Tell what works, but not as well as it could."""
    return Finding("warning", about, text, cure)


def problem(about: str, text: str, cure: str | None) -> Finding:
    """Tell what stops plan or apply."""
    return Finding("problem", about, text, cure)


def not_checked(about: str, text: str, cure: str | None = None) -> Finding:
    """Tell what could not be looked at."""
    return Finding("not checked", about, text, cure)


def told(about: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Run a check that plan depends on: what it cannot read is a problem."""
    try:
        yield from check()
    except InputError as error:
        yield problem(about, error.message, error.cure)


def optional(about: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    """Run a check that plan does not depend on: what it cannot read is not checked."""
    try:
        yield from check()
    except AwsError as error:
        yield not_checked(about, error.message, error.cure)
