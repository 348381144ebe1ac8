"""One call of GetMetricData: up to 500 metrics over a window, each with its values or its error."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from foresail.aws import aws_errors, code_of
from foresail.errors import AwsError, InputError
from foresail.history.metrics import MetricQuery

ACTION = "cloudwatch:GetMetricData"
TRIES = 3
_COMPLETE = "Complete"
_ASK_AGAIN = ("PartialData", "InternalError")
_WRONG = ("ValidationError", "InvalidParameter")  # codes of a call that one metric has spoilt
Span = tuple[datetime, datetime]
Answers = dict[MetricQuery, pd.Series | InputError]


def ask(client: Any, batch: Sequence[MetricQuery], window: Span, period: timedelta) -> Answers:
    """Ask for one window of up to 500 metrics, again while CloudWatch says it is not complete.

    A metric that stays incomplete or is forbidden has its error in the place of values; one that
    makes AWS refuse the whole call is found by halving it.

    Returns
    -------
    dict
        Values by UTC timestamp, in order of time; or the error of that metric.

    Raises
    ------
    AwsError
        The call as a whole failed: credentials, permission, throttling, no answer.
    """
    try:
        return _ask(client, batch, window, period)
    except AwsError as error:
        if not code_of(error).startswith(_WRONG):
            raise
        if len(batch) == 1:
            return {batch[0]: error}
    half = len(batch) // 2
    first, second = (ask(client, part, window, period) for part in (batch[:half], batch[half:]))
    return first | second


def _ask(client: Any, batch: Sequence[MetricQuery], window: Span, period: timedelta) -> Answers:
    found: Answers = {}
    left = list(batch)
    for attempt in range(TRIES):
        time.sleep(attempt)
        points, codes = _read_pages(_pages(client, left, window, period))
        found |= {query: _told(query, codes.get(query, _COMPLETE), points[query]) for query in left}
        left = [query for query in left if codes.get(query, _COMPLETE) in _ASK_AGAIN]
        if not left:
            break
    return found


def _told(query: MetricQuery, code: str, points: Points) -> pd.Series | AwsError:
    if code == _COMPLETE:
        return points.series()
    if code == "Forbidden":
        return AwsError(
            f"no permission to read {query}",
            cure=f"allow the IAM action {ACTION} for these credentials",
        )
    return AwsError(
        f"CloudWatch answered {code} for {query}, {TRIES} times", cure="run again later"
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


def _pages(
    client: Any, batch: Sequence[MetricQuery], window: Span, period: timedelta
) -> Iterator[tuple[MetricQuery, dict[str, Any]]]:
    """Results of all pages, each with the metric that it is of."""
    by_id = {f"m{number}": query for number, query in enumerate(batch)}
    more = f" and {len(batch) - 1} more" if len(batch) > 1 else ""
    with aws_errors(ACTION, f"{batch[0].metric}{more}"):
        pages = client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[_data_query(name, one, period) for name, one in by_id.items()],
            StartTime=window[0],
            EndTime=window[1],
            ScanBy="TimestampAscending",
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                yield by_id[result["Id"]], result


class Points:
    """Points of one metric as they come, page by page."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.values: list[float] = []

    def add(self, result: dict[str, Any]) -> None:
        """Take in what one page has of the metric."""
        # botocore gives local times; compared as such they would collide when clocks go back
        self.seconds += [moment.timestamp() for moment in result["Timestamps"]]
        self.values += result["Values"]

    def series(self) -> pd.Series:
        """Values by UTC timestamp, in order of time; of a time that came twice, the last value."""
        ticks = np.rint(np.asarray(self.seconds, dtype="float64") * 1e6).astype("int64")
        index = pd.DatetimeIndex(ticks.view("M8[us]"), name="timestamp").tz_localize("UTC")
        values = pd.Series(self.values, index=index, dtype="float64", name="value")
        if not index.is_unique:
            values = values[~index.duplicated(keep="last")]
        return values if index.is_monotonic_increasing else values.sort_index()


def _read_pages(
    results: Iterator[tuple[MetricQuery, dict[str, Any]]],
) -> tuple[dict[MetricQuery, Points], dict[MetricQuery, str]]:
    """Points and last status by metric; the same one may come on several pages."""
    points: dict[MetricQuery, Points] = defaultdict(Points)
    codes: dict[MetricQuery, str] = {}
    for query, result in results:
        points[query].add(result)
        codes[query] = result.get("StatusCode", _COMPLETE)
    return points, codes
