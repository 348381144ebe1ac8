"""Signals combined: weights are learned where that is better, and the maximum stays elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foresail.demand.combine import learned_demand, weigh

CAPACITY = {"web/requests": 10.0, "web/jobs": 2.0}


def fleet(weights=(0.7, 0.5), days=8, seed=0, noise=0.02, outliers=0):
    rng = np.random.default_rng(seed)
    count = days * 96
    times = pd.date_range("2026-11-02", periods=count, freq="15min", tz="UTC", name="timestamp")
    day = np.arange(count) * 2 * np.pi / 96
    shapes = np.column_stack([6 - 4 * np.cos(day), 5 + 3 * np.sin(day)])
    units = shapes * rng.lognormal(0, 0.1, (count, 2))
    busy = units @ np.array(weights) * rng.lognormal(0, noise, count)
    busy[rng.integers(count, size=outliers)] *= 8
    parts = [
        pd.DataFrame(
            {"series": name, "timestamp": times, "value": units[:, n] * size, "censored": False}
        )
        for n, (name, size) in enumerate(CAPACITY.items())
    ]
    return pd.concat(parts, ignore_index=True), pd.Series(busy, times)


@pytest.mark.parametrize("outliers", [0, 40])
def test_what_each_signal_costs_is_learned_and_outliers_do_not_matter(outliers):
    demand, busy = fleet(outliers=outliers)
    found = learned_demand(demand, CAPACITY, busy, "web/combined")
    assert list(found.weights.values()) == pytest.approx([0.7, 0.5], rel=0.03)
    assert found.frame["series"].unique().tolist() == ["web/combined"]
    calm = found.frame["value"].to_numpy() / busy.to_numpy()
    assert np.median(np.abs(calm - 1)) < 0.05
    assert "less error than their maximum" in found.reason


def test_the_maximum_stays_where_it_is_what_the_fleet_needs():
    demand, _ = fleet()
    units = demand.assign(value=demand["value"] / demand["series"].map(CAPACITY))
    busy = units.groupby("timestamp")["value"].max()
    found = learned_demand(demand, CAPACITY, busy, "web/combined")
    assert found.frame is None
    assert "by their maximum: weights have" in found.reason


@pytest.mark.parametrize(
    ("cut", "says"),
    [
        (lambda d, b: (d[d["series"] == "web/jobs"], b), "there is only one"),
        (lambda d, b: (d, b.iloc[:0]), "are not known together"),
        (lambda d, b: (d, b.iloc[: 4 * 96]), "4 days are known, 5 are needed"),
    ],
)
def test_too_little_to_learn_from_leaves_the_maximum_and_says_so(cut, says):
    found = learned_demand(*_with(cut(*fleet())))
    assert found.frame is None
    assert says in found.reason


def test_a_signal_that_is_the_utilisation_itself_teaches_nothing():
    demand, _ = fleet()
    own = demand[demand["series"] == "web/jobs"].set_index("timestamp")["value"] / 2
    found = learned_demand(demand, CAPACITY, own, "web/combined")
    assert found.frame is None
    assert "web/jobs is the utilisation that weights are learned from" in found.reason


def _with(pair):
    demand, busy = pair
    return demand, CAPACITY, busy, "web/combined"


def test_what_was_hidden_is_not_learned_from_and_stays_hidden():
    demand, busy = fleet()
    hidden = demand["timestamp"].isin(busy.index[:200]) & (demand["series"] == "web/jobs")
    busy.iloc[:200] = 0.1
    found = learned_demand(demand.assign(censored=hidden), CAPACITY, busy, "web/combined")
    assert list(found.weights.values()) == pytest.approx([0.7, 0.5], rel=0.03)
    assert found.frame["censored"].tolist() == [True] * 200 + [False] * (len(busy) - 200)


def test_no_weight_is_negative_and_where_a_signal_is_missing_so_is_the_sum():
    rng = np.random.default_rng(1)
    x = rng.random((300, 2))
    assert (weigh(x, x @ np.array([1.0, -0.5])) >= 0).all()
    demand, busy = fleet()
    gone = demand["timestamp"].isin(busy.index[100:110]) & (demand["series"] == "web/jobs")
    found = learned_demand(demand[~gone], CAPACITY, busy, "web/combined")
    assert not found.frame["timestamp"].isin(busy.index[100:110]).any()
