"""Accuracy and calibration of a window: right forecasts score right, shifted ones do not."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.score.accuracy import SignalScore, score_signal
from foresail.score.windows import in_force, told
from score.sample import SIX, START, demand, past, window


def scored(actual, forecasts=None, at=None):
    at = at or window()
    forecasts = forecasts or [past(START)]
    return score_signal(
        in_force(forecasts, at), told(forecasts, at), actual, season=288, quantile=0.9
    )


def test_a_right_forecast_covers_what_it_says_and_beats_the_day_before():
    made = scored(demand(START + SIX))
    assert made.periods == 72
    assert 0.5 < made.mase < 0.9  # the day before errs by two noises, the forecast by one
    assert made.coverage["q0.9"] == pytest.approx(0.9, abs=0.08)
    assert made.coverage["q0.5"] == pytest.approx(0.5, abs=0.12)
    assert abs(made.bias) < 0.3
    assert [edge for edge, _, _ in made.pit] == [0.1, 0.5, 0.9, 0.95, 1.0]
    assert [round(share, 9) for _, share, _ in made.pit] == [0.1, 0.4, 0.4, 0.05, 0.05]


def test_demand_above_its_forecast_shows_in_every_measure():
    made = scored(demand(START + SIX, factor=1.5, since=START))
    assert made.mase > 3
    assert made.coverage["q0.9"] < 0.2
    assert made.bias > 2
    assert made.pit[-1][2] > 0.8  # almost all lies above q0.95


def test_lead_times_stand_apart():
    forecasts = [past(START - timedelta(hours=20), hours=48), past(START - timedelta(minutes=30))]
    made = scored(demand(START + SIX), forecasts)
    assert [one.hours for one in made.by_lead] == [1.0, 6.0, 24.0, None]
    assert sum(one.periods for one in made.by_lead) == 2 * 72
    assert made.by_lead[0].periods == 7  # the first half hour, and the edge


def test_censored_and_unknown_demand_is_left_out():
    actual = demand(START + SIX)
    hidden = actual["timestamp"] >= START + timedelta(hours=3)
    assert scored(actual.assign(censored=hidden)).periods == 36
    assert scored(actual[actual["timestamp"] < START]) is None


def test_a_hole_in_the_history_does_not_shift_its_days():
    actual = demand(START + SIX)
    hole = (actual["timestamp"] >= START - timedelta(hours=30)) & (
        actual["timestamp"] < START - timedelta(hours=27)
    )
    assert scored(actual[~hole]).mase == pytest.approx(scored(actual).mase, rel=0.1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.2, 5), st.floats(1e-3, 1e6))
def test_scores_do_not_depend_on_the_unit_and_stay_in_their_ranges(seed, factor, unit):
    actual = demand(START + SIX, factor=factor, since=START, seed=seed)
    forecast = past(START)
    columns = [name for name in forecast.frame if name.startswith("q")]
    other = type(forecast)("p", START, forecast.frame.assign(**forecast.frame[columns] * unit))
    mine = scored(actual, [forecast])
    same = scored(actual.assign(value=actual["value"] * unit), [other])
    assert same.mase == pytest.approx(mine.mase, rel=1e-6)
    assert same.coverage == mine.coverage
    assert sum(share for _, _, share in mine.pit) == pytest.approx(1)
    shares = list(mine.coverage.values())
    assert shares == sorted(shares)
    assert np.cumsum([share for _, _, share in mine.pit])[:-1] == pytest.approx(shares)
    assert SignalScore.from_json(mine.to_json()) == mine


def test_a_history_that_never_changes_has_no_mase():
    actual = demand(START + SIX)
    assert scored(actual.assign(value=5.0)).mase is None
