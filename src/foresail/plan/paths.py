"""Least waste under rules: a search over levels, minute by minute where something may change."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from foresail.plan.allowed import Allowed, Past

WIDTH = 64  # paths that are followed at a time
Trail = tuple[int, int, "Trail | None"]


@dataclass(frozen=True, slots=True)
class Path:
    """Way so far: unit-minutes paid, changes made, the level now and what still counts."""

    area: int
    count: int
    level: int
    past: Past
    trail: Trail | None = None

    def changes(self) -> list[tuple[int, int]]:
        """Give the changes as minute and level, in order of time."""
        found, trail = [], self.trail
        while trail is not None:
            found.append((trail[0], trail[1]))
            trail = trail[2]
        return found[::-1]


@dataclass(frozen=True, slots=True)
class Need:
    """Needed levels: `levels[i]` from minute `times[i]` until the next, the last until `end`."""

    times: Sequence[int]
    levels: Sequence[int]
    end: int

    def width(self, at: int) -> int:
        """Minutes from a time until the next."""
        return (*self.times, self.end)[at + 1] - self.times[at]


def reachable(need: Need, allowed: Allowed, level: int, past: Past) -> Need:
    """Lower a need to what any way can reach.

    Rising as early, as often and as far as the rules allow is at each moment the highest that can
    be: the rules count changes and compare a level with the one before, so that a change less or
    a lower level never allows more later. (With both a smallest rise and a maximum that can fail:
    then more is called out of reach than is.)
    """
    tops, peak = [], max(need.levels)
    for minute in need.times:
        free = allowed.free_at(past, falling=False)
        top = allowed.highest(level)
        if level < peak and top > level and (free is None or minute >= free):
            level, past = top, allowed.after(past, minute, falling=False)
        tops.append(level)
    lowered = [min(one, top) for one, top in zip(need.levels, tops, strict=True)]
    return Need(need.times, lowered, need.end)


@dataclass(frozen=True, slots=True)
class Search:
    """Find the way of least unit-minutes over a reachable need.

    Each path goes on only to levels from which all that follows can still be covered, so a way
    that covers everything is always among those followed; `width` bounds how many that are. With
    no more paths than that, no way is left out but those that another one dominates.
    """

    need: Need
    allowed: Allowed
    width: int = WIDTH

    def best(self, level: int, past: Past) -> Path:
        """Way of least area, of fewest changes among equals, from a level in force."""
        records = _records(self.need)
        paths = [Path(0, 0, level, past)]
        for at in range(len(self.need.times)):
            onward = (one for path in paths for one in self._onward(path, at, records))
            paths = _kept(onward, self.width)
        return min(paths, key=_cost)

    def _onward(self, path: Path, at: int, records: Sequence[Records]) -> Iterator[Path]:
        minute, needed = self.need.times[at], self.need.levels[at]
        width = self.need.width(at)
        for level in self._levels(path, minute, records[at]):
            if level < needed:
                continue
            onward = self._moved(path, level, minute, width)
            if self._can_cover(onward, records[at]):
                yield onward

    def _moved(self, path: Path, level: int, minute: int, width: int) -> Path:
        area = path.area + level * width
        if level == path.level:
            past = self.allowed.recent(path.past, minute)
            return Path(area, path.count, level, past, path.trail)
        past = self.allowed.after(path.past, minute, falling=level < path.level)
        return Path(area, path.count + 1, level, past, (minute, level, path.trail))

    def _levels(self, path: Path, minute: int, records: Records) -> set[int]:
        """Levels worth going to: those needed later, and the stairs that lead to them."""
        level, found = path.level, {path.level}
        if self._free(path.past, minute, falling=False):
            low, high = self.allowed.least_rise(level), self.allowed.highest(level)
            found |= {one for one in records.stairs(self.allowed) if low <= one <= high}
            if low <= high and level < records.levels[-1]:
                found |= {low, min(high, max(records.levels[-1], low))}
        if self._free(path.past, minute, falling=True):
            low = self.allowed.lowest(level)
            stairs = records.stairs(self.allowed) | {max(low, records.levels[0])}
            found |= {one for one in stairs if low <= one < level}
        return found

    def _free(self, past: Past, minute: int, *, falling: bool) -> bool:
        free = self.allowed.free_at(past, falling=falling)
        return free is None or minute >= free

    def _can_cover(self, path: Path, records: Records) -> bool:
        """Whether rising at once whenever it is allowed would cover all that follows."""
        level, past = path.level, path.past
        while (exceeded := records.first_above(level)) is not None:
            free = self.allowed.free_at(past, falling=False)
            times, first = self.need.times, records.at + 1
            after = first if free is None else bisect_left(times, free, lo=first)
            top = self.allowed.highest(level)
            if after >= len(times) or times[after] > exceeded or top <= level:
                return False
            level, past = top, self.allowed.after(past, times[after], falling=False)
        return True


@dataclass(slots=True)
class Records:
    """Levels above all needed before them, from one time on, and the minute of each."""

    at: int
    levels: list[int]
    minutes: list[int]
    _stairs: set[int] | None = None

    def first_above(self, level: int) -> int | None:
        """Minute at which more than a level is needed first."""
        found = bisect_right(self.levels, level)
        return self.minutes[found] if found < len(self.levels) else None

    def stairs(self, allowed: Allowed) -> set[int]:
        """Give the levels and the lowest ones from which rises lead to them."""
        if self._stairs is None:
            self._stairs = set()
            for stair in self.levels:
                below = stair
                while below > 0 and below not in self._stairs:
                    self._stairs.add(below)
                    below = allowed.before(below)
        return self._stairs


def _records(need: Need) -> list[Records]:
    found: list[Records] = []
    levels: list[int] = []
    minutes: list[int] = []
    for at in range(len(need.times) - 1, -1, -1):
        while levels and levels[0] <= need.levels[at]:
            levels, minutes = levels[1:], minutes[1:]
        levels, minutes = [need.levels[at], *levels], [need.times[at], *minutes]
        found.append(Records(at, levels, minutes))
    return found[::-1]


def _cost(path: Path) -> tuple[int, int]:
    return path.area, path.count


def _kept(paths: Iterable[Path], width: int) -> list[Path]:
    """Leave out paths that another dominates, then all but the cheapest.

    Cheapest among those with as many changes still counting: a path that saves its changes costs
    more now and less later.
    """
    by_level: dict[int, list[Path]] = defaultdict(list)
    for path in sorted(paths, key=_cost):
        if not any(_dominates(one, path) for one in by_level[path.level]):
            by_level[path.level].append(path)
    kept = [path for group in by_level.values() for path in group]
    if len(kept) <= width:
        return kept
    ranks: dict[tuple[int, int], int] = defaultdict(int)
    ranked: list[tuple[int, int, int, int, Path]] = []
    for path in sorted(kept, key=_cost):
        key = len(path.past.changes), len(path.past.falls)
        ranked.append((ranks[key], *_cost(path), len(ranked), path))
        ranks[key] += 1
    return [one[-1] for one in sorted(ranked)[:width]]


def _dominates(one: Path, other: Path) -> bool:
    """Whether a path of the same level and no higher cost is at least as free later."""
    return _older(one.past.changes, other.past.changes) and _older(one.past.falls, other.past.falls)


def _older(one: Sequence[int], other: Sequence[int]) -> bool:
    return len(one) <= len(other) and all(
        a <= b for a, b in zip(reversed(one), reversed(other), strict=False)
    )
