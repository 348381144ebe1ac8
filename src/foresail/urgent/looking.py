"""Hold the demand of the last periods against the forecast of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.pipeline.pulling import pull_tiers
from foresail.urgent.calls import Call, Point
from foresail.urgent.foreseen import Kept, series
from foresail.urgent.rise import Rise, promised, shown, told

if TYPE_CHECKING:
    import pandas as pd

    from foresail.aws import Aws
    from foresail.store.opening import Store

FROM_POINTS = 1  # period that has to lie above, where demand came with the event


def look(
    call: Call, known: Sequence[Kept], aws: Aws, store: Store, now: datetime
) -> dict[str, Rise]:
    """Find rises by tier: as was told, as points show, or as CloudWatch's last periods show."""
    if call.factor > 1:
        rise = promised(call.factor, call.trigger)
        return {one.tier.tier.name: rise for one in known if rise is not None}
    if call.points:
        return _found((one, _by_points(one, call.points)) for one in known)
    return _found((one, _by_metrics(one, frame)) for one, frame in _pulled(known, aws, store, now))


def _pulled(
    known: Sequence[Kept], aws: Aws, store: Store, now: datetime
) -> Iterable[tuple[Kept, pd.DataFrame]]:
    found = pull_tiers([one.tier for one in known], aws, now, store=store)
    for one in known:
        pulled = found[one.tier.name]
        if isinstance(pulled, Exception):
            raise pulled
        yield one, pulled.demand


def _found(rises: Iterable[tuple[Kept, Rise | None]]) -> dict[str, Rise]:
    return {one.tier.tier.name: rise for one, rise in rises if rise is not None}


def _by_points(one: Kept, points: Sequence[Point]) -> Rise | None:
    mine = [point for point in points if point.tier == one.tier.tier.name]
    if not mine:
        return None
    demand = told(mine, one.latest.facts.signal, one.period)
    demand["series"] = one.tier.name + "/" + demand["series"]
    return _against(one, demand, FROM_POINTS)


def _by_metrics(one: Kept, demand: pd.DataFrame) -> Rise | None:
    return _against(one, demand.dropna(subset=["value"]), one.tier.config.publish.alarms.periods)


def _against(one: Kept, demand: pd.DataFrame, least: int) -> Rise | None:
    """Rise from the last known period on; CloudWatch may be late, and is not waited for."""
    if demand.empty:
        return None
    first = demand["timestamp"].max() + one.period
    ahead = series(one.tier, one.latest)
    ahead = ahead[ahead["timestamp"] >= first]
    if ahead.empty:
        return None
    earlier = one.before((first - least * one.period).to_pydatetime())
    return shown(ahead, series(one.tier, earlier), demand, one.period, least)
