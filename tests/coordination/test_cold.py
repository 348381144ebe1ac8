from datetime import timedelta

import pandas as pd
import pytest

from foresail.coordination.cold import cold_share

START = pd.Timestamp("2026-11-09", tz="UTC")
TIMES = pd.date_range(START, periods=24, freq="5min")
LEAD, WARM_UP = timedelta(minutes=30), timedelta(minutes=20)


def need(steps):
    """`steps`: units by minutes after START."""
    starts = [START + pd.Timedelta(minutes=m) for m in steps]
    ends = [*starts[1:], START + pd.Timedelta(hours=3)]
    return pd.DataFrame(
        {"series": "cache", "start": starts, "end": ends, "needed": list(steps.values())}
    )


def cold(steps):
    share = cold_share(need(steps), LEAD, WARM_UP, TIMES)
    return {int((t - START).total_seconds() / 60): s for t, s in share.items() if s}


def test_a_rise_is_cold_from_service_until_the_lead_is_over():
    assert cold({0: 2, 20: 3}) == pytest.approx({30: 1 / 3, 35: 1 / 3, 40: 1 / 3, 45: 1 / 3})


def test_a_fall_and_a_steady_cache_are_warm():
    assert cold({0: 3, 20: 2}) == {}
    assert cold({0: 3}) == {}


def test_of_two_rises_the_colder_counts():
    assert cold({0: 1, 20: 2, 30: 3})[40] == pytest.approx(1 / 2)
    assert cold({0: 1, 20: 2, 30: 3})[50] == pytest.approx(1 / 3)


def test_a_cache_from_nothing_is_all_cold():
    assert set(cold({0: 0, 20: 2}).values()) == {1.0}
