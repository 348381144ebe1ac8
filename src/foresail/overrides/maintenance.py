"""Maintenance windows of a service: when nothing is written and no floor falls."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from foresail.config import ServiceConfig
from foresail.config.maintenance import MaintenanceConfig
from foresail.plan.bounds import Window
from foresail.targets.cron import occurrences

ONE = timedelta(minutes=1)  # a recurrence is asked for strictly between its bounds


def windows(service: ServiceConfig, start: datetime, end: datetime) -> list[Window]:
    """List the windows of a service that touch ``[start, end]``; those that meet are one."""
    found = sorted(
        window for one in service.maintenance for window in _windows(one, service, start, end)
    )
    merged: list[Window] = []
    for begin, finish in found:
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], finish))
        else:
            merged.append((begin, finish))
    return merged


def window_at(service: ServiceConfig, now: datetime) -> tuple[Window, str] | None:
    """Window that is open now, the one that ends last, with its reason; None when none is."""
    open_now = [
        (window, one.reason)
        for one in service.maintenance
        for window in _windows(one, service, now, now)
    ]
    return max(open_now, key=lambda found: found[0][1], default=None)


def _windows(
    one: MaintenanceConfig, service: ServiceConfig, start: datetime, end: datetime
) -> Iterator[Window]:
    for begin in _begins(one, service, start, end):
        if begin <= end and begin + one.duration > start:
            yield begin, begin + one.duration


def _begins(
    one: MaintenanceConfig, service: ServiceConfig, start: datetime, end: datetime
) -> Iterator[datetime]:
    zone = one.timezone or service.timezone
    if one.start is not None:
        local = one.start if one.start.tzinfo else one.start.replace(tzinfo=ZoneInfo(zone))
        yield local.astimezone(UTC)
    if one.cron is not None:
        yield from occurrences(one.cron, zone, start - one.duration - ONE, end + ONE)
