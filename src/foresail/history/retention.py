"""Which period CloudWatch still has at which age, and how a range is cut into calls."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from foresail.errors import InputError
from foresail.units import format_duration

# Source: CloudWatch API reference, GetMetricData: how long each period is kept.
RETENTION = (
    (timedelta(minutes=1), timedelta(days=15)),
    (timedelta(minutes=5), timedelta(days=63)),
    (timedelta(hours=1), timedelta(days=455)),
)
MAX_POINTS = 100_800
MAX_QUERIES = 500
_DAY = timedelta(days=1)
_POINTS_IN_DAY = 288  # at 5 minutes
_MARGIN = timedelta(minutes=10)  # a long pull goes on while the oldest data expires
_SLACK = timedelta(hours=1)  # `history: 15d` of 1m periods means all there is, not an error
_HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch ``[start, end)`` and the finest period CloudWatch still has for all of it."""

    start: datetime
    end: datetime
    period: timedelta


def align(when: datetime, period: timedelta) -> datetime:
    """Round a time down to a whole period since the epoch, as CloudWatch does."""
    return _EPOCH + (when - _EPOCH) // period * period


def oldest(period: timedelta, now: datetime) -> datetime:
    """Earliest start for which CloudWatch still answers at this period.

    A call whose StartTime is older comes back empty, not wrong; so never ask for it.

    Raises
    ------
    InputError
        The period is no multiple of a minute.
    """
    for kept, age in reversed(RETENTION):
        if period >= kept and not period % kept:
            return align(now - age + _MARGIN, period) + period
    raise InputError(
        f"CloudWatch keeps no period of {format_duration(period)}",
        cure="use 1m, 5m, 1h or a multiple of one",
    )


def bands(start: datetime, end: datetime, period: timedelta, now: datetime) -> list[Band]:
    """Split ``[start, end)`` by age; each part has the finest period it can be asked at.

    Parameters
    ----------
    start, end
        Aware times; `start` is rounded down to the period of its band.
    period
        The period that is wanted; never finer than that.
    now
        Aware time of asking.

    Returns
    -------
    list of Band
        In order of time, without gap or overlap. What is older than 455 days is left out. A sum
        grows with the period: make it a rate before joining bands.
    """
    found: list[Band] = []
    for part in _coarsening(period):
        # whole hours, so that a coarse period never reaches into the finer band after it
        whole = max(part, _HOUR)
        limit = align(oldest(part, now), whole) + whole
        since = max(align(start, part), limit)
        if since < end:
            found.append(Band(since, end, part))
            end = since
        if end <= start:
            break
    return found[::-1]


def _coarsening(period: timedelta) -> Iterator[timedelta]:
    """Yield the period, then the coarser ones that reach further back and that it divides."""
    yield period
    for kept, _ in RETENTION:
        if kept > period and not kept % period:
            yield kept
            period = kept


def reachable(start: datetime, period: timedelta, now: datetime) -> datetime:
    """Start of the history that can be asked for; errors when only coarser data is left.

    A start up to an hour too old is moved up to the oldest data there is.

    Raises
    ------
    InputError
        When the period is finer than what is kept at the age of `start`.
    """
    limit = oldest(period, now)
    if start >= limit - max(_SLACK, period):
        return max(align(start, period), limit)
    raise InputError(
        f"CloudWatch keeps {format_duration(period)} periods only since {limit:%Y-%m-%d %H:%MZ}, "
        f"but the history is to begin at {start:%Y-%m-%d %H:%MZ}",
        cure=f"shorten history: or use a coarser period{_coarser(start, period, now)}: "
        "5m is kept 63 days, 1h 455 days",
    )


def _coarser(start: datetime, period: timedelta, now: datetime) -> str:
    """Name the period that reaches back to a start, if one does."""
    first = next(iter(bands(start, now, period, now)), None)
    if first is None or first.start > start:
        return ""
    return f", {format_duration(first.period)}"


def most_queries(start: datetime, end: datetime, period: timedelta) -> int:
    """Metrics that go into one call over ``[start, end)``, or over its longest window.

    More metrics in shorter windows would be as many calls, and more metrics to pay for.
    """
    points = min(end - start, _longest(period)) // period
    return max(min(MAX_QUERIES, MAX_POINTS // max(points, 1)), 1)


def _longest(period: timedelta) -> timedelta:
    return max(_DAY, _POINTS_IN_DAY * period)


def windows(
    start: datetime,
    end: datetime,
    period: timedelta,
    queries: int,
    *,
    max_points: int = MAX_POINTS,
    longest: timedelta | None = None,
) -> Iterator[tuple[datetime, datetime]]:
    """Cut ``[start, end)`` into calls of at most a day and 100,800 points over all queries.

    CloudWatch answers short windows fastest. Periods over five minutes get longer windows, of as
    many points as a day has at five minutes.
    """
    longest = longest or _longest(period)
    step = max(min(longest // period, max_points // max(queries, 1)), 1) * period
    while start < end:
        yield start, min(start + step, end)
        start += step
