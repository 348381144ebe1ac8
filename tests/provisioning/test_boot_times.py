"""Quantiles of boot times, their bounds, and what cannot be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.provisioning.boot_times import BootTimes, boot_times
from foresail.provisioning.launches import Launch

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECONDS = st.lists(st.floats(0, 7200), min_size=1, max_size=40).map(
    lambda values: BootTimes(tuple(sorted(values)))
)


def launch(seconds, *, succeeded=True):
    return Launch(AT, AT + timedelta(seconds=seconds), succeeded)


def test_failed_launches_are_counted_and_shape_no_quantile():
    alone = boot_times([launch(s) for s in (60, 90, 120)])
    mixed = boot_times([launch(120), launch(3600, succeeded=False), launch(60), launch(90)])
    assert mixed.failed == 1
    assert mixed.count == 3
    assert mixed.seconds == alone.seconds
    assert mixed.quantile(0.95) == timedelta(seconds=120)


def test_a_quantile_is_a_launch_that_happened_not_a_mean_of_two():
    assert BootTimes((60.0, 3600.0)).quantile(0.95) == timedelta(hours=1)
    assert BootTimes((60.0, 3600.0)).quantile(0.5) == timedelta(minutes=1)


@settings(max_examples=40, deadline=None)
@given(SECONDS)
def test_bounds_hold_the_quantile_and_rise_with_the_level(boots):
    before = timedelta(0)
    for level in (0.1, 0.5, 0.95):
        low, high = boots.interval(level)
        assert low <= boots.quantile(level) <= high
        assert boots.quantile(level) >= before
        assert high.total_seconds() <= boots.seconds[-1] + 1e-6  # timedelta counts microseconds
        before = boots.quantile(level)


def test_the_bounds_of_the_median_hold_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(100):
        boots = BootTimes(tuple(sorted(rng.lognormal(5, 0.4, 40))))
        low, high = boots.interval(0.5)
        held += low.total_seconds() <= np.exp(5) <= high.total_seconds()
    assert held >= 88


def test_the_same_launches_give_the_same_bounds():
    boots = BootTimes(tuple(float(s) for s in range(60, 90)))
    assert boots.interval(0.95) == boots.interval(0.95)


def test_json_has_count_failures_and_bounds():
    told = BootTimes((60.0, 90.0), failed=3).to_json()
    assert (told["count"], told["failed"]) == (2, 3)
    assert told["p50"]["seconds"] == 60
    assert told["p95"]["high"] == 90
    assert BootTimes(()).to_json() == {"count": 0, "failed": 0}


@pytest.mark.parametrize(("boots", "level"), [(BootTimes(()), 0.5), (BootTimes((1.0,)), 95)])
def test_nothing_is_said_without_launches_or_a_share(boots, level):
    with pytest.raises(InputError):
        boots.quantile(level)
