"""The sandbox's own forecaster behind GetPredictiveScalingForecast: a seasonal mean, by the hour.

AWS's forecaster is not public. This one answers in its shape: hourly, up to 48 hours ahead, from
14 days of the load metric. Each hour is the mean of the same hour of the week, or of the day when
the week has been seen once only.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any

from foresail.sandbox.metrics import Metrics, metric_key

HOUR = timedelta(hours=1)
HISTORY = timedelta(days=14)
LEAST = 24  # hours of history
AHEAD = timedelta(days=2)
Hours = dict[datetime, float]


@dataclass(frozen=True, slots=True)
class Load:
    """Hourly load of a fleet, and how many units serve it when each takes `per_unit`."""

    hours: Hours
    per_unit: float

    def forecast(self, start: datetime, end: datetime) -> tuple[Hours, Hours]:
        """Load and capacity of each whole hour in ``[start, end)``."""
        means = _means(self.hours)
        first = start.replace(minute=0, second=0, microsecond=0)
        first += HOUR if first < start else timedelta(0)
        times = [first + n * HOUR for n in range(max(math.ceil((end - first) / HOUR), 0))]
        load = {time: _mean_of(means, time) for time in times}
        return load, {time: float(math.ceil(v / self.per_unit - 1e-9)) for time, v in load.items()}


def check_span(start: datetime, end: datetime, now: datetime) -> str | None:
    """Why AWS would refuse these times; None when it would not."""
    if start >= end:
        return "EndTime must be after StartTime"
    if end - start > timedelta(days=30):
        return "StartTime and EndTime must be within 30 days"
    if start < now - timedelta(days=366) or end > now + AHEAD:
        return "the times must be from a year back to two days ahead"
    return None


def metric_hours(metrics: Metrics, metric: Mapping[str, Any], stat: str, now: datetime) -> Hours:
    """Hourly values of a metric over the last 14 days; ``Sum``, ``Average`` and so on."""
    key = metric_key(metric["Namespace"], metric["MetricName"], metric.get("Dimensions"))
    end = now.replace(minute=0, second=0, microsecond=0)
    rows = metrics.bins(key, end - HISTORY, end, 3600)
    return {when: values.stat(stat) for when, values in rows}


def total(average: Hours, units: Hours) -> Hours:
    """Average per unit times units, where both are known."""
    return {when: value * units[when] for when, value in average.items() if when in units}


def answer(
    load: tuple[Hours, Hours], specification: Any, now: datetime, stamp: Callable[[datetime], Any]
) -> dict[str, Any]:
    """Shape of the answer of both services; `stamp` writes times as their protocol does."""
    expected, capacity = load
    times = [stamp(time) for time in expected]
    series = {"Timestamps": times, "Values": list(expected.values())}
    return {
        "LoadForecast": [{**series, "MetricSpecification": specification}],
        "CapacityForecast": {"Timestamps": times, "Values": list(capacity.values())},
        "UpdateTime": stamp(now.replace(minute=0, second=0, microsecond=0)),
    }


def _means(hours: Hours) -> dict[tuple[int, ...], float]:
    """Mean by (weekday, hour) where it was seen twice, by (hour,), and of everything ()."""
    groups: dict[tuple[int, ...], list[float]] = defaultdict(list)
    for when, value in hours.items():
        for key in ((when.weekday(), when.hour), (when.hour,), ()):
            groups[key].append(value)
    return {k: fmean(v) for k, v in groups.items() if len(k) < 2 or len(v) > 1}


def _mean_of(means: dict[tuple[int, ...], float], when: datetime) -> float:
    keys = ((when.weekday(), when.hour), (when.hour,), ())
    return next(means[key] for key in keys if key in means)
