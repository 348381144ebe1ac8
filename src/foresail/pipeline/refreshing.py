"""Bring a service's history up to now, and tell what demand it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresail.failures import ServiceFailure, check_any, failures_of
from foresail.pipeline.pulling import pull_demand, pull_tiers
from foresail.pipeline.run import AT_ONCE
from foresail.pipeline.tiers import tiers
from foresail.targets.many import batches

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


def refresh_each(
    config: Config,
    aws: Aws,
    now: datetime,
    *,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> tuple[list[Refreshed], tuple[ServiceFailure, ...]]:
    """Pull the history of many services in shared calls; one that fails stops no other.

    Raises
    ------
    InputError
        No service has that name, or none could be pulled.
    """
    chosen = tiers(config, service)
    names = list(dict.fromkeys(tier.service.name for tier in chosen))
    told: dict[str, list[Refreshed]] = {}
    errors: dict[str, Exception] = {}
    for some in batches(names, AT_ONCE):
        group = [tier for tier in chosen if tier.service.name in some]
        for tier, found in zip(
            group, pull_tiers(group, aws, now, progress=progress).values(), strict=True
        ):
            if isinstance(found, Exception):
                errors.setdefault(tier.service.name, found)
            else:
                told.setdefault(tier.service.name, []).append(_told(tier.name, found.demand))
    done = {name: rows for name, rows in told.items() if name not in errors}
    check_any(done, errors)
    return [row for rows in done.values() for row in rows], failures_of(errors)


def _told(name: str, demand: pd.DataFrame) -> Refreshed:
    times = demand["timestamp"]
    return Refreshed(
        name,
        len(demand),
        times.min().to_pydatetime(),
        times.max().to_pydatetime(),
        int(demand["censored"].sum()),
    )
