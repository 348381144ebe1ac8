from datetime import timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.demand.gaps import LATE, fill_missing, unusual_silence
from foresail.errors import InputError

quick = settings(deadline=None, max_examples=40)  # other work shares the machine
PERIOD = timedelta(minutes=5)
START = pd.Timestamp("2026-03-08 00:00", tz="UTC")


def frame(points: dict[int, float]) -> pd.DataFrame:
    times = pd.DatetimeIndex([START + n * PERIOD for n in sorted(points)], tz="UTC").as_unit("us")
    return pd.DataFrame(
        {"series": "web", "timestamp": times, "value": [points[n] for n in sorted(points)]}
    ).astype({"series": "str", "value": float})


def plain(found: pd.DataFrame) -> dict[int, float]:
    numbers = (found["timestamp"] - START) // pd.Timedelta(PERIOD)
    return dict(zip(numbers, found["value"], strict=True))


POINTS = st.dictionaries(st.integers(0, 40), st.floats(1, 9), min_size=1)


@quick
@given(POINTS)
def test_zero_fills_between_and_changes_no_value(points):
    found = plain(fill_missing(frame(points), "zero", PERIOD))
    assert found == {n: points.get(n, 0.0) for n in range(min(points), max(points) + 1)}


@quick
@given(POINTS, st.integers(0, 80))
def test_silence_counts_up_to_the_end_but_for_what_may_be_late(points, end):
    found = plain(fill_missing(frame(points), "zero", PERIOD, end=START + end * PERIOD))
    last, times = max(points), sorted(points)
    usual = max((b - a for a, b in pairwise(times)), default=1) - 1
    silence = end - last - 1
    until = last + 1 if silence > usual else max(last + 1, end - LATE // PERIOD)
    assert found == {n: points.get(n, 0.0) for n in range(min(points), min(until, end))}


@quick
@given(POINTS, st.integers(0, 300))
def test_a_silence_longer_than_any_before_is_unusual_unless_it_may_be_late(points, end):
    times = frame(points)["timestamp"]
    found = unusual_silence(times, PERIOD, (START + end * PERIOD).to_pydatetime())
    silence = (end - max(points) - 1) * PERIOD
    usual = max(((b - a - 1) * PERIOD for a, b in pairwise(sorted(points))), default=LATE)
    assert found == (silence if silence > max(usual, LATE) else timedelta(0))


def test_a_metric_that_sent_all_day_and_stopped_is_not_filled():
    points = dict.fromkeys(range(288), 5.0)
    end = START + 400 * PERIOD
    assert plain(fill_missing(frame(points), "zero", PERIOD, end=end)) == points
    slept = {n: 5.0 for n in points if not 100 <= n < 220}  # it has been silent for as long before
    assert max(plain(fill_missing(frame(slept), "zero", PERIOD, end=end))) == 399 - LATE // PERIOD


@quick
@given(POINTS)
def test_a_gap_stays_a_gap(points):
    assert plain(fill_missing(frame(points), "gap", PERIOD)) == points


def test_start_and_end_cut():
    cut = fill_missing(
        frame({0: 1, 3: 4, 6: 7}), "zero", PERIOD, START + PERIOD, START + 4 * PERIOD
    )
    assert plain(cut) == {1: 0, 2: 0, 3: 4}


def test_nothing_stays_nothing():
    empty = frame({0: 1}).iloc[:0]
    assert fill_missing(empty, "zero", PERIOD, end=START + timedelta(days=1)).empty


@pytest.mark.parametrize("minutes", [0, -5, 7])
def test_doubled_unsorted_and_off_grid_times_are_named(minutes):
    bad = pd.concat([frame({0: 1, 1: 2})] * 2, ignore_index=True).iloc[:3]
    bad.loc[2, "timestamp"] = START + PERIOD + timedelta(minutes=minutes)
    with pytest.raises(InputError, match="'web': the timestamp 2026-03-08 00:"):
        fill_missing(bad, "zero", PERIOD)


def test_units_of_time_do_not_matter():
    nano = frame({0: 1, 2: 3})
    nano["timestamp"] = nano["timestamp"].dt.as_unit("ns")
    assert np.array_equal(fill_missing(nano, "zero", PERIOD)["value"], [1, 0, 3])
