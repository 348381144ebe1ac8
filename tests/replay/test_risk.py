"""Risk as a choice: the cheapest setting within what is allowed, judged on past days."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.replay.risk import (
    Record,
    cautious_late,
    for_budget,
    for_limit,
    for_prices,
    frontier_of,
)


def record(late, cost, days=10, noise=0.0, seed=0):
    """Settings with a mean lateness and cost each; unserved goes with lateness."""
    rng = np.random.default_rng(seed)
    late = np.clip(np.array(late) + noise * rng.normal(size=(days, len(late))), 0, 1)
    cost = np.broadcast_to(np.array(cost, dtype=float), late.shape)
    return Record(late, 100 * late, cost, tuple(f"s{at}" for at in range(late.shape[1])))


def test_the_cheapest_within_the_limit_is_chosen():
    of = record([0.05, 0.009, 0.008, 0.0], [10, 20, 19, 40])
    chosen = for_limit(of, 0.01)
    assert (chosen.setting, chosen.met) == ("s2", True)
    assert chosen.unit_hours == pytest.approx(19)
    assert for_limit(of, 0.1).setting == "s0"


def test_what_cannot_be_met_is_said_with_how_far_off():
    chosen = for_limit(record([0.05, 0.02], [10, 20]), 0.001)
    assert not chosen.met
    assert chosen.setting == "s1"
    assert "the best comes to 2.00%" in chosen.why


def test_a_setting_that_varies_needs_more_room():
    steady = cautious_late(record([0.009], [10]))[0]
    shaky = cautious_late(record([0.009], [10], noise=0.009, seed=1))[0]
    assert shaky > steady == pytest.approx(0.009)


def test_recent_days_count_more():
    late = np.zeros((20, 2))
    late[:10, 0] = 0.1  # was bad
    late[10:, 1] = 0.1  # has become bad
    of = Record(late, late, np.ones((20, 2)), ("improved", "worsened"))
    assert for_limit(of, 0.06).setting == "improved"


def test_prices_trade_units_against_shortage():
    of = record([0.05, 0.0], [10, 14])  # 5 unit-hours short a day against 4 more units
    assert for_prices(of, 1.0, 0.5).setting == "s0"
    assert for_prices(of, 1.0, 2.0).setting == "s1"


def test_a_budget_buys_the_least_risk():
    of = record([0.05, 0.02, 0.0], [10, 14, 30])
    assert for_budget(of, 20).setting == "s1"
    with pytest.raises(InputError, match="less than any setting costs"):
        for_budget(of, 5)


def test_the_frontier_holds_what_nothing_beats():
    front = frontier_of(record([0.05, 0.06, 0.02, 0.02, 0.0], [10, 11, 14, 15, 30], noise=0.001))
    assert list(front["setting"]) == ["s0", "s2", "s4"]
    assert (front["late_low"] <= front["late"]).all()
    assert (front["late"] <= front["late_high"]).all()


@settings(max_examples=100, deadline=None)
@given(
    late=st.lists(st.floats(0, 1), min_size=1, max_size=6),
    cost=st.lists(st.floats(1, 100), min_size=6, max_size=6),
    limit=st.floats(0.001, 0.5),
)
def test_no_cheaper_setting_is_within_the_limit(late, cost, limit):
    of = record(late, cost[: len(late)], noise=0.01)
    chosen = for_limit(of, limit)
    inside = cautious_late(of) <= limit
    assert chosen.met == inside.any()
    if chosen.met:
        assert chosen.unit_hours <= of.unit_hours[0][inside].min() + 1e-9


@pytest.mark.parametrize("limit", [0, 1, -0.1, float("nan")])
def test_a_limit_is_a_share(limit):
    with pytest.raises(InputError, match="limit is"):
        for_limit(record([0.1], [1]), limit)


def test_prices_are_above_zero_and_days_are_needed():
    with pytest.raises(InputError, match="prices are"):
        for_prices(record([0.1], [1]), 0, 1)
    with pytest.raises(InputError, match="no past day"):
        for_limit(record([0.1], [1]).until(0), 0.01)
