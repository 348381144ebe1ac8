"""A fleet's budget goes where it saves most time, and never beyond what there is."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.sample import demand, job
from foresail.backtest.budget import Ladder, divided
from foresail.backtest.job import Wish
from foresail.backtest.run import backtest
from foresail.errors import InputError
from foresail.replay.risk import Record, cautious_late


def record(late, cost):
    late, cost = np.array([late, late], float), np.array([cost, cost], float)
    return Record(late, late, cost, tuple(range(late.shape[1])))


def test_each_step_up_a_ladder_is_worth_less():
    ladder = Ladder.of(record([0.5, 0.45, 0.1, 0.2, 0.05], [10, 12, 20, 25, 40]))
    assert ladder.cost.tolist() == [10, 20, 40]
    assert ladder.late.tolist() == pytest.approx([0.5, 0.1, 0.05])


def test_a_budget_goes_first_where_it_saves_most():
    fleet = {
        "steep": record([0.5, 0.1, 0.09], [10, 20, 40]),
        "flat": record([0.5, 0.45], [10, 20]),
    }
    assert divided(fleet, 20) == pytest.approx({"steep": 10, "flat": 10})
    assert divided(fleet, 30) == pytest.approx({"steep": 20, "flat": 10})
    assert divided(fleet, 49) == pytest.approx({"steep": 20, "flat": 20})
    assert divided(fleet, 999) == pytest.approx({"steep": 40, "flat": 20})
    with pytest.raises(InputError, match="less than the fleet's cheapest"):
        divided(fleet, 19)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10_000), st.floats(0.0, 1.0))
def test_the_greedy_division_is_a_step_from_the_best_at_most(seed, share):
    rng = np.random.default_rng(seed)
    fleet = {
        name: record(rng.uniform(0, 0.3, 4), rng.uniform(5, 50, 4)) for name in ("a", "b", "c")
    }
    ladders = [Ladder.of(one) for one in fleet.values()]
    low, high = (sum(ladder.cost[end] for ladder in ladders) for end in (0, -1))
    budget = low + share * (high - low) + 1e-6
    given = divided(fleet, budget)
    assert sum(given.values()) <= budget * (1 + 1e-6)
    costs = [one.weights @ one.unit_hours for one in fleet.values()]
    late = [cautious_late(one) for one in fleet.values()]
    mine = sum(
        miss[cost <= amount].min()
        for cost, miss, amount in zip(costs, late, given.values(), strict=True)
    )
    best = min(
        sum(miss[at] for miss, at in zip(late, picks, strict=True))
        for picks in product(range(4), repeat=3)
        if sum(cost[at] for cost, at in zip(costs, picks, strict=True)) <= budget
    )
    one_step = max(
        (worth * more for ladder in ladders for worth, more in ladder.steps()), default=0
    )
    assert mine <= best + one_step + 1e-9


def test_a_fleet_is_replayed_within_its_shares():
    frame = demand(("web", "api"))
    alone = backtest(frame, job(policies=("reactive",)))
    costs = [one.chosen["reactive"].choice.unit_hours for one in alone.outcomes]
    wish = Wish(budget=sum(costs), shared=True)
    done = backtest(frame, replace(job(policies=("reactive",)), wish=wish))
    chosen = [one.chosen["reactive"].choice for one in done.outcomes]
    assert sum(one.unit_hours for one in chosen) <= sum(costs) * (1 + 1e-6)
    assert all(one.met for one in chosen)
    assert "all series together" in str(done.job.wish)
    with pytest.raises(InputError, match="less than the fleet's cheapest"):
        backtest(frame, replace(job(policies=("reactive",)), wish=replace(wish, budget=1.0)))
