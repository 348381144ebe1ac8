"""Pull the hit rates of the caches that stand between tiers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd

from foresail.config import MetricConfig
from foresail.history.metrics import MetricQuery
from foresail.history.pull import pull
from foresail.pipeline.tiers import Tier
from foresail.places import aws_of
from foresail.store.opening import open_store

if TYPE_CHECKING:
    from foresail.aws import Aws


def pull_hit_rates(
    group: Sequence[Tier], aws: Aws, now: datetime
) -> dict[tuple[str, str], pd.DataFrame]:
    """Pull the hit rate of each cache of a service's tiers.

    Returns
    -------
    dict
        timestamp (UTC) and value, by the names of the upper and the lower tier; no rows where the
        metric has no data.
    """
    return {
        (tier.tier.name, need.tier): _pull(tier, need.tier, need.hit_rate, aws, now)
        for tier in group
        for need in tier.tier.needs
        if need.hit_rate is not None
    }


def _pull(tier: Tier, lower: str, metric: MetricConfig, aws: Aws, now: datetime) -> pd.DataFrame:
    client = aws_of(aws, tier.service).client("cloudwatch")
    where = f"{tier.place} {client.meta.endpoint_url}"
    store = open_store(tier.config, aws).history(where)
    dimensions = tuple(sorted(metric.dimensions.items()))
    series = f"{tier.name}/hit-rate-{lower}"
    query = MetricQuery(series, metric.namespace, metric.metric, dimensions, metric.stat)
    start, period = now - tier.config.history, tier.tier.period
    frame = pull(client, [query], start, now, period, now=now, store=store, required=False)
    return frame[["timestamp", "value"]]
