"""Today's floor against a plan's: what guardrails and approval go by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from foresail.changes.floor import Floor
from foresail.plan.bounds import Window
from foresail.policies.items import Item
from foresail.targets.base import LiveTarget, by_time, scheduled

TODAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Compared:
    """Floors of the next 24 hours as they stand, and those that a plan sets.

    Parameters
    ----------
    highest, lowest
        Of today's floor, in units; None where overrides make it the whole day.
    planned_highest, planned_lowest
        Of the floors that the plan sets, its return to the configured floor left out; None where
        it sets none.
    hours, planned_hours
        Unit-hours of both floors in the next 24 hours.
    """

    highest: int | None
    lowest: int | None
    planned_highest: int | None
    planned_lowest: int | None
    hours: float
    planned_hours: float

    def to_json(self) -> dict[str, Any]:
        """Plain values for the plan file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Compared:
        """Read what `to_json` wrote."""
        return cls(**data)


def compare(
    live: LiveTarget, wanted: Sequence[Item], now: datetime, aside: Sequence[Window] = ()
) -> Compared:
    """Compare the floor that stands with the one that is wanted.

    Parameters
    ----------
    live
        The target, with the actions on it.
    wanted
        What should stand, overrides left out.
    now
        Aware time.
    aside
        Times ``[start, end)`` at which overrides make today's floor: a person decided that, so
        it is no measure of a plan.
    """
    day = (now, now + TODAY)
    today = Floor.of(live.min_size, live.actions, day)
    planned = Floor.of(live.min_size, wanted, day)
    own = outside(day, aside)
    sizes = [a.min_size for a in by_time(scheduled(wanted))[:-1] if a.min_size is not None]
    return Compared(
        highest=max((today.highest(*one) for one in own), default=None),
        lowest=min((today.lowest(*one) for one in own), default=None),
        planned_highest=max(sizes, default=None),
        planned_lowest=min(sizes, default=None),
        hours=sum(unit_hours(today, one) for one in own),
        planned_hours=sum(unit_hours(planned, one) for one in own),
    )


def outside(window: Window, aside: Sequence[Window]) -> list[Window]:
    """Parts of a window that lie in none of others, in order."""
    start, end = window
    parts = []
    for begin, finish in sorted(aside):
        if begin > start:
            parts.append((start, min(begin, end)))
        start = max(start, finish)
        if start >= end:
            return [one for one in parts if one[0] < one[1]]
    return [one for one in [*parts, (start, end)] if one[0] < one[1]]


def unit_hours(floor: Floor, window: Window) -> float:
    """Unit-hours of a floor within a window."""
    start, end = window
    edges = [start, *(t for t in floor.times if start < t < end), end]
    return sum(floor.at(a) * (b - a) / timedelta(hours=1) for a, b in pairwise(edges))
