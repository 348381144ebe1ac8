"""The metrics of many tiers, in one stream of calls for each account, region and period."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresail.config import place_name
from foresail.errors import InputError
from foresail.history.answers import Answers
from foresail.history.metrics import MetricQuery
from foresail.history.pull import last_closed, pull_each, silence
from foresail.history.retention import align
from foresail.pipeline.tiers import Tier
from foresail.places import aws_of
from foresail.store.opening import open_store
from foresail.threads import side_by_side

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.opening import Store
    from foresail.store.parquet import HistoryStore

MOST_STREAMS = 8  # places that are asked at a time; each has calls of its own beside each other


@dataclass(slots=True)
class _Stream:
    """Metrics to ask one place for, each once, whoever wants it."""

    aws: Aws
    account: str
    store: Store
    period: timedelta
    history: timedelta
    queries: dict[MetricQuery, None] = field(default_factory=dict)
    owners: dict[str, tuple[set[MetricQuery], set[MetricQuery]]] = field(default_factory=dict)
    answers: Answers = field(default_factory=dict)

    def pull(self, now: datetime, concurrency: int) -> None:
        """Ask; a place that cannot be spoken to answers each metric with the error."""
        queries = list(self.queries)
        try:
            client = self.aws.client("cloudwatch")
            self.answers = pull_each(
                client, queries, now - self.history, now, self.period,
                now=now, store=self._kept(client), owners=self.owners.values(),
                concurrency=concurrency,
            )  # fmt: skip
        except InputError as error:
            self.answers = dict.fromkeys(queries, error)

    def read(self, now: datetime) -> None:
        """Take what is kept of each metric, and ask nobody."""
        kept, span = self._kept(self.aws.client("cloudwatch")), (now - self.history, now)
        self.answers = {
            query: kept.read(query, self.period, span).rename_axis("timestamp").rename("value")
            for query in self.queries
        }

    def _kept(self, client: Any) -> HistoryStore:
        """History of this place; the endpoint tells a sandbox from AWS."""
        place = place_name(client.meta.region_name, self.account)
        return self.store.history(f"{place} {client.meta.endpoint_url}")


class Streams:
    """Metrics asked for by many tiers, and what they are once pulled.

    Parameters
    ----------
    aws
        The account and region of the configuration; tiers may be elsewhere.
    now
        Aware time of asking.
    store
        Keeps what is pulled; that of each tier's configuration where None.
    """

    def __init__(self, aws: Aws, now: datetime, store: Store | None = None) -> None:
        self._aws = aws
        self._now = now
        self._store = store
        self._streams: dict[Hashable, _Stream] = {}

    @property
    def size(self) -> int:
        """Metrics that are asked for."""
        return sum(len(one.queries) for one in self._streams.values())

    def ask(self, tier: Tier, region: str | None, query: MetricQuery, *, required: bool) -> None:
        """Ask for a metric in a region, or in the tier's own; one that is required, or not."""
        stream, wanted = self._of(tier, region), replace(query, series="")
        stream.queries[wanted] = None
        metrics, needed = stream.owners.setdefault(tier.name, (set(), set()))
        metrics.add(wanted)
        if required:
            needed.add(wanted)

    def pull(self, concurrency: int) -> None:
        """Pull all that was asked for, with at most so many calls at a time to each place."""

        def one(stream: _Stream) -> None:
            stream.pull(self._now, concurrency)

        list(side_by_side(one, self._streams.values(), MOST_STREAMS))

    def read(self) -> None:
        """Take what is kept of all that was asked for; AWS is not asked."""
        for stream in self._streams.values():
            stream.read(self._now)

    def frame(
        self, tier: Tier, region: str | None, query: MetricQuery, *, required: bool
    ) -> pd.DataFrame:
        """Give a metric as series, timestamp (UTC), value; without rows where it has no data.

        Raises
        ------
        InputError
            It could not be pulled, or it is required and has no data.
        """
        stream = self._of(tier, region)
        values = stream.answers[replace(query, series="")]
        if isinstance(values, InputError):
            raise values
        if required and values.empty:
            period = stream.period
            begin = align(self._now - stream.history, period)
            span = (begin, last_closed(self._now, period))
            raise silence(query, span, region or tier.region)
        return values.reset_index().assign(series=query.series)[["series", "timestamp", "value"]]

    def _of(self, tier: Tier, region: str | None) -> _Stream:
        home = aws_of(self._aws, tier.service)
        away = region not in (None, tier.region)
        there = home.at(region) if away else home
        period, history = tier.tier.period, tier.config.history
        key = (region if away else tier.region, tier.account, period, history)
        if key not in self._streams:
            store = self._store or open_store(tier.config, self._aws)
            self._streams[key] = _Stream(there, tier.account, store, period, history)
        return self._streams[key]
