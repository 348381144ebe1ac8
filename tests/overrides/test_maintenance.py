"""Maintenance windows come in the zone of their service, also when clocks change."""

from datetime import UTC, datetime, timedelta

from foresail.config import ServiceConfig
from foresail.overrides.maintenance import window_at, windows

TIER = {
    "name": "web", "max": 9, "unit_capacity": "9 requests/s",
    "target": {"type": "ec2-auto-scaling-group", "name": "web"},
    "demand": {"namespace": "Shop", "metric": "Calls"},
}  # fmt: skip


def service(*maintenance, timezone="America/New_York"):
    return ServiceConfig.model_validate(
        {"name": "shop", "timezone": timezone, "tiers": [TIER], "maintenance": maintenance}
    )


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_a_recurring_window_keeps_its_local_hour():
    made = service({"cron": "0 3 * * SUN", "duration": "2h"})
    found = windows(made, utc(2026, 10, 24), utc(2026, 11, 9))
    assert [start for start, _ in found] == [
        utc(2026, 10, 25, 7), utc(2026, 11, 1, 8), utc(2026, 11, 8, 8)
    ]  # fmt: skip
    assert all(end - start == timedelta(hours=2) for start, end in found)


def test_windows_that_meet_are_one_and_the_zone_of_a_window_counts_before_the_services():
    first = {"start": "2026-11-24T22:00", "duration": "2h"}
    second = {"start": "2026-11-25T05:00", "duration": "3h", "timezone": "UTC"}
    assert windows(service(first, second), utc(2026, 11, 24), utc(2026, 11, 26)) == [
        (utc(2026, 11, 25, 3), utc(2026, 11, 25, 8))
    ]


def test_the_window_that_is_open_is_told_with_its_reason_until_its_end():
    made = service({"cron": "0 22 * * *", "duration": "8h", "reason": "database upgrade"})
    during = utc(2026, 11, 25, 10, 59)
    assert window_at(made, during) == (
        (utc(2026, 11, 25, 3), utc(2026, 11, 25, 11)), "database upgrade"
    )  # fmt: skip
    assert window_at(made, utc(2026, 11, 25, 11)) is None
    assert window_at(made, utc(2026, 11, 25, 2, 59)) is None
    assert window_at(made, utc(2026, 11, 25, 3)) is not None
