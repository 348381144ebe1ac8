"""From capacity steps to the scheduled actions that should stand on a target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

MINUTE = timedelta(minutes=1)
DUE_NOW = "due now"


@dataclass(frozen=True, slots=True)
class DesiredAction:
    """An action wanted at a whole minute (UTC): the floor from then on, and why."""

    start: datetime
    min_size: int
    desired_capacity: int | None
    reason: str


def compile_actions(
    steps: pd.DataFrame,
    *,
    end: datetime,
    floor: int,
    now: datetime,
    set_desired: bool,
    taken: frozenset[datetime] = frozenset(),
    earliest: timedelta = timedelta(minutes=2),
    slack: timedelta = timedelta(minutes=2),
    ending: str = "end of plan: configured floor",
) -> list[DesiredAction]:
    """Turn the steps of one series into one-off actions; the last returns to the floor.

    Parameters
    ----------
    steps
        Columns start (UTC) and capacity; holds until the next start.
    end
        End of the plan: there MinSize returns to `floor`, so that a plan nobody renews ends safely.
    floor
        Configured minimum of the target.
    now
        Aware time of planning. Steps that are due become one action at ``now + earliest``.
    set_desired
        Also set DesiredCapacity: for groups where no dynamic policy would follow the floor.
    taken
        Minutes at which actions of others start; AWS lets no two start together.
    earliest
        How far ahead the first action must be, since AWS refuses a start in the past.
    slack
        How late AWS may run an action; rises are that much earlier.
    ending
        Why the last action is there.
    """
    first = _ceil(now + earliest)
    points = [*_points(steps, slack), (_ceil(end), floor, ending)]
    due = [p for p in points if p[0] <= first]
    ahead = points[len(due) :]
    start = [(first, due[-1][1], DUE_NOW)] if due else []
    placed = _place([*start, *ahead], first, taken)
    return [
        DesiredAction(at, size, size if set_desired else None, reason)
        for at, size, reason in _drop_repeats(placed)
    ]


Point = tuple[datetime, int, str]


def _points(steps: pd.DataFrame, slack: timedelta) -> list[Point]:
    """Place rises `slack` early on the minute, falls on the next whole minute, in time order.

    At each of these the floor is the highest of the step in force and of those that begin within
    the slack: a rise that comes early never cuts short a higher step before it.
    """
    rows = [
        (s.to_pydatetime(), int(c)) for s, c in zip(steps["start"], steps["capacity"], strict=True)
    ]
    times = sorted({_floor(s - slack) for s, _ in rows} | {_ceil(s) for s, _ in rows})
    points: list[Point] = []
    for at in times:
        size = _highest(rows, at, at + slack + MINUTE)
        before = points[-1][1] if points else None
        if size != before:
            points.append((at, size, _reason(size, before)))
    return points


def _highest(rows: list[tuple[datetime, int]], at: datetime, until: datetime) -> int:
    """Highest step in force at `at` or beginning before `until`."""
    begun = [size for start, size in rows if start <= at]
    soon = [size for start, size in rows if at < start < until]
    return max([*begun[-1:], *soon])


def _reason(size: int, before: int | None) -> str:
    if before is None:
        return "first step"
    return f"rise: the forecast needs {size}" if size > before else f"fall: {size} are enough"


def _place(points: Iterable[Point], first: datetime, taken: frozenset[datetime]) -> list[Point]:
    """Give each point a free minute: rises earlier, falls later, so the curve stays above.

    A fall that the next rise overtakes is left out: its lower floor would never be in force.
    """
    placed: list[Point] = []
    for at, size, reason in points:
        spot = at
        if placed and size > placed[-1][1]:
            spot = _earlier(at, first, taken)
            overtaken = at
            while placed and placed[-1][0] >= spot and placed[-1][1] <= size:
                overtaken = placed.pop()[0]
            if placed and placed[-1][1] > size:  # with the fall between gone, this is a fall
                spot = max(spot, overtaken)
        after = placed[-1][0] + MINUTE if placed else first
        placed.append((_later(max(spot, after), taken), size, reason))
    return placed


def _earlier(at: datetime, first: datetime, taken: frozenset[datetime]) -> datetime:
    """Find the latest free minute up to `at`; when there is none, `at` itself is moved later."""
    spot = at
    while spot in taken and spot > first:
        spot -= MINUTE
    return at if spot in taken else spot


def _later(at: datetime, taken: frozenset[datetime]) -> datetime:
    while at in taken:
        at += MINUTE
    return at


def _drop_repeats(points: list[Point]) -> list[Point]:
    """Leave out points that set what is set already, but never the return to the floor."""
    kept: list[Point] = []
    for number, point in enumerate(points):
        if not kept or point[1] != kept[-1][1] or number == len(points) - 1:
            kept.append(point)
    return kept


def _floor(when: datetime) -> datetime:
    return when.replace(second=0, microsecond=0)


def _ceil(when: datetime) -> datetime:
    down = _floor(when)
    return down if down == when else down + MINUTE
