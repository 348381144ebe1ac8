"""How a target's capacity may move: the rules of AWS that a plan has to keep within."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Moves:
    """Limits of each change and of their number; None and the defaults limit nothing.

    Parameters
    ----------
    most_factor, least_factor
        One change may at most multiply the capacity by the first, and at least by the second. A
        rise by one unit is always within the first.
    most_rise
        Units that one change may add, at least 1.
    least_rise
        Smallest rise, as a share of the capacity.
    per_day, falls_per_day
        Changes, and falls, that 24 hours may hold.
    free_falls, fall_rest
        Once 24 hours hold as many falls as the first, the next is the second after the last one;
        at most a day.
    rest
        Between two changes.
    may_fall
        False where AWS never lowers what was raised.
    settle
        From a change until it is in effect, counted in the lead.
    """

    most_factor: float | None = None
    least_factor: float | None = None
    most_rise: int | None = None
    least_rise: float = 0.0
    per_day: int | None = None
    falls_per_day: int | None = None
    free_falls: int | None = None
    fall_rest: timedelta = timedelta(0)
    rest: timedelta = timedelta(0)
    may_fall: bool = True
    settle: timedelta = timedelta(0)


ANY = Moves()
