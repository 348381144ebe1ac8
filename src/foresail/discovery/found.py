"""What discovery found: resources that a tier can be written for, and those that it cannot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TO_SET = "TO SET"  # stands in for a value that only a person knows


@dataclass(frozen=True, slots=True)
class Found:
    """A resource that foresail can plan, and what is known for its tier.

    Parameters
    ----------
    target_type, target_name
        As foresail.yaml names the target.
    minimum, maximum
        In force on AWS.
    demand
        The natural signal of its demand; a value that is `TO_SET` is for a person.
    unit_capacity
        What one unit serves, where the signal's kind does not know it by itself; `TO_SET` when
        nothing told.
    notes
        Comments for the person who reads the file.
    lead_time
        As foresail.yaml writes it; None for the default.
    blocked
        What a plan would lack: the tier is then written as a comment.
    """

    target_type: str
    target_name: str
    minimum: int
    maximum: int
    demand: Mapping[str, Any]
    unit_capacity: str | None = None
    notes: tuple[str, ...] = ()
    lead_time: str | None = None
    blocked: str | None = None

    @property
    def tier(self) -> str:
        """Name for the tier: what tells the resource apart, of allowed characters."""
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", _telling(self.target_name)).strip("-._")
        return plain[:56] or "tier"


def _telling(name: str) -> str:
    """Part of a resource id that tells it apart, like ``pay-live`` of ``function:pay:live``."""
    parts = re.split(r"[/:]", name)
    if parts[0] == "function":
        return "-".join(parts[1:])
    if parts[0] in ("table", "endpoint"):  # a table's index, an endpoint's variant
        return "-".join(parts[1::2])
    return parts[-1]


@dataclass(frozen=True, slots=True)
class Seen:
    """A resource that no tier was written for, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A service that could not be read, and why."""

    service: str
    why: str
