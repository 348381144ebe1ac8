"""The floor over time that a set of actions gives: a step function over MinSize."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from foresail.policies.items import Item
from foresail.targets.base import ScheduledAction, scheduled
from foresail.targets.cron import occurrences

EVER = datetime.max.replace(tzinfo=UTC)
CYCLE = timedelta(days=8)  # what recurs weekly has come by once and a bit
Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Floor:
    """Step function: `base` until the first time, then each value until the next time."""

    base: int
    times: tuple[datetime, ...]
    values: tuple[int, ...]

    @classmethod
    def of(cls, base: int, items: Iterable[Item], window: Window | None = None) -> Floor:
        """Floor from actions that set MinSize; recurring ones count within a window only."""
        steps = sorted(
            (at, action.min_size)
            for action in scheduled(items)
            if action.min_size is not None
            for at in firings(action, window)
        )
        return cls(base, tuple(t for t, _ in steps), tuple(v for _, v in steps))

    def at(self, when: datetime) -> int:
        """Floor in force at a time."""
        before = bisect_right(self.times, when)
        return self.values[before - 1] if before else self.base

    def highest(self, start: datetime, end: datetime = EVER) -> int:
        """Highest floor in force in ``[start, end)``."""
        inside = (v for t, v in zip(self.times, self.values, strict=True) if start < t < end)
        return max([self.at(start), *inside])

    def lowest(self, start: datetime, end: datetime = EVER) -> int:
        """Lowest floor in force in ``[start, end)``."""
        inside = (v for t, v in zip(self.times, self.values, strict=True) if start < t < end)
        return min([self.at(start), *inside])


def firings(action: ScheduledAction, window: Window | None = None) -> Iterator[datetime]:
    """Give the times at which an action acts; those of a recurring one inside ``(start, end)``."""
    if action.one_off_start is not None:
        yield action.one_off_start
    if window is None or not action.recurrence:
        return
    start, end = window
    until = end if action.end is None else min(end, action.end)
    yield from occurrences(action.recurrence, action.time_zone, start, until)


def over(item: Item, now: datetime) -> bool:
    """Whether an item has acted for the last time: it ran, or its recurrence has ended."""
    if isinstance(item, ScheduledAction) and item.recurrence:
        return item.end is not None and item.end <= now
    return item.one_off_start is not None and item.one_off_start <= now


def taken_by(actions: Iterable[ScheduledAction], now: datetime) -> set[datetime]:
    """Minutes from now on at which actions act soon: no other may begin at them."""
    return {at for action in actions for at in firings(action, (now, now + CYCLE))}


def window_of(actions: Sequence[ScheduledAction], now: datetime) -> Window:
    """Time from now until all these actions have acted, those without an end once and a bit."""
    ends = [one.end or one.one_off_start or now for one in actions]
    return now, max(ends, default=now) + CYCLE
