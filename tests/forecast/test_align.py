"""From a history to blocks: who stands together, gaps, local hours, changes of the clocks."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.forecast.align import blocks, days_of, hours_of, wall_grid, window_of
from foresail.forecast.window import Clock

HOUR = timedelta(hours=1)
BERLIN = "Europe/Berlin"


def frame(series="web", end="2026-11-16T00:00Z", count=48, freq="1h", **columns):
    period = pd.Timedelta(freq)
    times = pd.date_range(end=pd.Timestamp(end) - period, periods=count, freq=period)
    values = np.arange(count, dtype=float)
    return pd.DataFrame({"series": series, "timestamp": times, "value": values, **columns})


def clock(origin, period="1h", zone="UTC"):
    return Clock(pd.Timestamp(origin), pd.Timedelta(period), zone)


def laid(*frames, period=HOUR, timezone="UTC"):
    return list(blocks(pd.concat(frames, ignore_index=True), period, timezone))


def test_series_that_end_together_stand_together():
    (block,) = laid(frame("b"), frame("a", count=30))
    assert block.names == ("b", "a")
    assert block.values.shape == (2, 48)
    assert np.isnan(block.values[1, :18]).all()
    assert block.values[1, 18:].tolist() == list(range(30))
    assert block.known.tolist() == [48, 30]
    assert block.clock.origin == pd.Timestamp("2026-11-16T00:00Z")


def test_another_end_or_another_zone_is_another_block():
    made = laid(
        frame("a"), frame("b"), frame("c", end="2026-11-15T00:30Z"),
        timezone={"b": BERLIN, "nobody": "Asia/Kolkata"},
    )  # fmt: skip
    assert {b.names: (b.clock.origin.isoformat(), b.clock.timezone) for b in made} == {
        ("c",): ("2026-11-15T00:30:00+00:00", "UTC"),
        ("b",): ("2026-11-16T00:00:00+00:00", BERLIN),
        ("a",): ("2026-11-16T00:00:00+00:00", "UTC"),
    }


# bug: a longer neighbour lengthened the window of a series, and changed what experts said of it
def test_a_longer_neighbour_is_no_reason_to_look_further_back():
    made = laid(frame("long", count=28 * 24), frame("short", count=14 * 24), frame("new", count=50))
    assert {b.names: b.values.shape[1] for b in made} == {
        ("long",): 28 * 24,
        ("short", "new"): 14 * 24,
    }


def test_gaps_are_nan_and_interleaved_rows_find_their_series():
    first, second = frame("a").drop(index=[3, 4, 20]), frame("b")
    mixed = pd.concat([first, second]).sort_values("timestamp", kind="stable")
    (block,) = laid(mixed)
    assert np.flatnonzero(np.isnan(block.values[0])).tolist() == [3, 4, 20]
    assert not np.isnan(block.values[1]).any()
    (again,) = laid(first, second)
    np.testing.assert_array_equal(again.values, block.values)


def test_censored_values_are_marked():
    (block,) = laid(frame(censored=[False] * 47 + [True]))
    assert np.flatnonzero(block.hidden[0]).tolist() == [47]
    (plain,) = laid(frame())
    assert not plain.hidden.any()


# bug: where only some series have the column, the others were taken to be hidden throughout
def test_without_a_mark_nothing_is_censored():
    (block,) = laid(frame("a", censored=[False] * 47 + [True]), frame("b"))
    assert block.hidden.sum(axis=1).tolist() == [1, 0]


# bug: this was a bare error of the zoneinfo module
@pytest.mark.parametrize("zone", ["Mars/Base", "", "../etc", "Europe"])
def test_a_zone_that_is_none_is_named(zone):
    for timezone in (zone, {"web": zone}):
        with pytest.raises(InputError, match=f"'{zone}' is no time zone"):
            laid(frame(), timezone=timezone)


@pytest.mark.parametrize(
    ("periods", "period", "days"),
    [(2, "1D", 14), (14 * 24, "1h", 14), (14 * 24 + 1, "1h", 15), (63 * 288, "5min", 28)],
)
def test_two_to_four_weeks_are_looked_at(periods, period, days):
    assert days_of(periods, pd.Timedelta(period)) == days


@pytest.mark.parametrize("period", ["1min", "5min", "7min", "15min", "30min", "45min", "1h"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_hours_are_means_of_their_periods(period, zone):
    at = clock("2026-11-16T09:35Z", period, zone)
    count = int(pd.Timedelta("3D") / at.period)
    value = np.asarray((at.origin - at.past(count)) / pd.Timedelta("1h"))  # hours before the origin
    hours = hours_of(value[None, :], at, 14)[0]
    assert np.isnan(hours[: 11 * 24]).all()
    centre = np.arange(72, 0, -1) - 0.5
    assert np.abs(hours[-71:] - centre[-71:]).max() <= at.period / pd.Timedelta("1h")
    if period != "7min":
        assert np.isfinite(hours[-72:]).all()


@pytest.mark.parametrize("period", ["90min", "2h", "3h", "6h", "12h", "1D"])
def test_long_periods_count_for_each_of_their_hours(period):
    at = clock("2026-11-16T09:35Z", period)
    width = at.period / pd.Timedelta("1h")
    count = int(pd.Timedelta("15D") / at.period)
    hours = hours_of(np.arange(count, 0.0, -1.0)[None, :], at, 14)[0]
    assert hours.tolist() == np.ceil(np.arange(14 * 24, 0, -1) / width - 1e-9).tolist()


@pytest.mark.parametrize("period", ["5min", "30min", "1h", "2h", "3h"])
@pytest.mark.parametrize(
    ("zone", "origin"),
    [
        (BERLIN, "2026-10-27T00:00Z"),
        (BERLIN, "2026-03-31T00:00Z"),
        ("America/New_York", "2026-11-03T00:00Z"),
        ("Asia/Kolkata", "2026-11-03T00:30Z"),
    ],
)
# bug: periods over an hour were counted in UTC, and moved by an hour when the clocks did
def test_hours_keep_their_local_time_over_a_change_of_the_clocks(period, zone, origin):
    at = clock(origin, period, zone)
    count = int(pd.Timedelta("14D") / at.period)
    local = at.past(count).tz_convert(zone)
    value = (local.hour + local.minute / 60 + at.period / pd.Timedelta("2h")).to_numpy()
    hours = hours_of(value[None, :], at, 14)[0]
    expected = (at.local.hour + np.arange(-14 * 24, 0)) % 24 + 0.5
    known = np.isfinite(hours)
    assert known.sum() >= 13 * 24 - 1
    off = np.abs((hours - expected)[known])
    width = max(at.period / pd.Timedelta("1h"), 1.0)
    assert (np.minimum(off, 24 - off) > width / 2 + 1e-9).sum() <= 2 * width  # around the change


@pytest.mark.parametrize(
    ("zone", "origin", "gap", "slot"),
    [
        (BERLIN, "2026-10-26T00:00Z", False, 2),
        (BERLIN, "2026-03-30T00:00Z", True, 2),
        ("America/New_York", "2026-11-02T06:00Z", False, 1),
        ("America/New_York", "2026-03-09T06:00Z", True, 2),
    ],
)
def test_the_doubled_hour_is_averaged_and_the_missing_one_a_gap(zone, origin, gap, slot):
    at = clock(origin, "5min", zone)
    local = at.past(14 * 288).tz_convert(zone)
    first = local.map(lambda one: one.utcoffset().total_seconds())
    value = np.asarray(first / 3600, dtype=float)
    grid = wall_grid(value[None, :], at, 14)[0]
    assert grid.shape == (14 * 288,)
    midnight = len(grid) - 12 * at.local.hour
    day = grid[midnight - 288 : midnight].reshape(24, 12)
    before, after = value[0], value[-1]
    if gap:
        assert np.isnan(day[slot]).all()
        assert np.isfinite(np.delete(day, slot, 0)).all()
    else:
        assert np.allclose(day[slot], (before + after) / 2)
    assert (day[:slot] == before).all()
    assert (day[slot + 1 :] == after).all()


def test_the_half_hour_of_lord_howe_is_a_gap_of_six_periods():
    at = clock("2026-10-04T13:00Z", "5min", "Australia/Lord_Howe")
    grid = wall_grid(np.ones((1, 14 * 288)), at, 14)[0]
    assert np.isnan(grid[12:]).sum() == 6


def test_a_window_begins_at_the_local_hour_of_the_origin():
    (block,) = laid(frame(end="2026-11-16T20:30Z"), timezone="Asia/Kolkata")
    window = window_of(block, 14)
    assert (window.hour[0], window.weekday[0]) == (2, 1)  # Tuesday, 02:00
    assert window.values.shape == (1, 14 * 24)
    assert window.values[0, -48:].tolist() == list(range(48))


def test_what_lies_after_the_origin_of_a_window_is_not_in_it():
    at = clock("2026-10-27T00:00Z", "1h", BERLIN)
    value = np.arange(20 * 24, dtype=float)[None, :]
    changed = value.copy()
    changed[:, :5] = -1.0  # older than the window
    np.testing.assert_array_equal(hours_of(value, at, 14), hours_of(changed, at, 14))
