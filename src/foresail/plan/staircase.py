"""Fit capacity steps to how a target may move: staircases up and down, few falls, rests."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from foresail.errors import InputError
from foresail.plan.allowed import DAY, Allowed, Past
from foresail.plan.moves import Moves
from foresail.plan.paths import Need, Search, reachable

MINUTE = timedelta(minutes=1)
MOST_STAIRS = 40  # of one rise or fall that get a moment of their own
Change = tuple[datetime, int, int]


@dataclass(frozen=True, slots=True)
class Staircase:
    """Steps that keep the rules, and where those leave the need uncovered."""

    steps: pd.DataFrame
    warnings: tuple[str, ...]


def staircase(
    steps: pd.DataFrame,
    *,
    start: datetime,
    end: datetime,
    floor: int,
    current: int,
    moves: Moves,
    maximum: int | None = None,
    taken: frozenset[datetime] = frozenset(),
    recent: Sequence[Change] = (),
) -> Staircase:
    """Cover steps by changes that a target's moves allow, wasting little.

    The way of least unit-minutes among those that cover the need, searched as `plan.paths` says.
    A need that no allowed way reaches is covered as far as one does, and told.

    Parameters
    ----------
    steps
        Columns start (UTC) and capacity: what is needed, lead and `moves.settle` counted in. Holds
        until the next start.
    start
        Aware time of the first change that is possible.
    end
        Aware end of the plan: from then on `floor` is enough.
    floor
        Configured minimum, in units.
    current
        Capacity in force at `start`.
    moves, maximum
        Rules of the target, and its most units.
    taken
        Minutes at which no change may be made.
    recent
        Changes of the last day, rising in time: when, from what, to what.

    Returns
    -------
    Staircase
        steps: start (UTC, whole minutes), capacity; the falls after `end` are the last of them.
        warnings: from when to when and by how much the need is not covered.

    Raises
    ------
    InputError
        When the times are not in order.
    """
    if end <= start:
        raise InputError(f"the plan ends at {end}, before its first change", cure="plan for longer")
    allowed = Allowed(moves, maximum)
    origin = _up(start)
    asked = _asked(steps, origin, _minute(_up(end), origin), floor)
    past = _past(recent, origin, allowed)
    times = _times(asked, allowed, current, past, {_minute(one, origin) for one in taken})
    need = _on(times, asked, times[-1] + max(allowed.rest, 60))
    best = Search(reachable(need, allowed, current, past), allowed).best(current, past)
    made = _levels(best.changes(), current)
    frame = pd.DataFrame(
        {
            "start": pd.DatetimeIndex([origin + MINUTE * at for at, _ in made]).tz_convert("UTC"),
            "capacity": [level for _, level in made],
        }
    )
    warnings = (*_shortfalls(need, made, origin), *_stays(made, floor))
    return Staircase(frame, warnings)


def _up(when: datetime) -> datetime:
    down = when.replace(second=0, microsecond=0)
    return down if down == when else down + MINUTE


def _minute(when: datetime, origin: datetime) -> int:
    return (when - origin) // MINUTE


def _asked(steps: pd.DataFrame, origin: datetime, end: int, floor: int) -> list[tuple[int, int]]:
    """Needed level from each minute on: rises on the minute before, falls on the one after."""
    rows = [
        (when.to_pydatetime(), int(level))
        for when, level in zip(steps["start"], steps["capacity"], strict=True)
    ]
    levels = [level for _, level in rows]
    asked: dict[int, int] = {}
    for (when, level), before in zip(rows, [levels[0], *levels[:-1]], strict=True):
        at = _minute(when if level > before else _up(when), origin)
        asked[max(at, 0)] = max(level, asked.get(at, 0)) if at > 0 else level
    inside = {at: level for at, level in asked.items() if at < end}
    return sorted({**inside, **({} if 0 in inside else {0: levels[0]}), end: floor}.items())


def _past(recent: Sequence[Change], origin: datetime, allowed: Allowed) -> Past:
    past = Past()
    for when, before, after in recent:
        minute = _minute(when, origin)
        past = allowed.after(past, minute, falling=after < before)
    return allowed.recent(past, 0)


def _times(
    asked: Sequence[tuple[int, int]],
    allowed: Allowed,
    current: int,
    past: Past,
    taken: set[int],
) -> list[int]:
    """Minutes at which a change may be worth making.

    Where the need changes; before a rise and after a fall as many rests as the stairs between
    take; when a fall has rested; a day after, when a spent budget is free again; and all moments
    of the fastest rise, and when each has rested.
    """
    peak = max(level for _, level in asked)
    end = asked[-1][0]
    lowest = min(current, *(level for _, level in asked))
    down, tail = _falls(max(peak, current), lowest, allowed), 0
    budgets = [b for b in (allowed.moves.per_day, allowed.moves.falls_per_day) if b]
    if budgets:
        tail = DAY * (1 + down // min(budgets))
    last = end + tail + allowed.rest * (down + 1)
    fastest = set(_fastest(allowed, current, peak, past, end))
    found = {at for at, _ in asked} | fastest | {at + allowed.rest for at in fastest}
    for (at, level), (_, before) in zip(asked, [asked[0], *asked[:-1]], strict=True):
        up = len(list(allowed.rises(lowest, level))) if level >= before else 0
        found |= {at - allowed.rest * one for one in range(min(up, MOST_STAIRS) + 1)}
        found |= {at + allowed.rest * one for one in range(min(down, MOST_STAIRS) + 1)}
        found |= {at + allowed.fall_rest}
        found |= set(range(at + DAY, last + 1, DAY)) if budgets else set()
    return sorted(_free(sorted(one for one in found if 0 <= one <= last), taken))


def _falls(high: int, low: int, allowed: Allowed) -> int:
    count = 0
    while high > low and allowed.lowest(high) < high:
        high, count = max(allowed.lowest(high), low), count + 1
    return count


def _fastest(allowed: Allowed, current: int, peak: int, past: Past, end: int) -> Iterator[int]:
    """Minutes of rising as early and as far as is allowed."""
    level = current
    while level < peak and allowed.highest(level) > level:
        minute = max(allowed.free_at(past, falling=False) or 0, 0)
        if minute >= end:
            return
        yield minute
        level, past = allowed.highest(level), allowed.after(past, minute, falling=False)


def _free(minutes: Iterable[int], taken: set[int]) -> set[int]:
    """Move a taken minute to the free ones on both sides."""
    found: set[int] = set()
    for minute in minutes:
        earlier = later = minute
        while earlier in taken:
            earlier -= 1
        while later in taken:
            later += 1
        found |= {earlier, later} if earlier >= 0 else {later}
    return found | {0}


def _on(times: Sequence[int], asked: Sequence[tuple[int, int]], end: int) -> Need:
    """Highest need from each time until the next."""
    starts = [at for at, _ in asked]
    levels = []
    for minute, until in zip(times, (*times[1:], end), strict=True):
        first = bisect_right(starts, minute) - 1
        last = max(bisect_right(starts, until - 1), first + 1)
        levels.append(max(level for _, level in asked[first:last]))
    return Need(times, levels, end)


def _levels(changes: Sequence[tuple[int, int]], current: int) -> list[tuple[int, int]]:
    return [*changes] if changes and changes[0][0] == 0 else [(0, current), *changes]


def _shortfalls(need: Need, made: Sequence[tuple[int, int]], origin: datetime) -> Iterator[str]:
    """Say from when to when the level stays below the need, and by how much at most."""
    starts = [at for at, _ in made]
    spans: list[tuple[int, int, int, int]] = []
    for minute, level, until in zip(
        need.times, need.levels, (*need.times[1:], need.end), strict=True
    ):
        have = made[bisect_right(starts, minute) - 1][1]
        if have >= level:
            continue
        if spans and spans[-1][1] == minute:
            first, _, short, worst = spans.pop()
            spans.append((first, until, *max((short, worst), (level - have, level))))
        else:
            spans.append((minute, until, level - have, level))
    for first, until, short, level in spans:
        begin, finish = (f"{origin + MINUTE * at:%a %d %b %H:%MZ}" for at in (first, until))
        yield (
            f"from {begin} to {finish} up to {short} of {level} needed units are missing: "
            "the rules for changes allow no faster rise"
        )


def _stays(made: Sequence[tuple[int, int]], floor: int) -> list[str]:
    last = made[-1][1]
    if last <= floor:
        return []
    return [f"after the plan it stays at {last}, not {floor}: the rules for changes allow no fall"]
