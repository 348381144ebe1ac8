"""Pull CloudWatch history: batched GetMetricData, only what the store does not have yet."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pandas as pd

from foresail.aws import aws_errors
from foresail.errors import AwsError, InputError
from foresail.history.metrics import MetricQuery
from foresail.history.retention import MAX_QUERIES, align, reachable, windows

LAG = timedelta(minutes=2)  # a period that closed just now is not complete yet
REREAD = timedelta(hours=3)  # values younger than this may change, so they are read again
_ACTION = "cloudwatch:GetMetricData"
_TRIES = 3
_KEEP_EVERY = 16  # calls: a killed run loses no more than these
Span = tuple[datetime, datetime]


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


def last_closed(now: datetime, period: timedelta, lag: timedelta = LAG) -> datetime:
    """End of the last period that is over and whose data has arrived: ``floor(now - lag)``."""
    return align(now - lag, period)


def pull(
    client: Any,
    queries: Sequence[MetricQuery],
    start: datetime,
    end: datetime,
    period: timedelta,
    *,
    now: datetime,
    store: Store | None = None,
    required: bool | Collection[str] = True,
    lag: timedelta = LAG,
    reread: timedelta = REREAD,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Read metrics as a tidy history; missing stays missing, the open period is left out.

    Parameters
    ----------
    client
        boto3 ``cloudwatch`` client.
    queries
        Metrics to read; each `series` names one.
    start, end
        Aware times; rounded down to the period. The period that holds `end` is left out.
    period
        Length of a period.
    now
        Aware time of asking; a period is left out until `lag` after it is over.
    store
        Keeps what was read; only what it lacks is asked for.
    required
        Raise when a metric has no data at all: any metric, none, or those of the series named.
    lag
        How long CloudWatch takes to complete a period.
    reread
        Values that were younger than this when read are read again by the next pull.
    progress
        Told (calls made, calls in all) after each call.

    Returns
    -------
    DataFrame
        series, timestamp (UTC, start of the period), value; sorted by time within each series, in
        the order of `queries`. Units as CloudWatch has them: a Sum is per period.

    Raises
    ------
    InputError
        A required metric has no data, the period is not kept that long, a time is naive, two
        metrics share a name, or the store cannot be used.
    AwsError
        Credentials, permission, or AWS failed to answer.
    """
    _check(queries, start, end, now)
    span = (align(start, period), min(align(end, period), last_closed(now, period, lag)))
    pending = _Pending(store or _Memory(), period, now - reread)
    calls = list(_calls(pending.store, queries, period, span, now))
    try:
        for number, (batch, window) in enumerate(calls, start=1):
            pending.add(window, _get(client, batch, window, period))
            if number % _KEEP_EVERY == 0:
                pending.flush()
            if progress:
                progress(number, len(calls))
    except BaseException:
        pending.flush()
        raise
    named = {q.series for q in queries} if required is True else set(required or ())
    silent = [q for q in queries if q.series in named and not pending.has(q, span)]
    if silent:  # told before anything is kept: a wrong name may mean a wrong account, too
        raise _silence(silent[0], span, client.meta.region_name)
    pending.flush()
    return _frame({query: pending.read(query, span) for query in queries})


def _check(queries: Sequence[MetricQuery], *times: datetime) -> None:
    for moment in times:
        if moment.tzinfo is None:
            raise InputError(
                f"time {moment.isoformat()} has no time zone", cure="give aware times, in UTC best"
            )
    names = Counter(query.series for query in queries)
    twins = [query for query in queries if names[query.series] > 1]
    if twins:
        raise InputError(
            f"two metrics are both named {twins[0].series!r}: {twins[0]} and {twins[1]}",
            cure="give each metric a name of its own",
        )


def _calls(
    store: Store,
    queries: Sequence[MetricQuery],
    period: timedelta,
    span: Span,
    now: datetime,
) -> Iterator[tuple[list[MetricQuery], Span]]:
    """Group queries that lack the same span into calls."""
    lacking: dict[Span, list[MetricQuery]] = defaultdict(list)
    for query in queries:
        for start, end in store.missing(query, period, span):
            lacking[reachable(start, period, now), end].append(query)
    for gap, group in lacking.items():
        for at in range(0, len(group), MAX_QUERIES):
            batch = group[at : at + MAX_QUERIES]
            for window in windows(*gap, period, len(batch)):
                yield batch, window


def _get(
    client: Any, batch: Sequence[MetricQuery], window: Span, period: timedelta
) -> dict[MetricQuery, pd.Series]:
    """One window of up to 500 metrics, asked again while CloudWatch says it is not complete."""
    by_id = {f"m{number}": query for number, query in enumerate(batch)}
    request = [_data_query(name, query, period) for name, query in by_id.items()]
    for attempt in range(_TRIES):
        time.sleep(attempt)
        points, codes = _read_pages(_pages(client, request, window))
        _refuse_forbidden({by_id[name]: code for name, code in codes.items()})
        if all(code == "Complete" for code in codes.values()):
            return {query: _series(points.get(name, {})) for name, query in by_id.items()}
    name, code = next((n, c) for n, c in codes.items() if c != "Complete")
    raise AwsError(
        f"CloudWatch answered {code} for {by_id[name]}, {_TRIES} times", cure="run again later"
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
    names = [m["Metric"]["MetricName"] for m in (query["MetricStat"] for query in request)]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    with aws_errors(_ACTION, f"{names[0]}{more}"):
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=request,
            StartTime=window[0],
            EndTime=window[1],
            ScanBy="TimestampAscending",
        )
        for page in pages:
            yield from page["MetricDataResults"]


def _read_pages(
    results: Iterator[dict[str, Any]],
) -> tuple[dict[str, dict[datetime, float]], dict[str, str]]:
    """Points and last status by Id; the same Id may come on several pages."""
    points: dict[str, dict[datetime, float]] = defaultdict(dict)
    codes: dict[str, str] = {}
    for result in results:
        # botocore gives local times; as keys they would collide when clocks go back
        times = [moment.astimezone(UTC) for moment in result["Timestamps"]]
        points[result["Id"]].update(zip(times, result["Values"], strict=True))
        codes[result["Id"]] = result.get("StatusCode", "Complete")
    return points, codes


def _refuse_forbidden(codes: Mapping[MetricQuery, str]) -> None:
    for query, code in codes.items():
        if code == "Forbidden":
            raise AwsError(
                f"no permission to read {query}",
                cure=f"allow the IAM action {_ACTION} for these credentials",
            )


def _silence(query: MetricQuery, span: Span, region: str) -> InputError:
    return InputError(
        f"no data for {query} in {region} "
        f"between {span[0]:%Y-%m-%d %H:%MZ} and {span[1]:%Y-%m-%d %H:%MZ}",
        cure=_cure_of_silence(query),
    )


def _cure_of_silence(query: MetricQuery) -> str:
    if query.namespace == "AWS/AutoScaling":  # groups send these only when told to
        name = dict(query.dimensions).get("AutoScalingGroupName", "NAME")
        return (
            "switch the group's metrics on, and wait for two days of them: aws autoscaling "
            f"enable-metrics-collection --granularity 1Minute --auto-scaling-group-name {name}"
        )
    return (
        "check namespace, metric, dimensions (all of them, exactly) and region in "
        "foresail.yaml: aws cloudwatch list-metrics shows what sent data these two weeks"
    )


def _series(points: Mapping[datetime, float]) -> pd.Series:
    """Values by UTC timestamp, in order of time."""
    times = sorted(points)
    index = pd.DatetimeIndex(times, tz="UTC", name="timestamp").as_unit("us")
    return pd.Series([points[t] for t in times], index=index, dtype="float64", name="value")


def _frame(found: Mapping[MetricQuery, pd.Series]) -> pd.DataFrame:
    parts = [
        values.reset_index().assign(series=query.series)[["series", "timestamp", "value"]]
        for query, values in found.items()
    ]
    empty = _series({}).reset_index().assign(series="")[["series", "timestamp", "value"]]
    filled = [part for part in parts if len(part)] or [empty]
    return pd.concat(filled, ignore_index=True).astype({"series": "str"})


class _Pending:
    """Values on their way to the store: joined over calls, so that a file is seldom rewritten.

    A metric that has sent nothing so far is not kept: when it never does, the cause may be a
    wrong endpoint or account, and the next pull has to ask again.
    """

    def __init__(self, store: Store, period: timedelta, settled: datetime) -> None:
        self.store = store
        self._period = period
        self._settled = align(settled, period)
        self._parts: dict[MetricQuery, list[tuple[Span, pd.Series]]] = defaultdict(list)

    def add(self, window: Span, found: Mapping[MetricQuery, pd.Series]) -> None:
        for query, values in found.items():
            parts = self._parts[query]
            if parts and parts[-1][0][1] == window[0]:
                (start, _), before = parts.pop()
                parts.append(((start, window[1]), pd.concat([before, values])))
            else:
                parts.append((window, values))

    def flush(self) -> None:
        for query in [q for q in self._parts if not self._silent(q)]:
            for window, values in self._parts.pop(query):
                self.store.write(query, self._period, values, window, self._settled)

    def read(self, query: MetricQuery, span: Span) -> pd.Series:
        return self.store.read(query, self._period, span)

    def has(self, query: MetricQuery, span: Span) -> bool:
        """Tell whether anything was read, or is kept, inside a span."""
        read = any(len(values) for _, values in self._parts.get(query, ()))
        return read or not self.read(query, span).empty

    def _silent(self, query: MetricQuery) -> bool:
        parts = self._parts[query]
        whole = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
        return all(v.empty for _, v in parts) and self.read(query, whole).empty


class _Memory:
    """A store for one pull."""

    def __init__(self) -> None:
        self._values: dict[MetricQuery, pd.Series] = {}

    def missing(self, query: MetricQuery, period: timedelta, span: Span) -> list[Span]:
        del query, period
        return [span] if span[0] < span[1] else []

    def read(self, query: MetricQuery, period: timedelta, span: Span) -> pd.Series:
        del period, span
        return self._values.get(query, _series({}))

    def write(
        self,
        query: MetricQuery,
        period: timedelta,
        values: pd.Series,
        window: Span,
        settled: datetime | None = None,
    ) -> None:
        del period, window, settled
        kept = self._values.get(query)
        self._values[query] = values if kept is None else pd.concat([kept, values])
