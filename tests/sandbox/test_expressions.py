"""at(), rate() and cron(): what is refused, and when the rest runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresail.sandbox.expressions import read

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-01T09:30:00", "at(2026-12-01)", "at(2026-13-01T00:00:00)",
        "at(2026-12-01T09:30:00Z)", "rate(0 minutes)", "rate(1 hours)", "rate(2 hour)",
        "rate(5 seconds)", "cron(0 7 * * *)", "cron(0 7 * * * *)", "cron(0 7 ? * ? *)",
        "cron(61 7 * * ? *)", "cron(0 7 ? * 0 *)", "cron(0 7 ? * 8 *)", "cron(0 7 ? * MAN *)",
    ],
)  # fmt: skip
def test_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        read(text, None)


def test_an_unknown_zone_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        read("at(2026-12-01T09:30:00)", "Mars/Olympus")


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("at(2026-12-01T09:30:00)", "America/New_York", "2026-12-01T14:30"),
        ("at(2026-12-01T09:30:00)", "US/Pacific-New", "2026-12-01T17:30"),
        ("cron(30 7 * * ? *)", "Europe/Berlin", "2026-10-31T06:30"),
        ("cron(0 0/2 ? * MON-FRI *)", None, "2026-10-30T14:00"),
        ("cron(0 9 ? * 1 *)", None, "2026-11-01T09:00"),  # 1 is Sunday
        ("cron(0 9 ? * 7 *)", None, "2026-10-31T09:00"),
        ("cron(0 9 1 1 ? 2028)", None, "2028-01-01T09:00"),
        ("rate(5 hours)", None, "2026-10-30T13:00"),  # from the anchor, 8:00
    ],
)
def test_the_next_run(text, zone, expected):
    found = read(text, zone).after(NOW, NOW - timedelta(hours=4))
    assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_what_is_over_runs_no_more():
    assert read("at(2026-10-30T12:00:00)", None).after(NOW, NOW) is None
    assert read("cron(0 9 1 1 ? 2026)", None).after(NOW, NOW) is None


@given(
    st.integers(2, 50),
    st.sampled_from(["minute", "hour", "day"]),
    st.integers(-3_000_000, 3_000_000),
)
def test_a_rate_runs_at_even_distances_from_its_anchor(count, unit, minutes):
    anchor = NOW + timedelta(minutes=minutes)
    expression, runs = read(f"rate({count} {unit}s)", None), [NOW]
    for _ in range(4):
        runs.append(expression.after(runs[-1], anchor))
    step = count * timedelta(**{f"{unit}s": 1})
    assert all(later - earlier == step for earlier, later in pairwise(runs[1:]))
    assert all((run - anchor) % step == timedelta(0) for run in runs[1:])
    assert runs[1] > NOW
