"""Which period CloudWatch still has at which age, and how a range is cut into calls."""

from __future__ import annotations

from collections.abc import Iterator
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
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def align(when: datetime, period: timedelta) -> datetime:
    """Round a time down to a whole period since the epoch, as CloudWatch does."""
    return _EPOCH + (when - _EPOCH) // period * period


def oldest(period: timedelta, now: datetime) -> datetime:
    """Earliest start for which CloudWatch still answers at this period.

    A call whose StartTime is older comes back empty, not wrong; so never ask for it.
    """
    for kept, age in reversed(RETENTION):
        if period >= kept and not period % kept:
            return align(now - age, period) + period
    raise InputError(
        f"CloudWatch keeps no period of {format_duration(period)}",
        cure="use 1m, 5m, 1h or a multiple of one",
    )


def reachable(start: datetime, period: timedelta, now: datetime) -> datetime:
    """Start of the history that can be asked for; errors when only coarser data is left.

    Raises
    ------
    InputError
        When the period is finer than what is kept at the age of `start`.
    """
    limit = oldest(period, now)
    if start >= limit:
        return align(start, period)
    raise InputError(
        f"CloudWatch keeps {format_duration(period)} periods only since {limit:%Y-%m-%d %H:%MZ}, "
        f"but the history is to begin at {start:%Y-%m-%d %H:%MZ}",
        cure="shorten history: or use a coarser period: 5m is kept 63 days, 1h 455 days",
    )


def windows(
    start: datetime,
    end: datetime,
    period: timedelta,
    queries: int,
    longest: timedelta = timedelta(days=1),
) -> Iterator[tuple[datetime, datetime]]:
    """Cut ``[start, end)`` into calls of at most a day and 100,800 points over all queries.

    CloudWatch answers one-day windows fastest, and a cut run has lost one window at most.
    """
    points = max(MAX_POINTS // max(queries, 1), 1)
    step = max(min(longest // period, points), 1) * period
    while start < end:
        yield start, min(start + step, end)
        start += step
