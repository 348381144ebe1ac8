"""A month of a service: its scores, how often it was demoted, and what was tuned; store only."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from foresail.config import Config
from foresail.errors import InputError
from foresail.pipeline.feedback import tuning_partition
from foresail.pipeline.score_tier import read_scores
from foresail.pipeline.tiers import Tier, tiers
from foresail.score.modes import PARTITION
from foresail.score.month import Happening, Month, TierMonth
from foresail.score.summary import Summary, summarise
from foresail.store.opening import open_store
from foresail.store.records import stamp

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.opening import Store


def monthly(config: Config, aws: Aws, service: str, month: str, now: datetime) -> Month:
    """Gather a service's month from the store.

    Parameters
    ----------
    month
        ``2026-11``, in the service's time zone; of one that is not over, what there is so far.

    Raises
    ------
    InputError
        When that is no month, or no window of it has a score.
    """
    zone = ZoneInfo(config.service(service).timezone)
    since, end = _bounds(month, zone)
    store, until = open_store(config, aws), min(end, now)
    group = tiers(config, service)
    found = [one for tier in group if (one := _tier(store, tier, since, until)) is not None]
    if not found:
        raise InputError(
            f"no plan of {service} has a score in {month}",
            cure="score what is due: foresail score; plans are scored for months that are kept",
        )
    happenings = [one for tier in group for one in _tuned(store, tier, since, until)]
    happenings += _modes(store, service, since, until)
    ordered = tuple(sorted(happenings, key=lambda one: one.at))
    return Month(service, month, zone.key, since, until, now, tuple(found), ordered)


def summary_of(store: Store, tier: Tier, since: datetime, until: datetime) -> Summary | None:
    """Sum up a tier's scores of windows that begin in a span; None without any."""
    scores = read_scores(store, tier.service.name, tier.tier.name, since, until)
    return summarise(scores, tier.tier.capacity_of(tier.tier.demand[0])) if scores else None


def _bounds(month: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    match = re.fullmatch(r"(\d{4})-(\d{2})", month)
    if match is None or not 1 <= int(match[2]) <= 12 or int(match[1]) < 2000:
        raise InputError(f"{month!r} is no month", cure="write it like 2026-11")
    year, number = int(match[1]), int(match[2])
    first = datetime(year, number, 1, tzinfo=zone)
    after = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=zone)
    return first.astimezone(UTC), after.astimezone(UTC)


def _tier(store: Store, tier: Tier, since: datetime, until: datetime) -> TierMonth | None:
    scores = read_scores(store, tier.service.name, tier.tier.name, since, until)
    if not scores:
        return None
    summary = summarise(scores, tier.tier.capacity_of(tier.tier.demand[0]))
    return TierMonth(summary, tuple(scores), scores[-1].utilization, scores[-1].slo)


def _tuned(store: Store, tier: Tier, since: datetime, until: datetime) -> list[Happening]:
    records = store.records.query(tuning_partition(tier), since=stamp(since), until=stamp(until))
    return [
        Happening(datetime.fromisoformat(one.sort), f"{tier.name}: {one.data['reason']}")
        for one in records
    ]


def _modes(store: Store, service: str, since: datetime, until: datetime) -> list[Happening]:
    records = store.records.query(f"{PARTITION}/{service}", since=stamp(since), until=stamp(until))
    said = {True: "forecast-only", False: "plans written again"}
    return [
        Happening(
            datetime.fromisoformat(one.sort),
            f"{said[bool(one.data['forecast_only'])]}: {one.data['reason']}",
        )
        for one in records
    ]
