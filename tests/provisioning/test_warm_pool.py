"""Size of a warm pool from the tail of a forecast."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.provisioning.warm_pool import warm_pool

TIMES = pd.date_range("2026-11-24", periods=48, freq="5min", tz="UTC")
FLOOR = pd.Series(10.0, index=TIMES)
PRICES = {"warm_price": Decimal("0.01"), "shortage_price": Decimal("2")}
BOOT = timedelta(minutes=5)


def units(**quantiles):
    return pd.DataFrame({"timestamp": TIMES, **quantiles})


def calm():
    return units(**{"q0.5": 8.0, "q0.9": 9.0, "q0.99": 10.0})


def wide():
    return units(**{"q0.5": 8.0, "q0.9": 10.0, "q0.99": 16.0})


def test_a_floor_above_the_tail_needs_no_pool():
    pool = warm_pool(calm(), FLOOR, BOOT, **PRICES)
    assert pool.size == 0
    assert pool.cost_month == 0
    assert pool.lacking == 0


def test_the_tail_above_the_floor_is_held_ready():
    pool = warm_pool(wide(), FLOOR, BOOT, **PRICES)
    assert pool.critical_ratio == pytest.approx(0.995)
    assert pool.size == 6
    assert pool.cost_month == Decimal("43.80")  # 6 x 0.01 x 730
    assert pool.saves_month > pool.cost_month


def test_a_dearer_pool_is_smaller():
    dear = PRICES | {"warm_price": Decimal("0.15")}
    sizes = [warm_pool(wide(), FLOOR, BOOT, **p).size for p in (PRICES, dear)]
    assert 0 < sizes[1] < sizes[0]


def test_a_longer_boot_sees_a_surge_come_earlier():
    surge = wide()
    surge["q0.99"] = 10.0
    surge.loc[24, "q0.99"] = 30.0
    price = PRICES | {"warm_price": Decimal("0.04")}
    short, long = (warm_pool(surge, FLOOR, boot, **price) for boot in (BOOT, timedelta(hours=2)))
    assert long.size > short.size


def test_no_more_is_held_than_may_be_in_service():
    assert warm_pool(wide(), FLOOR, BOOT, most=12, **PRICES).size == 2
    assert warm_pool(wide(), FLOOR, BOOT, most=10, **PRICES).size == 0


@pytest.mark.parametrize(
    ("frame", "floor", "says"),
    [
        (units(), FLOOR, "no quantiles"),
        (wide().iloc[:0], FLOOR, "no quantiles"),
        (wide(), FLOOR.iloc[1:], "the floor is not known at 2026-11-24 00:00"),
    ],
)
def test_what_does_not_fit_is_refused(frame, floor, says):
    with pytest.raises(InputError, match=says):
        warm_pool(frame, floor, BOOT, **PRICES)
