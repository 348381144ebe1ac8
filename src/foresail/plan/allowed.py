"""Which changes a target's moves allow, and when: rules in whole minutes and units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from math import ceil, floor

from foresail.plan.moves import Moves

DAY = 1440
MINUTE = timedelta(minutes=1)
_NOISE = 1e-9
Minutes = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Past:
    """Minutes of the changes made so far that may still count, and of the falls among them."""

    changes: Minutes = ()
    falls: Minutes = ()


@dataclass(frozen=True, slots=True)
class Allowed:
    """Rules for one target.

    Parameters
    ----------
    moves
        As the target states them.
    maximum
        Most units; no bound when None.
    """

    moves: Moves
    maximum: int | None = None

    @property
    def rest(self) -> int:
        """Minutes from one change to the next."""
        return max(ceil(self.moves.rest / MINUTE), 1)

    @property
    def fall_rest(self) -> int:
        """Minutes from the last fall to one beyond the free ones; 0 where there is no such rule."""
        return 0 if self.moves.free_falls is None else ceil(self.moves.fall_rest / MINUTE)

    @property
    def falls_counted(self) -> int:
        """How many of the last falls can still count; 0 where none does."""
        return max(self.moves.falls_per_day or 0, self.moves.free_falls or 0)

    def highest(self, level: int) -> int:
        """Highest level that one rise reaches; the level itself where none is allowed."""
        least, tops = self.least_rise(level), [self.maximum]
        if self.moves.most_factor is not None:
            factor = self.moves.most_factor
            tops.append(max(floor(level * factor + _NOISE), level + 1))
        if self.moves.most_rise is not None:
            tops.append(level + self.moves.most_rise)
        top = min((one for one in tops if one is not None), default=UNBOUNDED)
        return top if top >= least else level

    def least_rise(self, level: int) -> int:
        """Lowest level that a rise may lead to."""
        return max(ceil(level * (1 + self.moves.least_rise) - _NOISE), level + 1)

    def lowest(self, level: int) -> int:
        """Lowest level that one fall reaches."""
        if not self.moves.may_fall:
            return level
        factor = self.moves.least_factor
        return 0 if factor is None else min(ceil(level * factor - _NOISE), level)

    def free_at(self, past: Past, *, falling: bool) -> int | None:
        """First minute at which one more change is allowed; None at any."""
        waits = [past.changes[-1] + self.rest] if past.changes else []
        waits += _spent(past.changes, self.moves.per_day)
        if falling:
            waits += _spent(past.falls, self.moves.falls_per_day)
            # Whichever comes first: a free fall is a day old, or the last one rested long enough.
            freed = _spent(past.falls, self.moves.free_falls)
            waits += [min(one, past.falls[-1] + self.fall_rest) for one in freed]
        return max(waits, default=None)

    def after(self, past: Past, minute: int, *, falling: bool) -> Past:
        """Past with one change more; what can no longer count is left out."""
        changes, falls = (*past.changes, minute), past.falls
        if falling and self.falls_counted:
            falls = (*falls, minute)
        return self.recent(Past(changes, falls), minute)

    def recent(self, past: Past, minute: int) -> Past:
        """Leave out what no longer counts at a minute."""
        changes = past.changes[-(self.moves.per_day or 1) :]
        span = max(self.rest, DAY) if self.moves.per_day else self.rest
        return Past(
            tuple(one for one in changes if one > minute - span),
            tuple(one for one in past.falls[-(self.falls_counted or 1) :] if one > minute - DAY),
        )

    def rises(self, low: int, high: int) -> Iterator[int]:
        """Levels of the fewest rises from one level up to another, the highest each time."""
        level = low
        while level < high:
            reached = self.highest(level)
            if reached <= level:
                return
            level = reached
            yield level

    def before(self, level: int) -> int:
        """Lowest level from which one rise leads to a level."""
        if self.moves.most_factor is None and self.moves.most_rise is None:
            return 0
        low, high = 0, level
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if self.highest(middle) >= level else (middle + 1, high)
        return low


UNBOUNDED = 2**31 - 1  # AWS's capacities are 32-bit integers


def _spent(minutes: Minutes, budget: int | None) -> list[int]:
    """Wait until the oldest of a spent budget is a day ago."""
    if budget is None or len(minutes) < budget:
        return []
    return [minutes[-budget] + DAY]
