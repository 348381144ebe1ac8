from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.forecast.api import forecast_series
from foresail.forecast.nowcast import nowcast, recent_periods

PERIOD = timedelta(minutes=5)
NOW = pd.Timestamp("2026-11-16T12:00Z")


def frame(start, values, spread=0.1):
    times = pd.date_range(start, periods=len(values), freq=PERIOD)
    middle = np.asarray(values, dtype=float)
    return pd.DataFrame(
        {"series": "web", "timestamp": times, "q0.5": middle, "q0.95": middle * (1 + spread)}
    )


def known(values):
    times = pd.date_range(end=NOW - PERIOD, periods=len(values), freq=PERIOD)
    return pd.DataFrame({"series": "web", "timestamp": times, "value": values})


EARLIER = frame(NOW - 6 * PERIOD, [100] * 12)
AHEAD = frame(NOW, [100] * 48)


def test_a_rise_above_the_band_is_put_on_top_and_fades_by_the_hour():
    raised, [found] = nowcast(AHEAD, EARLIER, known([150] * 6), PERIOD)
    assert found.factor == pytest.approx(1.5)
    at = raised["q0.5"].to_numpy()
    assert at[11] == pytest.approx(125)  # an hour ahead
    assert at[23] == pytest.approx(112.5)
    assert (raised["q0.95"] / raised["q0.5"]).to_numpy() == pytest.approx(1.1)


def test_what_the_new_forecast_holds_already_is_not_added_twice():
    half = frame(NOW, [125] * 48)
    _, [found] = nowcast(half, EARLIER, known([150] * 6), PERIOD)
    assert found.factor == pytest.approx(1.2)
    whole = frame(NOW, [150] * 48)
    assert nowcast(whole, EARLIER, known([150] * 6), PERIOD)[1] == []


@pytest.mark.parametrize(
    "values",
    [[150] * 5 + [105], [60] * 6, [105] * 6, [150, 150, np.nan, 150, 150, 150], []],
    ids=["one within", "below", "within", "one unknown", "none"],
)
def test_anything_less_changes_nothing(values):
    same, found = nowcast(AHEAD, EARLIER, known(values).dropna(), PERIOD)
    assert found == []
    pd.testing.assert_frame_equal(same, AHEAD)


def test_nothing_is_raised_more_than_threefold():
    _, [found] = nowcast(AHEAD, EARLIER, known([5000] * 6), PERIOD)
    assert found.factor == 3


def test_idle_hours_give_no_infinite_factors():
    idle = frame(NOW - 6 * PERIOD, [0] * 12)
    raised, _ = nowcast(frame(NOW, [0] * 48), idle, known([50] * 6), PERIOD)
    assert np.isfinite(raised["q0.5"]).all()


def test_at_least_three_periods_are_looked_at():
    assert [recent_periods(timedelta(minutes=m)) for m in (1, 5, 15, 60)] == [30, 6, 3, 3]


def test_a_shift_that_the_past_never_showed_is_in_the_next_hour():
    rng = np.random.default_rng(4)
    times = pd.date_range(end=NOW - PERIOD, periods=288 * 14, freq=PERIOD)
    hour = np.asarray(times.hour + times.minute / 60)
    level = 500 + 300 * np.sin((hour - 9) / 24 * 2 * np.pi)
    values = level * rng.lognormal(0, 0.03, len(times))
    values[-12:] *= 1.3
    history = pd.DataFrame({"series": "web", "timestamp": times, "value": values})
    levels = (0.5, 0.95)
    plain = forecast_series(history, horizon="6h", quantiles=levels).frame
    before = forecast_series(history, horizon="1h", quantiles=levels, at=NOW - 6 * PERIOD).frame
    raised, _ = nowcast(plain, before, history, PERIOD)
    start = level[-288:-276]  # what these minutes bring on any day
    believed = [float((f["q0.5"].iloc[:12] / start).median() - 1) for f in (plain, raised)]
    assert believed[1] > max(2 * believed[0], 0.12)
