"""Pulled values on their way to the store, and what a store of history is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pandas as pd

from foresail.history.answers import Points, Span
from foresail.history.metrics import MetricQuery
from foresail.history.retention import align

NOTHING = Points().series()


class Store(Protocol):
    """Where pulled history is kept between runs; values are series by UTC timestamp."""

    def missing(self, query: MetricQuery, period: timedelta, span: Span) -> list[Span]:
        """Spans inside `span` that are not known for good, in order."""
        ...

    def read(self, query: MetricQuery, period: timedelta, span: Span) -> pd.Series:
        """Values kept inside a span."""
        ...

    def write(
        self,
        query: MetricQuery,
        period: timedelta,
        values: pd.Series,
        window: Span,
        settled: datetime | None = None,
    ) -> None:
        """Replace what is kept of a window; up to `settled` it is known for good."""
        ...


class Pending:
    """Values on their way to the store: joined over calls, so that a file is seldom rewritten.

    A metric that has sent nothing so far is not kept: when it never does, the cause may be a
    wrong endpoint or account, and the next pull has to ask again.
    """

    def __init__(self, store: Store, period: timedelta, settled: datetime) -> None:
        self.store = store
        self._period = period
        self._settled = align(settled, period)
        self._parts: dict[MetricQuery, list[tuple[Span, list[pd.Series]]]] = defaultdict(list)

    def add(self, window: Span, found: Mapping[MetricQuery, pd.Series]) -> None:
        """Take in what one call answered."""
        for query, values in found.items():
            parts = self._parts[query]
            if parts and parts[-1][0][1] == window[0]:
                (start, _), before = parts.pop()
                parts.append(((start, window[1]), [*before, values]))
            else:
                parts.append((window, [values]))

    def drop(self, queries: Iterable[MetricQuery]) -> None:
        """Forget what was read of some metrics and is not written yet."""
        for query in queries:
            self._parts.pop(query, None)

    def flush(self) -> None:
        """Write what is known of metrics that have sent anything."""
        for query in [q for q in self._parts if not self._silent(q)]:
            for window, values in self._parts.pop(query):
                joined = pd.concat(values) if len(values) > 1 else values[0]
                self.store.write(query, self._period, joined, window, self._settled)

    def read(self, query: MetricQuery, span: Span) -> pd.Series:
        """Values kept inside a span."""
        return self.store.read(query, self._period, span)

    def has(self, query: MetricQuery, span: Span) -> bool:
        """Tell whether anything was read, or is kept, inside a span."""
        return not self._empty(query) or not self.read(query, span).empty

    def _silent(self, query: MetricQuery) -> bool:
        whole = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
        return self._empty(query) and self.read(query, whole).empty

    def _empty(self, query: MetricQuery) -> bool:
        """Tell whether nothing was read that is not kept yet."""
        return all(one.empty for _, values in self._parts.get(query, ()) for one in values)


class Memory:
    """A store for one pull."""

    def __init__(self) -> None:
        self._values: dict[MetricQuery, pd.Series] = {}

    def missing(self, query: MetricQuery, period: timedelta, span: Span) -> list[Span]:
        """All of the span: nothing is kept from one pull to the next."""
        del query, period
        return [span] if span[0] < span[1] else []

    def read(self, query: MetricQuery, period: timedelta, span: Span) -> pd.Series:
        """All that was written."""
        del period, span
        return self._values.get(query, NOTHING)

    def write(
        self,
        query: MetricQuery,
        period: timedelta,
        values: pd.Series,
        window: Span,
        settled: datetime | None = None,
    ) -> None:
        """Keep values beside those of other windows."""
        del period, window, settled
        kept = self._values.get(query)
        self._values[query] = values if kept is None else pd.concat([kept, values])
