"""What to fetch through CloudFront ahead of the next peaks, so that its caches are warm by then."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresail.config import Config
from foresail.config.signals import CloudFrontConfig
from foresail.errors import InputError
from foresail.pipeline.keeping import signal, stored_forecast
from foresail.pipeline.run import plan_all
from foresail.pipeline.tiers import Tier, series_name, tiers
from foresail.store.opening import open_store

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.forecasts import StoredForecast

AHEAD = timedelta(minutes=15)
WITHIN = timedelta(hours=6)
CURE = "add prewarm: [https://..., ...] to a demand entry of kind: cloudfront"


@dataclass(frozen=True, slots=True)
class Peak:
    """A peak of what a distribution lets through, as a multiple of what it lets through now."""

    signal: str
    time: datetime
    factor: float


@dataclass(frozen=True, slots=True)
class Fetch:
    """One address, and when to fetch it."""

    time: datetime
    url: str


@dataclass(frozen=True, slots=True)
class Prewarm:
    """Peaks ahead, and what to fetch before them; both rise in time (UTC)."""

    peaks: tuple[Peak, ...]
    fetches: tuple[Fetch, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {key: [_plain(one) for one in rows] for key, rows in asdict(self).items()}


def prewarm(config: Config, aws: Aws, now: datetime, service: str | None = None) -> Prewarm:
    """List what to fetch 15 minutes before each peak; nothing is fetched.

    The forecast that the last plan kept counts, else one is made.

    Raises
    ------
    InputError
        No tier has a distribution with something to fetch.
    """
    listed = list(_distributions(config, service))
    if not listed:
        raise InputError("no distribution has anything to fetch ahead of a peak", cure=CURE)
    found: dict[str, StoredForecast] = {}
    peaks: list[Peak] = []
    fetches: set[Fetch] = set()
    for tier, name, distribution in listed:
        if tier.name not in found:
            found[tier.name] = _kept(tier, aws, now) or _made(tier, aws, now)
        ahead = peaks_ahead(found[tier.name], name, now)
        peaks += ahead
        times = [max(one.time - AHEAD, now.replace(microsecond=0)) for one in ahead]
        fetches |= {Fetch(time, url) for time in times for url in distribution.prewarm}
    return Prewarm(
        tuple(sorted(peaks, key=lambda one: one.time)),
        tuple(sorted(fetches, key=lambda one: (one.time, one.url))),
    )


def peaks_ahead(forecast: StoredForecast, name: str, now: datetime) -> tuple[Peak, ...]:
    """Find medians that are the highest within six hours on both sides, and above that of now.

    Parameters
    ----------
    forecast, name
        Of a tier, and its signal.
    now
        Aware time.
    """
    frame, period = forecast.frame, timedelta(seconds=forecast.facts.period_seconds)
    mine = frame.loc[frame["signal"] == name].set_index("timestamp")["q0.5"].dropna()
    ahead = mine[mine.index > pd.Timestamp(now - period)]
    if ahead.empty:
        return ()
    level, within = float(ahead.iloc[0]), 2 * (WITHIN // period) + 1
    highest = ahead.rolling(within, center=True, min_periods=1).max()
    # A forecast that ends while it rises has its peak after its end.
    falls_again = ahead[::-1].cummin()[::-1] < ahead
    tops = ahead[(ahead == highest) & (ahead > ahead.shift()) & (ahead > level) & falls_again]
    return tuple(
        Peak(name, when.to_pydatetime(), value / level if level else math.inf)
        for when, value in zip(pd.DatetimeIndex(tops.index), tops, strict=True)
    )


def _distributions(
    config: Config, service: str | None
) -> Iterator[tuple[Tier, str, CloudFrontConfig]]:
    for tier in tiers(config, service):
        for number, one in enumerate(tier.tier.demand):
            if isinstance(one, CloudFrontConfig) and one.prewarm:
                yield tier, signal(tier, series_name(tier, number)), one


def _kept(tier: Tier, aws: Aws, now: datetime) -> StoredForecast | None:
    """Forecast of the last plan; None when there is none, or it looks less than a day ahead."""
    kept = open_store(tier.config, aws).forecasts.read(tier.service.name, tier.tier.name)
    whole_day = min(timedelta(days=1), tier.config.horizon)
    return kept if kept is not None and kept.end >= now + whole_day else None


def _made(tier: Tier, aws: Aws, now: datetime) -> StoredForecast:
    plan, planned = plan_all(tier.config, aws, now, service=tier.service.name)
    mine = next(one for one in planned if one.tier.name == tier.name)
    return stored_forecast(mine, plan.id, now)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "time": row["time"].isoformat()}
