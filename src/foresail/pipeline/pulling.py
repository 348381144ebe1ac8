"""Pull a tier's metrics and turn them into demand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from foresail.config import DemandConfig, MetricConfig
from foresail.demand.demand import demand_frame
from foresail.errors import InputError
from foresail.history.metrics import MetricQuery
from foresail.history.pull import last_closed, pull
from foresail.pipeline.tiers import Tier, series_name
from foresail.store.parquet import HistoryStore
from foresail.targets.registry import target_class
from foresail.units import format_duration

if TYPE_CHECKING:
    from foresail.aws import Aws


Progress = Callable[[str], None]


def pull_demand(
    tier: Tier, aws: Aws, now: datetime, progress: Progress = lambda _: None
) -> pd.DataFrame:
    """Pull a tier's metrics and turn them into demand.

    Returns
    -------
    DataFrame
        series, timestamp (UTC), value, censored; one series for each demand metric. Sums are per
        second; utilisations are multiplied by the units in service.
    """
    client = aws.client("cloudwatch")
    period = tier.tier.period
    start = now - tier.config.history
    # The endpoint tells a sandbox from AWS; each keeps its own history.
    where = f"{tier.config.region} {client.meta.endpoint_url}"
    store = HistoryStore(Path(tier.config.store) / "history", where)
    queries = [_query(tier, number) for number in range(len(tier.tier.demand))]
    own = {query.series: query for query in _own_queries(tier)}
    in_service = [own.pop("units")] if "units" in own else []
    own |= {query.series: query for query in _throttled_query(tier)}  # the tier's word counts
    context_queries = list(own.values())

    def fetch(wanted: list[MetricQuery], *, required: bool) -> pd.DataFrame:
        return pull(client, wanted, start, now, period, now=now, store=store, required=required)

    count = len(queries) + len(in_service) + len(context_queries)
    progress(f"{tier.name}: {count} metrics, {format_duration(period)} periods")
    metrics = fetch(queries, required=True)
    units = fetch(in_service, required=any(d.scale_by for d in tier.tier.demand))
    context = pd.concat([units, fetch(context_queries, required=False)], ignore_index=True)
    frames = [
        _one_demand(tier, demand, query, metrics, context, last_closed(now, period))
        for demand, query in zip(tier.tier.demand, queries, strict=True)
    ]
    return pd.concat(frames, ignore_index=True)


def _query(tier: Tier, number: int) -> MetricQuery:
    return _metric_query(series_name(tier, number), tier.tier.demand[number])


def _metric_query(series: str, metric: MetricConfig) -> MetricQuery:
    dimensions = tuple(sorted(metric.dimensions.items()))
    return MetricQuery(series, metric.namespace, metric.metric, dimensions, metric.stat)


def _own_queries(tier: Tier) -> tuple[MetricQuery, ...]:
    """Metrics of the target itself: units in service, the most it allowed, how busy they were.

    Raises
    ------
    InputError
        When demand is to be scaled by units in service, and nothing counts them.
    """
    target = tier.tier.target
    own = target_class(target.type).metrics(target.name)
    scaled = [demand.metric for demand in tier.tier.demand if demand.scale_by]
    if scaled and not any(query.series == "units" for query in own):
        raise InputError(
            f"{tier.name}: {scaled[0]} cannot be scaled by capacity: no metric counts the units "
            f"in service of {target.type}",
            cure="name a demand metric that counts work, like requests",
        )
    return own


def _throttled_query(tier: Tier) -> list[MetricQuery]:
    metric = tier.tier.throttled
    return [] if metric is None else [_metric_query("throttled", metric)]


def _one_demand(
    tier: Tier,
    demand: DemandConfig,
    query: MetricQuery,
    metrics: pd.DataFrame,
    context: pd.DataFrame,
    end: datetime,
) -> pd.DataFrame:
    units = _pick(context, "units")
    most = _pick(context, "most")
    busy = _pick(context, "busy")
    return demand_frame(
        metrics[metrics["series"] == query.series],
        stat=demand.stat,
        period=demand.period,
        missing=demand.missing,
        scale_by=units if demand.scale_by else None,
        capacity=units,
        at_max=tier.tier.max if most is None else most,
        utilization=None if busy is None else busy.assign(value=busy["value"] / 100),
        throttled=_pick(context, "throttled"),
        end=end,
    )


def _pick(frame: pd.DataFrame, series: str) -> pd.DataFrame | None:
    found = frame.loc[frame["series"] == series, ["timestamp", "value"]]
    return None if found.empty else found
