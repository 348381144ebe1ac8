"""Which launches count, and as what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from foresail.provisioning.launches import Launch, cold_first

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


def launch(seconds, *, kind="cold", succeeded=True):
    return Launch(AT, AT + timedelta(seconds=seconds), succeeded, kind)


def test_a_launch_that_failed_or_ends_before_it_began_took_no_time():
    assert launch(90).took == timedelta(seconds=90)
    assert launch(90, succeeded=False).took is None
    assert launch(-1).took is None
    assert Launch(AT, None, True).took is None


def test_cold_launches_count_even_where_warm_ones_are_more():
    cold, warm = [launch(300)] * 10, [launch(30, kind="warm")] * 40
    assert cold_first(cold + warm, 10) == (cold, "cold")


def test_warm_launches_count_where_hardly_a_cold_one_is_known():
    warm = [launch(30, kind="warm")] * 12
    assert cold_first([launch(300), *warm], 10) == (warm, "warm")
    assert cold_first([], 10) == ([], "cold")
