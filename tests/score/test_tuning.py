"""Tuning: a notch at a time, within bounds, on windows that agree; hysteresis between the two."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from foresail.score.capacity import ACTUAL, ORACLE, REACTIVE, STATIC, Capacity, Usage
from foresail.score.score import Score
from foresail.score.tuning import AGREE, CALM, QUANTILES, Bounds, Tuning, tune
from score.sample import window

BOUNDS = Bounds(quantile=(0.8, 0.97), utilization=(0.6, 0.8))
NOW = Tuning(0.9, 0.7)


def scores(*short, now=NOW, cost=1.4, applied=True):
    """Windows with some minutes of too little capacity each."""
    made = []
    for number, minutes in enumerate(short):
        usage = dict.fromkeys((REACTIVE, STATIC), Usage(30, 0, 0, 0))
        usage |= {ACTUAL: Usage(30 * cost, minutes, 0, 0), ORACLE: Usage(30, 0, 0, 0)}
        capacity = Capacity(360, 24, 5, usage, ())
        made.append(
            Score("shop", "web", window(number), ("p",), now.quantile, now.utilization, 0.8, (),
                  capacity, applied)
        )  # fmt: skip
    return made


def test_windows_that_were_short_ask_for_a_higher_quantile():
    moved = tune(NOW, scores(*[20, 20] + [0] * (AGREE - 2)), BOUNDS)
    assert (moved.quantile, moved.utilization) == (0.95, 0.7)
    assert moved.reason == "capacity was short for 1.4% of the last 8 windows: q0.95 is covered now"


def test_one_bad_window_moves_nothing():
    assert tune(NOW, scores(*[0] * (AGREE - 1), 300), BOUNDS) == NOW


def test_too_few_windows_with_todays_values_move_nothing():
    before = scores(*[60] * 20, now=Tuning(0.85, 0.7))
    assert tune(NOW, [*before, *scores(*[60] * (AGREE - 1))], BOUNDS) == NOW
    assert tune(NOW, scores(*[60] * 20, applied=False), BOUNDS) == NOW


def test_at_the_bound_of_the_quantile_the_utilisation_moves_and_then_nothing():
    top = Tuning(0.97, 0.7)
    assert tune(top, scores(*[60] * AGREE, now=top), BOUNDS).utilization == 0.68
    end = Tuning(0.97, 0.6)
    assert tune(end, scores(*[60] * AGREE, now=end), BOUNDS) == end


def test_a_long_calm_that_costs_more_than_needed_plans_for_more_utilisation():
    assert tune(NOW, scores(*[0] * (CALM - 1)), BOUNDS) == NOW
    assert tune(NOW, scores(*[0] * CALM), BOUNDS).utilization == 0.72
    assert tune(NOW, scores(*[0] * CALM, cost=1.05), BOUNDS) == NOW
    high = Tuning(0.9, 0.8)
    assert tune(high, scores(*[0] * CALM, now=high), BOUNDS).quantile == 0.85


def test_what_has_no_bounds_stays_as_configured():
    only = Bounds(utilization=(0.6, 0.8))
    assert tune(NOW, scores(*[60] * AGREE), only).utilization == 0.68
    assert tune(NOW, scores(*[60] * AGREE), Bounds()) == NOW
    assert Tuning(0.97, 0.66).within(only, NOW) == Tuning(0.9, 0.66)
    assert Tuning(0.99, 0.5).within(BOUNDS, NOW) == Tuning(0.97, 0.6)


@given(st.lists(st.sampled_from([0, 0, 0, 30]), min_size=1, max_size=80))
def test_it_stays_in_its_bounds_and_moves_one_notch_in_eight_windows_at_most(minutes):
    now, moves, known = NOW, [], []
    for at, short in enumerate(minutes):
        known += scores(short, now=now)
        fresh = tune(now, known, BOUNDS)
        if (fresh.quantile, fresh.utilization) != (now.quantile, now.utilization):
            moves.append(at)
            places = [QUANTILES.index(one.quantile) for one in (now, fresh)]
            assert abs(places[0] - places[1]) <= 1
            assert abs(fresh.utilization - now.utilization) < 0.021
        assert 0.8 <= fresh.quantile <= 0.97
        assert 0.6 <= fresh.utilization <= 0.8
        now = fresh
    assert all(b - a >= AGREE for a, b in pairwise(moves))
