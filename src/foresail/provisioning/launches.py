"""Launches as AWS recorded them: when each began, when the unit was in service, how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Kind = Literal["cold", "warm"]


@dataclass(frozen=True, slots=True)
class Launch:
    """One recorded launch of capacity.

    Parameters
    ----------
    start, end
        Aware times of the request and of being in service; `end` is None where none is known.
    succeeded
        Whether the capacity came.
    kind
        ``warm`` when the unit came out of a warm pool, ``cold`` otherwise.
    """

    start: datetime
    end: datetime | None
    succeeded: bool
    kind: Kind = "cold"

    @property
    def took(self) -> timedelta | None:
        """Time from request to service; None for one that failed or has no sound end."""
        if not self.succeeded or self.end is None or self.end < self.start:
            return None
        return self.end - self.start


def cold_first(launches: Iterable[Launch], enough: int) -> tuple[list[Launch], Kind]:
    """Choose the launches that a lead time should rest on, and say which they are.

    Cold ones, since a warm pool may be empty when it counts; warm ones only where too few cold
    ones are known.
    """
    known = list(launches)
    cold = [launch for launch in known if launch.kind == "cold"]
    warm = [launch for launch in known if launch.kind == "warm"]
    if _count(cold) >= enough or _count(cold) >= _count(warm):
        return cold, "cold"
    return warm, "warm"


def _count(launches: list[Launch]) -> int:
    return sum(launch.took is not None for launch in launches)
