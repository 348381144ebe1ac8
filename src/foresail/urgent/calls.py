"""What an event asks for, whatever way it came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Point:
    """Demand of a tier as it was measured elsewhere.

    Parameters
    ----------
    tier, signal
        Whose it is; the tier's first signal where `signal` is empty.
    at
        When it was measured (UTC).
    value
        In the unit of the signal's unit capacity: a rate in the second for work over time.
    """

    tier: str
    signal: str
    at: datetime
    value: float


@dataclass(frozen=True, slots=True)
class Call:
    """Call for a plan of one service.

    Parameters
    ----------
    ids
        Names of the events that it came with: an event that comes twice is known by its own.
    at
        When the latest of them happened (UTC).
    service, tier
        Which service, and of it only one tier where `tier` is not empty.
    trigger
        What called, in words.
    factor
        How much more than was forecast is expected; 1 where demand itself is to tell.
    points
        Demand that came with the events.
    """

    ids: tuple[str, ...]
    at: datetime
    service: str
    trigger: str
    tier: str = ""
    factor: float = 1.0
    points: tuple[Point, ...] = ()
