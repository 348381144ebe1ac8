"""The history store: pulled metrics in Parquet, with the spans that are known for good."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pandas as pd

from foresail.errors import InputError
from foresail.history.metrics import MetricQuery
from foresail.store.blobs import Blobs

Span = tuple[datetime, datetime]
_COVERED = b"foresail.covered"
_METRIC = b"foresail.metric"
_NAME_LENGTH = 100


class HistoryStore:
    """One Parquet blob per metric, statistic and period.

    The covered spans stand in the blob's own metadata: values and what they cover are replaced
    together, so a crash between the two can neither lose nor claim data. Of two writers at a time
    the last wins, with its values and its spans.

    Parameters
    ----------
    blobs
        Where they are kept.
    region
        Region the metrics are of, or any text that tells apart where they come from; the same
        metric of two regions is two blobs.
    """

    def __init__(self, blobs: Blobs, region: str = "") -> None:
        self.blobs = blobs
        self.region = region

    def covered(self, query: MetricQuery, period: timedelta) -> list[Span]:
        """Spans ``[start, end)`` that are known for good, in order, apart from each other."""
        return self._load(query, period)[1]

    def missing(self, query: MetricQuery, period: timedelta, span: Span) -> list[Span]:
        """Spans inside `span` that are not covered, in order."""
        gaps, at = [], span[0]
        for start, end in self.covered(query, period):
            if start > at:
                gaps.append((at, min(start, span[1])))
            at = max(at, end)
        return [(a, b) for a, b in [*gaps, (at, span[1])] if a < b]

    def read(self, query: MetricQuery, period: timedelta, span: Span) -> pd.Series:
        """Values with a timestamp in ``[start, end)``, by UTC timestamp, in order.

        Raises
        ------
        InputError
            The blob is corrupt or cannot be read; names it.
        """
        values = self._load(query, period)[0]
        return values[(values.index >= span[0]) & (values.index < span[1])]

    def write(
        self,
        query: MetricQuery,
        period: timedelta,
        values: pd.Series,
        window: Span,
        settled: datetime | None = None,
    ) -> None:
        """Replace what is kept inside `window` by `values`.

        Parameters
        ----------
        query, period
            What the values are of.
        values
            By UTC timestamp, all inside `window`.
        window
            Aware ``[start, end)`` that was asked for; a period without a value has none.
        settled
            The window counts as covered up to here; what is later is kept, but is still missing
            for `missing`, since it may change. None: all of it is covered.

        Raises
        ------
        InputError
            The store cannot be written; names the blob, and leaves what was there.
        """
        kept, spans = self._load(query, period)
        outside = kept[(kept.index < window[0]) | (kept.index >= window[1])]
        until = window[1] if settled is None else min(window[1], settled)
        claimed = [(window[0], until)] if until > window[0] else []
        merged = pd.concat([outside, values]).sort_index() if len(outside) else values
        self._save(query, period, merged, _merge([*spans, *claimed]))

    def name(self, query: MetricQuery, period: timedelta) -> str:
        """Name of one metric's blob; readable, and unique by a hash of all that tells it apart."""
        about = self._about(query, period)
        words = f"{query.namespace} {query.metric} {query.stat}"
        readable = re.sub(r"[^A-Za-z0-9]+", "-", words)[:_NAME_LENGTH]
        digest = hashlib.sha256(json.dumps(about).encode()).hexdigest()[:12]
        return f"history/{readable}-{about['seconds']}s-{digest}.parquet"

    def _about(self, query: MetricQuery, period: timedelta) -> dict[str, Any]:
        return {
            "region": self.region,
            "namespace": query.namespace,
            "metric": query.metric,
            "dimensions": sorted(query.dimensions),
            "stat": query.stat,
            "seconds": int(period.total_seconds()),
        }

    def _load(self, query: MetricQuery, period: timedelta) -> tuple[pd.Series, list[Span]]:
        import pyarrow as pa

        name = self.name(query, period)
        content = self.blobs.read(name)
        if content is None:
            return _series([], []), []
        try:
            return _read(content)
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"history {self.blobs.where(name)}: cannot be read ({error})",
                cure="delete it; the next pull asks CloudWatch again",
            ) from error

    def _save(
        self, query: MetricQuery, period: timedelta, values: pd.Series, spans: list[Span]
    ) -> None:
        import pyarrow.parquet as pq

        written = BytesIO()
        pq.write_table(_table(values, spans, self._about(query, period)), written)
        self.blobs.write(self.name(query, period), written.getvalue())


def _read(content: bytes) -> tuple[pd.Series, list[Span]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(BytesIO(content)) as file:
        table = file.read(columns=["timestamp", "value"])
    spans = json.loads(table.schema.metadata[_COVERED])
    values = _series(table["timestamp"].to_pandas(), table["value"].to_numpy())
    return values, [(_parse(a), _parse(b)) for a, b in spans]


def _series(times: Any, values: Any) -> pd.Series:
    index = pd.DatetimeIndex(times, tz="UTC", name="timestamp").as_unit("us")
    return pd.Series(values, index=index, dtype="float64", name="value")


def _table(values: pd.Series, spans: list[Span], about: dict[str, Any]) -> Any:
    import pyarrow as pa

    times = pa.array(values.index, type=pa.timestamp("us", tz="UTC"))
    columns = {"timestamp": times, "value": pa.array(values.to_numpy(), type=pa.float64())}
    covered = [[a.isoformat(), b.isoformat()] for a, b in spans]
    notes = {_COVERED: json.dumps(covered), _METRIC: json.dumps(about)}
    return pa.table(columns).replace_schema_metadata(notes)


def _parse(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _merge(spans: list[Span]) -> list[Span]:
    """Join spans that touch or overlap."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
