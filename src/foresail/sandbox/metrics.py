"""CloudWatch's store, in linear time and with AWS's rules: aligned bins, ages, paging."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.cloudwatch.exceptions import ValidationError

from foresail.history.retention import MAX_POINTS, RETENTION
from foresail.sandbox.clock import Clock

Key = tuple[str, str, frozenset[tuple[str, str]]]
Page = list[dict[str, Any]]


@dataclass(slots=True)
class Bin:
    """Sum, count and extremes of the values of one stretch of time."""

    total: float = 0.0
    count: float = 0.0
    low: float = float("inf")
    high: float = float("-inf")

    def add(self, total: float, count: float, low: float, high: float) -> None:
        """Take more values in."""
        self.total += total
        self.count += count
        self.low = min(self.low, low)
        self.high = max(self.high, high)

    def stat(self, name: str) -> float:
        """One of CloudWatch's five basic statistics."""
        return {
            "Sum": self.total,
            "Average": self.total / self.count,
            "SampleCount": self.count,
            "Minimum": self.low,
            "Maximum": self.high,
        }[name]


STATS = ("Sum", "Average", "SampleCount", "Minimum", "Maximum")


@dataclass(slots=True)
class Metrics:
    """All metrics of one account and region, binned by minute."""

    clock: Clock
    minutes: dict[Key, dict[int, Bin]] = field(default_factory=lambda: defaultdict(dict))
    pages: dict[str, tuple[Page, int]] = field(default_factory=dict)

    def put(self, namespace: str, data: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Add data; answers the first datum of each metric that is new, for ListMetrics."""
        new = []
        for datum in data:
            key = metric_key(namespace, datum["MetricName"], datum.get("Dimensions"))
            if key not in self.minutes:
                new.append(datum)
            when = as_utc(datum.get("Timestamp") or self.clock.now)
            minute = int(when.timestamp()) // 60
            found = self.minutes[key].setdefault(minute, Bin())
            for values in _values(datum):
                found.add(*values)
        return new

    def fill(
        self,
        namespace: str,
        name: str,
        dimensions: Iterable[dict[str, str]],
        values: Iterable[tuple[int, float]],
    ) -> bool:
        """Add one value for each minute since the epoch; whether the metric is new."""
        key = metric_key(namespace, name, dimensions)
        new = key not in self.minutes
        minutes = self.minutes[key]
        for minute, value in values:
            if minute in minutes:
                minutes[minute].add(value, 1.0, value, value)
            else:
                minutes[minute] = Bin(value, 1.0, value, value)
        return new

    def bins(
        self, key: Key, start: datetime, end: datetime, period: int
    ) -> list[tuple[datetime, Bin]]:
        """Bins aligned to the period, oldest first; nothing when the period is too fine."""
        if not self._kept(start, period):
            return []
        first = int(start.timestamp()) // period * period
        last = end.timestamp()
        merged: dict[int, Bin] = {}
        for minute, values in self.minutes.get(key, {}).items():
            second = minute * 60
            if first <= second < last:
                at = second // period * period
                merged.setdefault(at, Bin()).add(
                    values.total, values.count, values.low, values.high
                )
        return [(datetime.fromtimestamp(at, UTC), merged[at]) for at in sorted(merged)]

    def _kept(self, start: datetime, period: int) -> bool:
        age = self.clock.now - start
        needed = next((p for p, kept in RETENTION if age <= kept + timedelta(hours=1)), None)
        return needed is not None and period % int(needed.total_seconds()) == 0

    def get(
        self, queries: list[dict[str, Any]], start: datetime, end: datetime, *, ascending: bool
    ) -> Page:
        """Results for metric-stat queries; metric maths is not here."""
        if start >= end:
            raise ValidationError("The parameter EndTime must be greater than StartTime.")
        return [self._result(query, start, end, ascending) for query in queries]

    def _result(
        self, query: dict[str, Any], start: datetime, end: datetime, ascending: bool
    ) -> dict[str, Any]:
        if "MetricStat" not in query:
            raise ValidationError("the sandbox computes no metric maths; ask for the metrics")
        stat, metric = query["MetricStat"], query["MetricStat"]["Metric"]
        if stat["Stat"] not in STATS:
            raise ValidationError(f"the sandbox knows the statistics {', '.join(STATS)}")
        key = metric_key(metric["Namespace"], metric["MetricName"], metric.get("Dimensions"))
        rows = self.bins(key, start, end, int(stat["Period"]))
        rows = rows if ascending else rows[::-1]
        return {
            "Id": query["Id"],
            "Label": query.get("Label", metric["MetricName"]),
            "Timestamps": [when for when, _ in rows],
            "Values": [values.stat(stat["Stat"]) for _, values in rows],
            "StatusCode": "Complete",
        }

    def page(self, results: Page, most: int | None) -> tuple[Page, str | None]:
        """First page of at most `most` points; the rest waits under the token."""
        return self._page(results, min(most or MAX_POINTS, MAX_POINTS))

    def next_page(self, token: str) -> tuple[Page, str | None]:
        """Page that a token stands for."""
        if token not in self.pages:
            raise ValidationError("Request parameter NextToken is invalid")
        return self._page(*self.pages.pop(token))

    def _page(self, results: Page, most: int) -> tuple[Page, str | None]:
        now: Page = []
        later: Page = []
        room = most
        for result in results:
            taken = min(room, len(result["Timestamps"]))
            now.append(_cut(result, 0, taken))
            if taken < len(result["Timestamps"]):
                now[-1]["StatusCode"] = "PartialData"
                later.append(_cut(result, taken, None))
            room -= taken
        if not later:
            return now, None
        token = f"page-{len(self.pages)}-{id(later)}"
        self.pages[token] = (later, most)
        return now, token


def _cut(result: dict[str, Any], start: int, end: int | None) -> dict[str, Any]:
    part = slice(start, end)
    return {
        **result,
        "Timestamps": result["Timestamps"][part],
        "Values": result["Values"][part],
    }


def metric_key(namespace: str, name: str, dimensions: Iterable[dict[str, str]] | None) -> Key:
    """Tell metrics apart as CloudWatch does: namespace, name and exact dimensions."""
    return namespace, name, frozenset((d["Name"], d["Value"]) for d in dimensions or ())


def _values(datum: dict[str, Any]) -> Iterable[tuple[float, float, float, float]]:
    """Sum, count, minimum and maximum of each value given."""
    if "StatisticValues" in datum:
        s = {k: float(v) for k, v in datum["StatisticValues"].items()}
        yield s["Sum"], s["SampleCount"], s["Minimum"], s["Maximum"]
    elif datum.get("Values"):
        counts = datum.get("Counts") or [1] * len(datum["Values"])
        for value, count in zip(map(float, datum["Values"]), map(float, counts), strict=True):
            yield value * count, count, value, value
    else:
        value = float(datum["Value"])
        yield value, 1.0, value, value


def as_utc(value: Any) -> datetime:
    """Read a time; one without a zone is UTC, as botocore sends it."""
    time = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
