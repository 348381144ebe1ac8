"""The sandbox's clock: virtual time that moves only when told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(slots=True)
class Clock:
    """Aware UTC time of the sandbox."""

    now: datetime

    def __post_init__(self) -> None:
        self.now = self.now.astimezone(UTC)
