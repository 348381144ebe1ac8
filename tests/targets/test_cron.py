"""When recurrences fire, as each service writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foresail.errors import InputError
from foresail.targets.cron import occurrences

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)  # a Friday
WEEK = NOW + timedelta(days=7)


def fires(recurrence, zone=None):
    return [f"{when:%a %H%M}" for when in occurrences(recurrence, zone, NOW, WEEK)]


@pytest.mark.parametrize(
    ("aws", "zone", "unix"),
    [
        ("cron(0 7 ? * MON-FRI *)", "UTC", "0 7 * * MON-FRI"),
        ("cron(0 7 ? * 2-6 2026-2027)", None, "0 7 * * 1-5"),  # AWS counts from Sunday, 1
        ("cron(15/20 7 ? * 1,7 2026)", "Asia/Kolkata", "15/20 7 * * 0,6"),
        ("cron(0 0/12 * * ? *)", "Europe/Berlin", "0 0/12 * * *"),
        ("cron(0 7 ? * 6#4 *)", None, "0 7 * * 5#4"),
    ],
)
def test_six_fields_fire_as_their_five(aws, zone, unix):
    assert fires(aws, zone) == fires(unix, zone)
    assert fires(aws, zone)


@pytest.mark.parametrize(
    "schedule",
    [
        "rate(1 hour)",  # counts from when it was made, which AWS does not tell
        "cron(0 7 15W * ? *)",
        "cron(0 7 ? * MON 2027)",
        "cron(0 7 ? * MON)",
        "at(2026-11-21T07:00:00)",
    ],
)
def test_what_cannot_be_told_yields_nothing_and_stops_no_plan(schedule):
    assert fires(schedule) == []


def test_a_zone_that_only_aws_knows_yields_nothing():
    assert fires("cron(0 7 ? * MON *)", "Nowhere/Known") == []


def test_a_unix_cron_that_cannot_be_read_is_told():
    with pytest.raises(InputError, match="'whenever' cannot be read"):
        fires("whenever")
