"""Bring a service's history up to now, and tell what demand it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresail.pipeline.pulling import pull_demand
from foresail.pipeline.tiers import tiers

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What the store holds of a tier's demand.

    Parameters
    ----------
    tier
        ``service/tier``.
    rows
        Periods with a value, of all its series.
    start, end
        First and last period (UTC).
    censored
        Periods in which more was asked for than was measured.
    """

    tier: str
    rows: int
    start: datetime
    end: datetime
    censored: int

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json`` and tables."""
        return {
            "tier": self.tier,
            "rows": self.rows,
            "from": self.start.isoformat(),
            "to": self.end.isoformat(),
            "censored": self.censored,
        }


def refresh(
    config: Config,
    aws: Aws,
    now: datetime,
    *,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> list[Refreshed]:
    """Pull the history of every tier, of one service where it is named, into the store.

    Raises
    ------
    InputError, AwsError
        As `pull_demand`; what was pulled before stays in the store.
    """
    return [
        _told(tier.name, pull_demand(tier, aws, now, progress)) for tier in tiers(config, service)
    ]


def _told(name: str, demand: pd.DataFrame) -> Refreshed:
    times = demand["timestamp"]
    return Refreshed(
        name,
        len(demand),
        times.min().to_pydatetime(),
        times.max().to_pydatetime(),
        int(demand["censored"].sum()),
    )
