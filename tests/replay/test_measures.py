"""The measures of design.md, by hand, and that the oracle is never beaten."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.replay.fleet import Run, simulate
from foresail.replay.measures import against, frontier, measure, oracle, reach
from foresail.replay.settings import Fleet


def run_of(demand, in_service, launching=0.0):
    units = np.asarray(in_service, dtype=float)[:, None]
    offered = np.asarray(demand, dtype=float)[:, None]
    lost = np.maximum(np.nan_to_num(offered) - units, 0)
    return Run(offered, units, np.full_like(units, launching), units, lost, np.zeros_like(units))


def test_measures_by_hand():
    demand = [1.6, 1.7, 4.0, np.nan]
    run = run_of(demand, [2, 2, 3, 1], launching=1)
    told = measure(run, np.array(demand)[:, None], hours=0.5, slo=0.8).iloc[0]
    # Utilisation 0.8 is kept, 0.85 and 1.33 are not; the period without data does not count.
    assert told["under_capacity"] == pytest.approx(2 / 3)
    assert told["unserved"] == pytest.approx((0.1 + 1.6) / 7.3)
    assert told["lost"] == pytest.approx(1.0 / 7.3)
    assert told["unit_hours"] == (8 + 4) * 0.5
    assert told["units_started"] == 1


def test_the_oracle_by_hand():
    demand = np.array([0.0, 0.8, 0.81, 8.0, 80.0, np.nan])
    assert oracle(demand, 0.8, minimum=1, maximum=20).tolist() == [1, 1, 2, 10, 20, 1]


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 60), st.floats(0.1, 1.0))
def test_the_oracle_is_never_beaten(seed, steps, target):
    """Who never leaves the SLO pays at least what the oracle pays; step by step, even."""
    rng = np.random.default_rng(seed)
    demand = rng.uniform(0, 20, (steps, 4))
    floors = np.ceil(demand * rng.choice([0, 1, 1.25, 2], 4))
    run = simulate(demand, floors, Fleet(boot=2, target=target), start=np.full(4, 26.0))
    told = measure(run, demand, 1.0)
    need = oracle(demand)
    kept = run.in_service >= need
    np.testing.assert_allclose(kept.mean(axis=0), 1 - told["under_capacity"], atol=1e-12)
    safe = told["under_capacity"].to_numpy() == 0
    assert (told["unit_hours"].to_numpy()[safe] >= need.sum(axis=0)[safe]).all()


def scores(*rows):
    columns = ["series", "policy", "setting", "under_capacity", "cost_ratio"]
    return pd.DataFrame(rows, columns=columns)


def test_the_frontier_takes_the_cheapest_setting_within_the_limit():
    told = scores(
        ("a", "p", "low", 0.04, 1.1), ("a", "p", "high", 0.0, 2.0), ("a", "p", "top", 0.0, 3.0),
        ("b", "p", "low", 0.2, 1.0), ("b", "p", "high", 0.02, 1.5), ("b", "p", "top", 0.02, 9.0),
    )  # fmt: skip
    front = frontier(told, (0.05, 0.02, 0.001))
    assert front["setting"].tolist()[:5] == ["low", "high", "high", "high", "high"]
    assert front["cost_ratio"].tolist()[:5] == [1.1, 2.0, 2.0, 1.5, 1.5]
    assert front.iloc[5][["setting", "cost_ratio"]].isna().all()
    assert front["least"].tolist() == [0.0] * 3 + [0.02] * 3
    summary = reach(front).set_index("limit")
    assert summary["share"].to_dict() == {0.05: 1.0, 0.02: 1.0, 0.001: 0.5}
    assert summary["cost_ratio"].to_dict() == {0.05: 1.3, 0.02: 1.75, 0.001: 2.0}


def test_ratios_are_over_series_that_both_reach():
    told = scores(
        ("a", "ours", "", 0.0, 1.0), ("a", "theirs", "", 0.0, 2.0),
        ("b", "ours", "", 0.0, 3.0), ("b", "theirs", "", 0.0, 1.5),
        ("c", "ours", "", 0.0, 9.0), ("c", "theirs", "", 0.5, 1.0),
    )  # fmt: skip
    ratio = against(frontier(told, (0.01,)), "ours").iloc[0]
    assert ratio["policy"] == "theirs"
    assert ratio["both"] == 2
    assert ratio["ratio"] == pytest.approx(1.0)
