import subprocess
import sys
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.demand.demand import demand_frame
from foresail.errors import InputError

quick = settings(deadline=None, max_examples=40)  # other work shares the machine
PERIOD = timedelta(minutes=5)
START = pd.Timestamp("2026-03-08 00:00", tz="UTC")


def frame(points: dict[int, float], series: str = "shop/web/RequestCount") -> pd.DataFrame:
    times = pd.DatetimeIndex([START + n * PERIOD for n in points], tz="UTC").as_unit("us")
    data = {"series": series, "timestamp": times, "value": list(points.values())}
    return pd.DataFrame(data).astype({"series": "str", "value": float})


def plain(found: pd.DataFrame) -> dict[int, float]:
    numbers = (found["timestamp"] - START) // pd.Timedelta(PERIOD)
    return dict(zip(numbers, found["value"], strict=True))


def censored(found: pd.DataFrame) -> list[bool]:
    return found["censored"].tolist()


@pytest.mark.parametrize("stat", ["Sum", "SampleCount"])
@quick
@given(minutes=st.sampled_from([1, 5, 60]), rate=st.floats(0, 1e6))
def test_counts_become_per_second_at_any_period(stat, minutes, rate):
    period = timedelta(minutes=minutes)
    found = demand_frame(frame({0: rate * minutes * 60}), stat=stat, period=period)
    assert found["value"].iloc[0] == pytest.approx(rate)


@pytest.mark.parametrize("stat", ["Average", "Maximum", "Minimum", "p95"])
def test_levels_keep_their_unit(stat):
    assert plain(demand_frame(frame({0: 7, 1: 8}), stat=stat, period=PERIOD)) == {0: 7, 1: 8}


def test_columns_and_types():
    found = demand_frame(frame({0: 7}), stat="Sum", period=PERIOD)
    assert list(found.columns) == ["series", "timestamp", "value", "censored"]
    assert found["censored"].dtype == bool
    assert found["series"].tolist() == ["shop/web/RequestCount"]
    assert str(found["timestamp"].dt.tz) == "UTC"


SMALL = st.dictionaries(st.integers(0, 12), st.floats(0, 100), min_size=1, max_size=12)


@quick
@given(SMALL, SMALL)
def test_demand_is_utilisation_times_units_and_missing_where_either_is(busy, units):
    busy, units = dict(sorted(busy.items())), dict(sorted(units.items()))
    found = demand_frame(frame(busy), stat="Average", period=PERIOD, scale_by=frame(units))
    assert plain(found) == {n: busy[n] * units[n] for n in busy if n in units}


def test_more_capacity_for_the_same_work_is_the_same_demand():
    units = frame({0: 10, 1: 20})
    found = demand_frame(frame({0: 60, 1: 30}), stat="Average", period=PERIOD, scale_by=units)
    assert plain(found) == {0: 600, 1: 600}


def test_silence_is_zero_only_when_the_metric_says_so():
    metric, end = frame({1: 300, 7: 600}), START + 12 * PERIOD
    zero = demand_frame(metric, stat="Sum", period=PERIOD, missing="zero", start=START, end=end)
    assert plain(zero) == {1: 1, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 2, 8: 0}
    gap = demand_frame(metric, stat="Sum", period=PERIOD, start=START, end=end)
    assert plain(gap) == {1: 1, 7: 2}


def test_at_maximum_and_busy_is_censored():
    metric = frame(dict.fromkeys(range(5), 1.0))
    found = demand_frame(
        metric,
        stat="Sum",
        period=PERIOD,
        capacity=frame({0: 10, 1: 10, 2: 9, 3: 10}),
        at_max=10,
        utilization=frame({0: 0.95, 1: 0.9, 2: 0.95, 4: 0.99}),
    )
    assert censored(found) == [True, False, False, False, False]


def test_the_maximum_may_change_over_time():
    found = demand_frame(
        frame({0: 1, 1: 1}),
        stat="Sum",
        period=PERIOD,
        capacity=frame({0: 10, 1: 10}),
        at_max=frame({0: 10, 1: 20}),
        utilization=frame({0: 0.95, 1: 0.95}),
    )
    assert censored(found) == [True, False]


def test_throttled_is_censored_without_any_capacity():
    throttled = frame({0: 0, 1: 3})
    metric = frame({0: 1, 1: 1, 2: 1})
    found = demand_frame(metric, stat="Sum", period=PERIOD, throttled=throttled)
    assert censored(found) == [False, True, False]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1.0])
def test_no_demand_is_named_by_series_and_time(bad):
    with pytest.raises(InputError, match=r"'shop/web/RequestCount' at 2026-03-08 00:05.* no dem"):
        demand_frame(frame({0: 1, 1: bad}), stat="Sum", period=PERIOD)
    with pytest.raises(InputError, match="is no number of units"):
        demand_frame(frame({0: 1}), stat="Average", period=PERIOD, scale_by=frame({0: bad}))


def test_several_series_and_naive_times_are_refused():
    with pytest.raises(InputError, match="2 series where one is expected"):
        demand_frame(pd.concat([frame({0: 1}), frame({1: 1}, "b")]), stat="Sum", period=PERIOD)
    naive = frame({0: 1})
    naive["timestamp"] = naive["timestamp"].dt.tz_localize(None)
    with pytest.raises(InputError, match="no time zone"):
        demand_frame(naive, stat="Sum", period=PERIOD)


def test_the_input_is_left_as_it_was():
    metric, units = frame({0: 1, 2: 3}), frame({0: 2})
    before = metric.copy()
    demand_frame(metric, stat="Sum", period=PERIOD, missing="zero", scale_by=units)
    pd.testing.assert_frame_equal(metric, before)


def test_empty_stays_empty():
    empty = frame({0: 1}).iloc[:0]
    assert demand_frame(empty, stat="Sum", period=PERIOD, missing="zero").empty


def test_real_requests_are_rates(trace):
    history = trace("elb_request_count_8c0756")
    found = demand_frame(history, stat="Sum", period=PERIOD, missing="zero")
    assert found["value"].sum() * 300 == pytest.approx(history["value"].sum())
    assert (found["timestamp"].diff().dropna() == pd.Timedelta(PERIOD)).all()


def test_demand_is_pure():
    code = "import sys, foresail.demand.demand; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
