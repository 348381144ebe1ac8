"""The public replay: scores, runs, scale, and what is said about input that cannot be used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.replay.api import replay, replay_runs
from foresail.replay.case import Rules, cases
from foresail.replay.policies import Oracle, Reactive, Static, default_policies
from foresail.replay.settings import Fleet, Saturation

QUICK = (Static((1.0,)), Reactive((0.5, 0.8)), Oracle())


def frame(days=10, names=("a", "b"), seed=0):
    rng = np.random.default_rng(seed)
    times = pd.date_range("2026-03-02", periods=days * 288, freq="5min", tz="UTC")
    wave = 50 + 40 * np.sin(np.arange(len(times)) / 288 * 2 * np.pi)
    rows = [
        pd.DataFrame(
            {"series": n, "timestamp": times, "value": wave * rng.uniform(0.9, 1.1, len(times))}
        )
        for n in names
    ]
    return pd.concat(rows, ignore_index=True)


def test_scores_of_every_series_policy_and_setting():
    told = replay(frame(), QUICK)
    keys = told[["series", "policy", "setting"]].to_numpy().tolist()
    assert keys == [
        [series, policy, setting]
        for series in "ab"
        for policy, setting in (
            ("static", "1"), ("reactive", "0.5"), ("reactive", "0.8"), ("oracle", ""),
        )
    ]  # fmt: skip
    best = told[told["policy"] == "oracle"]
    assert (best["cost_ratio"] == 1).all()
    assert (best["under_capacity"] == 0).all()
    assert (told["cost_ratio"] == told["unit_hours"] / told["oracle_hours"]).all()


def test_runs_add_up_to_the_scores():
    demand = frame(names=("a",))
    told = replay(demand, QUICK).set_index(["policy", "setting"])
    runs = replay_runs(demand, QUICK)
    for key, rows in runs.groupby(["policy", "setting"]):
        hours = (rows["in_service"] + rows["launching"]).sum() / 12
        assert hours == pytest.approx(told.loc[key, "unit_hours"])
        assert rows["under_capacity"].mean() == pytest.approx(told.loc[key, "under_capacity"])
    known = demand.set_index("timestamp")["value"]
    one = runs[runs["policy"] == "oracle"].set_index("timestamp")
    np.testing.assert_allclose(one["demand"], known.loc[one.index])
    assert (one["demand"] <= one["limit"] * (1 + 1e-9)).all()


def test_the_peak_needs_twenty_units_unless_told():
    case = next(iter(cases(frame(names=("a",)), Rules())))
    assert np.quantile(case.demand, 0.995) == pytest.approx(20)
    told = replay(frame(), [Oracle()], unit_capacity={"a": 10.0, "b": 5.0})
    ratio = told["unit_hours"].iloc[1] / told["unit_hours"].iloc[0]
    assert 1.7 < ratio < 2.0


def test_series_played_together_score_as_alone():
    both = replay(frame(), QUICK)
    alone = pd.concat([replay(frame()[lambda f, n=n: f["series"] == n], QUICK) for n in "ab"])
    pd.testing.assert_frame_equal(both, alone.reset_index(drop=True))


def test_gaps_are_not_scored():
    demand = frame(names=("a",))
    full = replay_runs(demand, QUICK)
    gone = replay_runs(demand.drop(index=range(2500, 2530)), QUICK)
    assert len(full) == len(gone)
    missing = gone["demand"].isna()
    assert missing.sum() == 30 * 4
    assert not gone.loc[missing, "under_capacity"].any()


def test_a_long_gap_and_a_coarser_period_are_replayed_too():
    demand = frame(days=16, names=("a",)).iloc[::6]
    gone = demand.drop(index=demand.index[10 * 48 : 12 * 48])
    told = replay(gone, default_policies(Rules())[:-1])
    assert np.isfinite(told[["under_capacity", "cost_ratio"]].to_numpy()).all()


def test_two_days_of_history_are_enough():
    told = replay(frame(days=3, names=("a",)), default_policies(Rules()), warmup_days=2)
    assert np.isfinite(told["cost_ratio"]).all()


def test_a_replay_that_begins_in_a_gap_says_so():
    demand = frame(names=("a",))
    with pytest.raises(InputError, match="too little is known at 2026-03-10"):
        replay(demand.drop(index=range(200, 2880 - 200)), default_policies(Rules())[-4:])


def test_queued_demand_is_under_capacity_for_longer():
    lost = replay(frame(), [Static((0.5,))])
    queued = replay(frame(), [Static((0.5,))], fleet=Fleet(saturation=Saturation.QUEUED))
    assert (queued["under_capacity"] >= lost["under_capacity"]).all()
    assert (queued["lost"] <= lost["lost"]).all()


def test_it_is_public():
    import foresail
    import foresail.replay.fleet  # importing below the package does not hide the function

    assert foresail.replay is replay


def test_all_policies_of_the_issue_are_there():
    names = [policy.name for policy in default_policies(Rules())]
    assert names == [
        "static", "reactive", "aws-predictive", "human schedule", "foresail-schedule",
        "foresail-hybrid", "foresail", "oracle", "least possible",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "options", "says"),
    [
        (lambda f: f[f["timestamp"] < "2026-03-05"], {}, "3d of demand, no more than the 8d"),
        (lambda f: f.assign(value=0.0), {}, "no demand after the first 8d"),
        (lambda f: f, {"unit_capacity": 0.0}, "unit_capacity"),
        (lambda f: f, {"unit_capacity": {"b": 1.0}}, "no unit_capacity for series 'a'"),
        (lambda f: f, {"slo": 0.0}, "slo is 0"),
        (lambda f: f, {"minimum": 5, "maximum": 2}, "maximum 2 is below minimum 5"),
        (lambda f: f, {"warmup_days": 1}, "warmup is"),
        (lambda f: f, {"replan": "0h"}, "replan is"),
        (lambda f: f, {"policies": []}, "not at all"),
        (lambda f: f, {"policies": [Oracle(), Oracle()]}, "oracle, oracle"),
        (lambda f: f.assign(value=-1.0), {}, "negative"),
        (lambda f: f.iloc[::-1], {}, "not sorted"),
        (lambda f: f[f["timestamp"].dt.floor("1D") == f["timestamp"]], {}, "every 1d: too coarse"),
    ],
)
def test_what_cannot_be_used_is_said_with_a_cure(change, options, says):
    with pytest.raises(InputError, match=says) as caught:
        replay(change(frame()), **{"policies": QUICK, **options})
    assert caught.value.cure
