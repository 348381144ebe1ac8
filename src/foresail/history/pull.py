"""Pull CloudWatch history: batched GetMetricData, only what the store does not have yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pandas as pd

from foresail.aws import aws_errors
from foresail.errors import AwsError, InputError
from foresail.history.metrics import MetricQuery
from foresail.history.retention import MAX_QUERIES, align, reachable, windows

LATE = timedelta(hours=3)  # late data: the last hours are read again at each pull
_ACTION = "cloudwatch:GetMetricData"
_TRIES = 3
Span = tuple[datetime, datetime]
Points = dict[datetime, float]


class Store(Protocol):
    """Where pulled history is kept between runs."""

    def missing(self, query: MetricQuery, period: timedelta, span: Span) -> list[Span]:
        """Spans that were never covered, in order."""
        ...

    def read(self, query: MetricQuery, period: timedelta, span: Span) -> Points:
        """Values kept inside a span."""
        ...

    def write(self, query: MetricQuery, period: timedelta, points: Points, covered: Span) -> None:
        """Keep values, and that the span is covered."""
        ...


def pull(
    client: Any,
    queries: Sequence[MetricQuery],
    start: datetime,
    end: datetime,
    period: timedelta,
    *,
    now: datetime,
    store: Store | None = None,
    required: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Read metrics as a tidy history; missing stays missing, the open period is left out.

    Parameters
    ----------
    client
        boto3 ``cloudwatch`` client.
    queries
        Metrics to read.
    start, end
        Aware times; rounded down to the period. The period that holds `end` or `now` is still
        open and is left out.
    period
        Length of a period.
    now
        Aware time of asking.
    store
        Keeps what was read; only what it lacks, and the last three hours, is asked for.
    required
        Raise when a metric has no data at all.
    progress
        Told (calls made, calls in all).

    Returns
    -------
    DataFrame
        series, timestamp (UTC, start of the period), value; sorted. Units as CloudWatch has them.

    Raises
    ------
    InputError
        A required metric has no data, or the period is not kept that long.
    AwsError
        Credentials, permission, or AWS failed to answer.
    """
    span = (reachable(start, period, now), align(min(end, now), period))
    memory = store or _Memory()
    todo = list(_calls(memory, queries, period, span))
    for number, (batch, window) in enumerate(todo):
        if progress:
            progress(number, len(todo))
        found = _get(client, batch, window, period)
        for query in batch:
            memory.write(query, period, found[query], window)
    return _frame(memory, queries, period, span, required)


def _calls(
    store: Store, queries: Sequence[MetricQuery], period: timedelta, span: Span
) -> Iterator[tuple[list[MetricQuery], Span]]:
    """Group queries that lack the same span into calls."""
    lacking: dict[Span, list[MetricQuery]] = defaultdict(list)
    for query in queries:
        for gap in _with_late(store.missing(query, period, span), span, period):
            lacking[gap].append(query)
    for gap, group in lacking.items():
        for at in range(0, len(group), MAX_QUERIES):
            batch = group[at : at + MAX_QUERIES]
            for window in windows(*gap, period, len(batch)):
                yield batch, window


def _with_late(gaps: list[Span], span: Span, period: timedelta) -> list[Span]:
    """Add the last hours, which may have changed, to what was never read."""
    late = max(span[0], align(span[1] - LATE, period))
    kept = [(a, min(b, late)) for a, b in gaps if a < late]
    if kept and kept[-1][1] == late:
        return [*kept[:-1], (kept[-1][0], span[1])]
    return [*kept, (late, span[1])] if late < span[1] else kept


def _get(
    client: Any, batch: Sequence[MetricQuery], window: Span, period: timedelta
) -> dict[MetricQuery, Points]:
    """One window of up to 500 metrics; the same Id may come on several pages."""
    by_id = {f"m{number}": query for number, query in enumerate(batch)}
    request = [_data_query(name, query, period) for name, query in by_id.items()]
    for _ in range(_TRIES):
        found: dict[MetricQuery, Points] = {query: {} for query in batch}
        codes = {}
        for result in _pages(client, request, window):
            query = by_id[result["Id"]]
            times = (t.astimezone(UTC) for t in result["Timestamps"])
            found[query].update(zip(times, map(float, result["Values"]), strict=True))
            codes[query] = result.get("StatusCode", "Complete")
        _refuse_forbidden(codes)
        if all(code == "Complete" for code in codes.values()):
            return found
    bad = next(q for q, code in codes.items() if code != "Complete")
    raise AwsError(
        f"CloudWatch answered {codes[bad]} for {bad}, {_TRIES} times", cure="run again later"
    )


def _data_query(name: str, query: MetricQuery, period: timedelta) -> dict[str, Any]:
    dimensions = [{"Name": n, "Value": v} for n, v in query.dimensions]
    metric = {
        "Namespace": query.namespace,
        "MetricName": query.metric,
        "Dimensions": dimensions,
    }
    seconds = int(period.total_seconds())
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": seconds, "Stat": query.stat}}


def _pages(client: Any, request: list[dict[str, Any]], window: Span) -> Iterator[dict[str, Any]]:
    with aws_errors(_ACTION, f"{len(request)} metrics"):
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=request,
            StartTime=window[0],
            EndTime=window[1],
            ScanBy="TimestampAscending",
        )
        for page in pages:
            yield from page["MetricDataResults"]


def _refuse_forbidden(codes: dict[MetricQuery, str]) -> None:
    for query, code in codes.items():
        if code == "Forbidden":
            raise AwsError(
                f"no permission to read {query}",
                cure=f"allow the IAM action {_ACTION} for these credentials",
            )


def _frame(
    store: Store, queries: Sequence[MetricQuery], period: timedelta, span: Span, required: bool
) -> pd.DataFrame:
    parts = []
    for query in queries:
        points = store.read(query, period, span)
        if not points and required:
            raise InputError(
                f"no data for {query} between {span[0]:%Y-%m-%d %H:%MZ} and {span[1]:%H:%MZ %d %b}",
                cure="check namespace, metric, dimensions and region in foresail.yaml: "
                "aws cloudwatch list-metrics shows what there is",
            )
        times = pd.DatetimeIndex(sorted(points), tz="UTC")
        values = [points[t] for t in sorted(points)]
        parts.append(
            pd.DataFrame({"series": query.series, "timestamp": times, "value": values}).astype(
                {"series": "str", "value": "float64"}
            )
        )
    return pd.concat(parts, ignore_index=True)


class _Memory:
    """A store for one pull."""

    def __init__(self) -> None:
        self._points: dict[MetricQuery, Points] = defaultdict(dict)

    def missing(self, query: MetricQuery, period: timedelta, span: Span) -> list[Span]:
        del query, period
        return [span]

    def read(self, query: MetricQuery, period: timedelta, span: Span) -> Points:
        del period, span
        return self._points[query]

    def write(self, query: MetricQuery, period: timedelta, points: Points, covered: Span) -> None:
        del period, covered
        self._points[query].update(points)
