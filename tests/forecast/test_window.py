"""Local hours before an origin: days by age, weekends, earlier origins, clocks that change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.forecast.window import HOUR, Clock, Window, slot_mean

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"]


def at(origin, zone="UTC", period="1h"):
    return Clock(pd.Timestamp(origin), pd.Timedelta(period), zone)


def window(hours=72, hour=0, weekday=0, rows=1):
    values = np.tile(np.arange(hours, dtype=float), (rows, 1))
    return Window(values, np.full(rows, hour), np.full(rows, weekday))


def test_days_are_by_age():
    days = window().days
    assert days.shape == (1, 3, 24)
    assert days[0, 0].tolist() == list(range(48, 72))
    assert days[0, 2].tolist() == list(range(24))


@settings(deadline=None)
@given(start=st.integers(0, 24 * 400), first=st.integers(-400, 100))
def test_weekends_are_those_of_the_calendar(start, first):
    origin = pd.Timestamp("2026-01-01T00:00Z") + start * HOUR
    one = Window(np.zeros((1, 24)), np.array([origin.hour]), np.array([origin.weekday()]))
    times = pd.date_range(origin + first * HOUR, periods=60, freq=HOUR)
    assert one.weekend(first, 60)[0].tolist() == (times.day_of_week >= 5).tolist()


@pytest.mark.parametrize("hours", [1, 24, 25, 71, 72 + 96])
def test_an_earlier_origin_knows_only_what_was_known_then(hours):
    now = window(hours=168, hour=3, weekday=1)
    then = now.before(hours)
    assert np.isnan(then.values[0, :hours]).all()
    np.testing.assert_array_equal(then.values[0, hours:], now.values[0, : 168 - hours])
    time = pd.Timestamp("2026-11-03T03:00Z") - hours * HOUR
    assert (then.hour[0], then.weekday[0]) == (time.hour, time.weekday())


def test_past_and_future_meet_at_the_origin():
    clock = at("2026-11-16T10:05Z", period="5min")
    past, future = clock.past(3), clock.future(2)
    assert past[-1] + clock.period == future[0] == clock.origin
    assert (len(past), len(future)) == (3, 2)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("period", ["1min", "7min", "45min", "1h"])
def test_without_a_change_of_the_clocks_places_count_periods(zone, period):
    clock = at("2026-07-15T10:05Z", zone, period)
    assert clock.places(clock.future(50), clock.period).tolist() == list(range(50))
    assert clock.places(clock.past(50), clock.period).tolist() == list(range(-50, 0))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("day", ["2026-03-08", "2026-03-29", "2026-04-05", "2026-10-04",
                                 "2026-10-25", "2026-11-01"])  # fmt: skip
@pytest.mark.parametrize("unit", ["30min", "1h"])
def test_a_place_is_a_time_of_day(zone, day, unit):
    """Whatever the clocks do, times a whole number of days of places apart show the same."""
    clock = at(pd.Timestamp(day, tz="UTC") - 30 * HOUR, zone, "30min")
    times = pd.date_range(clock.origin - 10 * 24 * HOUR, periods=960, freq="30min")
    places = clock.places(times, pd.Timedelta(unit))
    slots = int(pd.Timedelta("1D") / pd.Timedelta(unit))
    local = times.tz_convert(zone).tz_localize(None) - clock.local.tz_localize(None)
    shown = local % pd.Timedelta("1D") // pd.Timedelta(unit)
    assert (places % slots == shown).all()


def test_the_doubled_hour_has_one_place():
    clock = at("2026-10-25T00:00Z", "Europe/Berlin")  # 02:00 summer time
    assert clock.places(clock.future(3), HOUR).tolist() == [0, 0, 1]
    spring = at("2026-03-29T00:00Z", "Europe/Berlin")  # 01:00
    assert spring.places(spring.future(3), HOUR).tolist() == [0, 2, 3]


def test_slots_are_averaged_over_what_is_known():
    values = np.array([[1.0, 3.0, np.nan, 5.0, 9.0, 7.0], [np.nan] * 6])
    slots = np.array([-3, -3, -2, -1, -1, 0])
    found = slot_mean(values, slots, 4)
    np.testing.assert_array_equal(found[0], [np.nan, 2.0, np.nan, 7.0])
    assert np.isnan(found[1]).all()


def test_slots_need_not_be_in_order():
    values, slots = np.array([[1.0, 2.0, 3.0, 4.0]]), np.array([-2, -1, -2, -1])
    assert slot_mean(values, slots, 2).tolist() == [[2.0, 3.0]]
    assert np.isnan(slot_mean(values, slots + 9, 2)).all()
