"""The floor over time that a set of one-off actions gives: a step function over MinSize."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from foresail.policies.items import Item
from foresail.targets.base import scheduled

EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Floor:
    """Step function: `base` until the first time, then each value until the next time."""

    base: int
    times: tuple[datetime, ...]
    values: tuple[int, ...]

    @classmethod
    def of(cls, base: int, items: Iterable[Item]) -> Floor:
        """Floor from one-off actions that set MinSize; the rest does not count."""
        steps = sorted(
            (action.one_off_start, action.min_size)
            for action in scheduled(items)
            if action.one_off_start is not None and action.min_size is not None
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
