"""A service's month: how the plans of each tier did, and what their scores brought about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from foresail.score.score import Score
from foresail.score.summary import Summary


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that scores brought about, and when (UTC)."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class TierMonth:
    """A tier's month: in one row, and window by window."""

    summary: Summary
    scores: tuple[Score, ...]
    utilization: float
    slo: float


@dataclass(frozen=True, slots=True)
class Month:
    """A service's month.

    Parameters
    ----------
    service, month, timezone
        Name, like ``2026-11``, and the zone that the month is of.
    since, until
        Its first moment, and its end or the present (UTC).
    made
        When this was made (UTC).
    tiers
        Those with a score.
    happenings
        Demotions, promotions and what was tuned, in order.
    """

    service: str
    month: str
    timezone: str
    since: datetime
    until: datetime
    made: datetime
    tiers: tuple[TierMonth, ...]
    happenings: tuple[Happening, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "service": self.service,
            "month": self.month,
            "timezone": self.timezone,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "made": self.made.isoformat(),
            "tiers": [one.summary.to_json() for one in self.tiers],
            "happenings": [{"at": one.at.isoformat(), "text": one.text} for one in self.happenings],
        }
