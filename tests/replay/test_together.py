from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.replay.together import ALONE, LEVELS, TOGETHER, Member, Protocol, compare_together

SHORT = Protocol(history=timedelta(days=4), utilization=1.0)  # nothing to spare: misses count


def demand(days=6, seed=2):
    rng = np.random.default_rng(seed)
    times = pd.date_range("2026-11-02", periods=288 * days, freq="5min", tz="UTC")
    hour = np.asarray(times.hour + times.minute / 60, dtype=float)
    rate = 600 + 500 * np.exp(-0.5 * ((hour - 19) / 2.5) ** 2)
    return pd.Series(rate * rng.lognormal(0, 0.05, len(times)), index=times)


def chain(size, ratio=0.5):
    return [Member("web", 100.0, {"db": np.full(size, ratio)}), Member("db", 50.0, unit_cost=3.0)]


@pytest.fixture(scope="module")
def scores():
    series = demand()
    return compare_together(series, chain(len(series)), SHORT)


def test_each_quantile_is_played_for_both(scores):
    assert list(scores["policy"].unique()) == [ALONE, TOGETHER]
    assert list(scores.loc[scores["policy"] == ALONE, "quantile"]) == list(LEVELS[1:])


def test_more_is_served_at_a_higher_quantile_and_costs_more(scores):
    for _, rows in scores.groupby("policy"):
        assert rows["cost"].is_monotonic_increasing
        assert rows["unserved"].iloc[-1] < rows["unserved"].iloc[0]


def test_where_the_ratio_is_exact_and_all_was_measured_both_plan_the_same():
    series = demand()
    members = [replace(member, past_capacity=1.0) for member in chain(len(series))]
    found = compare_together(series, members, SHORT)
    alone, together = (
        found[found["policy"] == p].reset_index(drop=True) for p in (ALONE, TOGETHER)
    )
    assert together["cost"].to_numpy() == pytest.approx(alone["cost"].to_numpy(), rel=0.02)
    assert together["unserved"].to_numpy() == pytest.approx(alone["unserved"].to_numpy(), abs=2e-3)


def test_together_sees_the_demand_that_a_full_tier_below_hid():
    series = demand()
    web, database = chain(len(series))
    found = compare_together(series, [web, replace(database, past_capacity=0.75)], SHORT)
    at = found[found["quantile"] == 0.9].set_index("policy")
    assert at.loc[TOGETHER, "unserved"] < at.loc[ALONE, "unserved"]
