"""When storage is full: trend, interval, storage that RDS added, and what is not in sight."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.demand.storage import storage_outlook

GIB = 2.0**30


def measured(used, start="2026-11-01"):
    times = pd.date_range(start, periods=len(used), freq="1h", tz="UTC")
    return pd.DataFrame({"timestamp": times, "value": np.asarray(used, dtype=float)})


def growing(per_day, days=14, at=50.0, noise=0.0, seed=1):
    """Gibibytes in use by the hour."""
    rng = np.random.default_rng(seed)
    steps = per_day / 24 + rng.normal(0, noise / np.sqrt(24), days * 24)
    return at + np.cumsum(steps)


def outlook(used, allocated=100.0, limit=100.0, full=0.9, **options):
    free = measured((allocated - used) * GIB)
    return storage_outlook(free, allocated=allocated * GIB, limit=limit * GIB, full=full, **options)


def test_a_steady_growth_names_the_day():
    found = outlook(growing(2.0, at=50))
    assert found.used / GIB == pytest.approx(78)
    assert found.growth.value / GIB == pytest.approx(2)
    assert found.days == pytest.approx({0.1: 6, 0.5: 6, 0.9: 6}, rel=0.01)
    assert found.dates[0.5] - found.dates[0.1] < timedelta(hours=1)
    assert found.dates[0.5].isoformat()[:10] == "2026-11-20"


def test_the_interval_holds_what_came():
    inside = 0
    for seed in range(40):
        used = growing(1.0, days=60, at=20, noise=1.0, seed=seed)
        known, limit = used[: 20 * 24], 50.0
        found = outlook(known, full=limit / 100, quantiles=(0.05, 0.95))
        later = np.flatnonzero(used >= limit)
        came = (later[0] - len(known) + 1) / 24 if len(later) else np.inf
        inside += found.days[0.05] <= came <= (found.days[0.95] or np.inf)
    assert inside >= 28  # of 40: 90 % asked for, fewer than 20 days to learn from


def test_a_day_of_import_hardly_changes_the_trend():
    used = growing(1.0, days=21, at=10)
    used[10 * 24 :] += 15
    assert outlook(used).growth.value / GIB == pytest.approx(1, rel=0.3)


def test_storage_that_rds_added_is_not_taken_for_less_in_use():
    used = growing(2.0, days=14, at=60)
    allocated = np.where(used > 75, 110.0, 100.0)
    frame = measured((allocated - used) * GIB)
    found = storage_outlook(frame, allocated=110 * GIB, limit=200 * GIB)
    assert found.growth.value / GIB == pytest.approx(2, rel=0.05)
    assert found.used / GIB == pytest.approx(88)


def test_max_allocated_storage_moves_the_day_and_says_when_rds_adds():
    plain, scaled = outlook(growing(2.0)), outlook(growing(2.0), limit=200.0)
    assert plain.enlarged is None
    assert scaled.days[0.5] == pytest.approx(plain.days[0.5] + 45, rel=0.01)
    assert (scaled.enlarged - plain.dates[0.5]).total_seconds() == pytest.approx(0, abs=3600)
    full = outlook(growing(2.0, at=70), limit=200.0)
    assert full.enlarged == pd.Timestamp("2026-11-14T23:00Z")


def test_an_aurora_volume_is_measured_by_what_is_in_use():
    frame = measured(growing(2.0, at=1000) * GIB)
    found = storage_outlook(frame, allocated=None, limit=2048 * GIB, full=0.5)
    assert found.used / GIB == pytest.approx(1028)
    assert found.reason == "50% is reached already"
    assert found.days[0.1] == 0


def test_what_shrinks_or_stands_is_not_in_sight():
    for per_day in (0.0, -1.0):
        found = outlook(growing(per_day))
        assert set(found.days.values()) == {None}
        assert found.reason == "90% is not in sight"
    doubtful = outlook(growing(0.02, noise=1.0, seed=2))
    assert None in doubtful.days.values()


def test_too_few_days_are_told():
    found = outlook(growing(2.0, days=4))
    assert (found.growth, found.days[0.5]) == (None, None)
    assert found.reason == "4 days are known, 6 are needed"
