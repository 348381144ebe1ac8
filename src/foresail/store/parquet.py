"""The history store: pulled metrics in Parquet, with the spans that were asked for."""

from __future__ import annotations

import hashlib
import json
import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from foresail.errors import InputError
from foresail.history.metrics import MetricQuery

Span = tuple[datetime, datetime]
Points = dict[datetime, float]
_COVERED = b"foresail.covered"


class HistoryStore:
    """One Parquet file per metric, statistic and period under a folder.

    The spans that were asked for stand in the file's own metadata: values and what they cover
    are replaced together, so a crash between the two cannot claim data that is not there.

    Parameters
    ----------
    root
        Folder; made when first written to.
    region
        Region the metrics are of; the same metric of two regions is two files.
    """

    def __init__(self, root: Path, region: str = "") -> None:
        self.root = root
        self.region = region

    def missing(self, query: MetricQuery, period: timedelta, span: Span) -> list[Span]:
        """Spans inside `span` that were never asked for, in order."""
        gaps, at = [], span[0]
        for start, end in self._load(query, period)[1]:
            if start > at:
                gaps.append((at, min(start, span[1])))
            at = max(at, end)
            if at >= span[1]:
                break
        if at < span[1]:
            gaps.append((at, span[1]))
        return [(a, b) for a, b in gaps if a < b]

    def read(self, query: MetricQuery, period: timedelta, span: Span) -> Points:
        """Values kept with a timestamp in ``[start, end)``."""
        points = self._load(query, period)[0]
        return {t: v for t, v in points.items() if span[0] <= t < span[1]}

    def write(self, query: MetricQuery, period: timedelta, points: Points, covered: Span) -> None:
        """Keep values over `covered`; what was kept there before is replaced."""
        kept, spans = self._load(query, period)
        outside = {t: v for t, v in kept.items() if not covered[0] <= t < covered[1]}
        self._save(query, period, {**outside, **points}, _merge([*spans, covered]))

    def path(self, query: MetricQuery, period: timedelta) -> Path:
        """File of one metric; readable, and unique by a hash of all that tells it apart."""
        seconds = int(period.total_seconds())
        key = json.dumps(
            [self.region, query.namespace, query.metric, query.dimensions, query.stat, seconds]
        )
        readable = re.sub(r"[^A-Za-z0-9]+", "-", f"{query.namespace} {query.metric} {query.stat}")
        digest = hashlib.sha256(key.encode()).hexdigest()[:12]
        return self.root / f"{readable}-{seconds}s-{digest}.parquet"

    def _load(self, query: MetricQuery, period: timedelta) -> tuple[Points, list[Span]]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.path(query, period)
        if not path.exists():
            return {}, []
        try:
            table = pq.read_table(path)
            spans = json.loads(table.schema.metadata[_COVERED])
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
            raise InputError(
                f"history store {path}: cannot be read ({error})",
                cure="delete the file; the next pull reads it again",
            ) from error
        times = pd.DatetimeIndex(table.column("timestamp").to_pandas()).to_pydatetime()
        values = table.column("value").to_pylist()
        points = {t.astimezone(UTC): v for t, v in zip(times, values, strict=True)}
        return points, [(_parse(a), _parse(b)) for a, b in spans]

    def _save(
        self, query: MetricQuery, period: timedelta, points: Points, spans: list[Span]
    ) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        times = sorted(points)
        table = pa.table(
            {
                "timestamp": pa.array(times, type=pa.timestamp("us", tz="UTC")),
                "value": pa.array([points[t] for t in times], type=pa.float64()),
            }
        ).replace_schema_metadata(
            {_COVERED: json.dumps([[a.isoformat(), b.isoformat()] for a, b in spans]).encode()}
        )
        path = self.path(query, period)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, temporary)
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise InputError(
                f"history store {path}: cannot be written ({error.strerror or error})",
                cure="make it writable, or set store: in foresail.yaml to a folder that is",
            ) from error


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
