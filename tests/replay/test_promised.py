"""A promise is kept by settings chosen on the past only."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.replay.api import replay
from foresail.replay.case import Rules, cases
from foresail.replay.planner_default import PlanSetting
from foresail.replay.promised import (
    MARGINS,
    PEAK,
    FloorsAndTracking,
    Hybrid,
    PlannedFloors,
    Promised,
    Trial,
    foresail_policies,
    hybrids,
)
from foresail.replay.risk import for_limit
from foresail.replay.settings import Fleet

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)


def demand(days=12, seed=0, period="15min"):
    times = pd.date_range(
        "2026-03-01T00:00Z",
        periods=int(days * 86400 / pd.Timedelta(period).total_seconds()),
        freq=period,
    )
    rng = np.random.default_rng(seed)
    wave = 100 + 80 * np.sin((times.hour + times.minute / 60 - 9) * np.pi / 12)
    return pd.DataFrame(
        {
            "series": "web",
            "timestamp": times,
            "value": wave * np.exp(rng.normal(0, 0.1, len(times))),
        }
    )


class Spy:
    """A planner that covers the highest demand known, and remembers what it was shown."""

    def __init__(self):
        self.seen = []

    def __call__(self, history, origin, horizon, setting):
        self.seen.append((origin, history["timestamp"].max()))
        units = int(np.ceil(history["value"].quantile(setting.quantile) / setting.utilization))
        return pd.DataFrame({"start": [origin], "capacity": [units]})


def policy(planner, settings=None):
    chosen = settings or hybrids((0.5, 0.9, 1.0), (0.6, 0.8), (QUARTER, HOUR))
    return FloorsAndTracking(PlannedFloors(planner, (0.5, 0.9, 1.0)), chosen)


def case_of(frame, **rules):
    [case] = cases(frame, Rules(**rules))
    return case


def test_nothing_after_an_origin_is_shown_to_the_planner():
    spy = Spy()
    Promised(policy(spy)).drives(case_of(demand()))
    assert spy.seen
    assert all(last < origin for origin, last in spy.seen)


def test_changing_the_future_changes_nothing_before_it():
    whole = demand()
    cut = whole["timestamp"].min() + pd.Timedelta("10D")
    spoiled = whole.assign(value=whole["value"].where(whole["timestamp"] < cut, 5.0))
    scale = {"unit_capacity": 12.0}
    drives = [
        Promised(policy(Spy()), (0.01,)).drives(next(iter(cases(frame, Rules(), **scale))))[0]
        for frame in (whole, spoiled)
    ]
    until = 2 * 96  # scored from day 8, changed from day 10
    for name in ("floor", "target", "in_after"):
        first, second = (getattr(drive, name)[:until] for drive in drives)
        assert (first == second).all()


def test_plans_are_made_once_for_all_policies_of_a_series():
    spy = Spy()
    case = case_of(demand())
    every = policy(spy)
    every.drives(case)
    count = len(spy.seen)
    Promised(every).drives(case)
    assert len(spy.seen) == count


def test_a_hybrid_is_the_same_whether_cut_from_the_trial_or_not():
    case = case_of(demand())
    [drive] = policy(Spy(), (Hybrid(0.9, 0.8, HOUR),)).drives(case)
    assert len(drive.floor) == len(case.scored)
    assert (drive.target, drive.in_after) == (0.8, HOUR)


def test_each_day_is_judged_on_the_whole_days_before_it():
    trial = Trial.of(case_of(demand()), policy(Spy()), Fleet())
    for step, choice in trial.choices(0.02):
        record = trial.record(step)
        assert len(record.late) == 5 + step // 96  # days 3 to 8, then one more each day
        assert choice == for_limit(record, 0.02)
    assert trial.record(96).late[:-1] == pytest.approx(trial.record(0).late)


def test_tighter_promises_cost_more_and_are_kept_on_a_steady_series():
    told = replay(demand(days=16), foresail_policies(Rules(replan=timedelta(hours=12)))[-1:])
    told = told.set_index(told["setting"].astype(float)).sort_index()
    assert told["cost_ratio"].is_monotonic_decreasing
    for limit in (0.05, 0.02, 0.01):
        assert told.loc[limit, "under_capacity"] <= 1.5 * limit


def test_a_floor_of_the_weeks_peak_covers_its_share_of_what_was_known():
    case = case_of(demand())
    whole, half = (Hybrid(PEAK, 0.8, QUARTER, share) for share in (1.0, 0.5))
    [first, second] = policy(Spy(), (whole, half)).drives(case)
    peak = np.nanmax(case.demand[case.start - 7 * 96 : case.start])
    assert first.floor[0] == np.ceil(peak / 0.8 - 1e-9)
    assert second.floor[0] == np.ceil(peak / 1.6 - 1e-9)
    burst = case_of(demand().assign(value=lambda f: f["value"].where(f.index != 9 * 96, 9e3)))
    early, late = 96, 2 * 96  # scored from day 8; the burst is at day 9
    [floor] = [drive.floor for drive in policy(Spy(), (whole,)).drives(burst)]
    assert floor[late] > 3 * floor[early]


def test_without_a_past_day_the_most_cautious_setting_is_run():
    short = case_of(demand(days=4), warmup=timedelta(days=2))
    trial = Trial.of(short, policy(Spy()), Fleet())
    [(_, first), *_] = trial.choices(0.01)
    assert first.index == len(trial.settings) - 1
    assert "no past day" in first.why


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (Hybrid(None, 0.8, QUARTER), "no floor, target 0.8, in after 15 min"),
        (Hybrid(0.95, 0.6, HOUR), "q0.95, target 0.6, in after 60 min"),
        (Hybrid(0.9, float("nan"), QUARTER), "q0.9"),
        (
            Hybrid(PEAK, 0.8, QUARTER, 0.5),
            "50% of the week's peak, target 0.8, in after 15 min",
        ),
    ],
)
def test_settings_read_well(setting, text):
    assert str(setting) == text


def test_a_plan_setting_reaches_the_planner():
    seen = []

    def planner(history, origin, horizon, setting):
        seen.append(setting)
        return pd.DataFrame({"start": [origin], "capacity": [3]})

    policy(planner).drives(case_of(demand(), slo=0.7))
    wanted = {PlanSetting(q, 0.7) for q in (0.5, 0.9, 1.0)}
    assert set(seen) == wanted | {PlanSetting(1.0, 0.7 * share) for share in MARGINS}
