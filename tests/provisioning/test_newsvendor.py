"""The stock that costs least."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.provisioning.newsvendor import best_stock, spread

NEEDS = st.lists(st.integers(0, 40), min_size=1, max_size=60).map(lambda v: np.array(v, float))
COST = st.floats(0.01, 100)


def cost(need, size, holding, shortage):
    return holding * size + shortage * np.clip(need - size, 0, None).mean()


@given(NEEDS, COST, COST)
def test_no_other_whole_stock_costs_less(need, holding, shortage):
    stock = best_stock(need, holding, shortage)
    best = min(cost(need, size, holding, shortage) for size in range(42))
    assert cost(need, stock.size, holding, shortage) == pytest.approx(best, abs=1e-6)


@given(NEEDS, COST, COST, st.integers(2, 7))
def test_no_other_multiple_of_the_step_costs_less(need, holding, shortage, step):
    stock = best_stock(need, holding, shortage, step)
    best = min(cost(need, size, holding, shortage) for size in range(0, 42 + step, step))
    assert stock.size % step == 0
    assert cost(need, stock.size, holding, shortage) == pytest.approx(best, abs=1e-6)


@given(NEEDS, COST, COST)
def test_what_it_saves_pays_for_it(need, holding, shortage):
    stock = best_stock(need, holding, shortage)
    assert stock.avoided >= stock.holding - 1e-6
    assert stock.avoided == pytest.approx(shortage * (need.mean() - stock.lacking), abs=1e-6)


def test_dear_stock_is_not_held():
    assert best_stock(np.array([5.0, 9.0]), 2.0, 1.0).size == 0


def test_the_critical_ratio_is_that_of_the_textbook():
    stock = best_stock(np.arange(100.0), holding_cost=0.1, shortage_cost=1.0)
    assert stock.critical_ratio == pytest.approx(0.9)
    assert stock.size == 89


def test_quantiles_become_likely_values_and_nothing_beyond_them():
    values = spread(np.array([0.5, 0.9]), np.array([[10.0, 20.0]]))
    assert values.shape == (1, 200)
    assert (np.diff(values) >= 0).all()
    assert (values[0] == 10).sum() == 100
    assert (values[0] == 20).sum() == 20


@pytest.mark.parametrize("costs", [(0, 1), (1, -1), (1, float("inf")), (float("nan"), 1)])
def test_costs_that_are_none_are_refused(costs):
    with pytest.raises(InputError, match="is not above zero"):
        best_stock(np.array([1.0]), *costs)


def test_no_need_is_no_stock_but_a_mistake():
    with pytest.raises(InputError, match="no need is known"):
        best_stock(np.array([]), 1, 2)
