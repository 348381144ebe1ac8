"""Durations and rates as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.units import format_duration, parse_duration, parse_rate


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("10m", 600), ("10min", 600), ("48h", 172800), ("1.5 d", 129600)],
)
def test_durations(text, seconds):
    assert parse_duration(text) == timedelta(seconds=seconds)


@given(st.integers(0, 10**7))
def test_a_formatted_duration_parses_back(seconds):
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize("text", ["", "10", "m", "-5m", "10 parsecs", "1e400s"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(InputError, match="is not a duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "amount", "unit", "per_second"),
    [
        ("120 requests/s", 120, "requests", True),
        ("7200 requests/min", 120, "requests", True),
        ("100 %", 100, "%", False),
        (50, 50, "", False),
        ("6.1e-05 requests/s", 6.1e-05, "requests", True),
    ],
)
def test_rates(text, amount, unit, per_second):
    rate = parse_rate(text)
    assert (rate.amount, rate.unit, rate.per_second) == (amount, unit, per_second)


def test_a_duration_beyond_any_use_is_refused():
    with pytest.raises(InputError, match="longer than 3660 days"):
        parse_duration("99999999d")


@pytest.mark.parametrize(
    "text", ["", "requests/s", "0 requests/s", "-1", "5 requests/fortnight", "nan", "1e999"]
)
def test_what_is_no_rate_is_refused(text):
    with pytest.raises(InputError, match="is not a rate above zero"):
        parse_rate(text)
