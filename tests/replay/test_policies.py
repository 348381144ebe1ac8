"""Policies know the past only, and do what they say."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foresail.errors import InputError
from foresail.plan.capacity import capacity_plan
from foresail.replay.case import Case, Rules, cases
from foresail.replay.fleet import simulate
from foresail.replay.forecasters import day_and_week, median_hours, mstl
from foresail.replay.in_force import on_grid
from foresail.replay.measures import measure
from foresail.replay.place import Place
from foresail.replay.planner_default import PlanSetting, QuantilePlanner, at_level
from foresail.replay.play import at_once
from foresail.replay.policies import (
    AwsPredictive,
    HumanSchedule,
    HumanSetting,
    LeastPossible,
    Oracle,
    Planned,
    Reactive,
    Static,
)
from foresail.replay.settings import Fleet, Saturation

FIVE = timedelta(minutes=5)
RULES = Rules()


def frame(days=10, seed=0, start="2026-03-02T00:25Z"):
    rng = np.random.default_rng(seed)
    times = pd.date_range(start, periods=days * 288, freq="5min")
    hours = times.hour + times.minute / 60
    wave = 8 + 5 * np.sin((hours - 8) / 24 * 2 * np.pi) + 2 * (times.day_of_week < 5)
    value = np.asarray(wave) * rng.uniform(0.8, 1.2, len(times))
    return pd.DataFrame({"series": "web", "timestamp": times, "value": value})


def case_of(demand, rules=RULES):
    return next(iter(cases(demand, rules, 1.0)))


def planned(**options):
    settings = (PlanSetting(0.5), PlanSetting(0.9, 0.8, 0.7))
    return Planned(QuantilePlanner(), settings, target=lambda s: s.target, **options)


POLICIES = [
    Static(), Reactive(), HumanSchedule(), AwsPredictive(mstl), AwsPredictive(day_and_week),
    AwsPredictive(median_hours), AwsPredictive(day_and_week, tracking=False), planned(),
]  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES, ids=lambda p: p.name)
@pytest.mark.parametrize("change", [8 * 288 + 100, 9 * 288 + 73])
def test_nothing_leaks_from_the_future(policy, change):
    demand = frame()
    other = demand.copy()
    other.loc[change:, "value"] = other["value"].iloc[change:].to_numpy()[::-1] * 3 + 20
    one, two = case_of(demand), case_of(other)
    until = change - one.start + 1  # the floor of the step that differs was set before it
    for mine, theirs in zip(policy.drives(one), policy.drives(two), strict=True):
        np.testing.assert_array_equal(mine.floor[:until], theirs.floor[:until])
        assert len(mine.floor) == len(one.scored)


def test_many_origins_at_once_are_planned_as_one_by_one():
    case = case_of(frame(days=16))
    planner, levels = QuantilePlanner(), (PlanSetting(0.9), PlanSetting(0.97, 0.6))
    [one] = Planned(planner, levels).drives(case)[1:]
    [other] = Planned(planner.__call__, levels).drives(case)[1:]
    np.testing.assert_array_equal(one.floor, other.floor)


@settings(deadline=None, max_examples=60)
@given(
    busy=arrays(np.float64, (2, 30), elements=st.floats(0, 40)),
    lead=st.integers(0, 100),
    width=st.sampled_from([1, 5, 15, 60]),
    least=st.integers(0, 3),
    most=st.one_of(st.none(), st.integers(3, 20)),
)
def test_floors_are_those_of_the_plan(busy, lead, width, least, most):
    """The fast way to floors against `foresail.capacity_plan` laid on the same periods."""
    period, ahead = pd.Timedelta(minutes=width), timedelta(minutes=lead)
    fast = QuantilePlanner(ahead, least, most).floor(busy / 0.7, period)
    grid = pd.date_range("2026-03-02", periods=busy.shape[1], freq=period, tz="UTC")
    for row, floor in zip(busy, fast, strict=True):
        told = pd.DataFrame({"series": "web", "timestamp": grid, "q0.9": row})
        plan = capacity_plan(told, 1.0, 0.7, least, most, ahead)
        np.testing.assert_array_equal(on_grid(plan, grid, period), floor)


def test_a_level_between_two_is_interpolated_and_none_is_beyond():
    paths, levels = np.array([[[1.0, 3.0]]]), np.array([0.5, 0.9])
    assert at_level(paths, levels, 0.7)[0, 0] == pytest.approx(2.0)
    assert at_level(paths, levels, 0.9)[0, 0] == 3.0
    with pytest.raises(InputError, match=r"outside the forecast's 0.5 to 0.9"):
        at_level(paths, levels, 0.95)


def test_any_callable_is_a_planner_and_sees_what_was_known():
    seen = []

    def planner(history, origin, horizon, setting):
        seen.append((history["timestamp"].max(), origin, len(history)))
        return pd.DataFrame(
            {"start": [origin, origin + timedelta(hours=1)], "capacity": [setting, 2 * setting]}
        )

    case = case_of(frame(days=9))
    drives = Planned(planner, (3, 5)).drives(case)
    assert all(last + FIVE == origin for last, origin, _ in seen)
    assert len(seen) == 2 * 4  # a day of plans every six hours, for two settings
    floor = drives[0].floor
    assert floor[:12].tolist() == [3] * 12
    assert floor[12:72].tolist() == [6] * 60
    # A new plan holds a step after its origin; until then the old one does.
    assert floor[72:75].tolist() == [6, 3, 3]
    assert drives[0].follow


def test_a_gap_before_the_origin_shifts_no_plan():
    demand = frame()
    case = case_of(demand)
    gone = case_of(demand.drop(index=range(case.start - 10, case.start)))
    mine, theirs = (planned().drives(c)[1].floor[:60] for c in (case, gone))
    assert np.abs(mine - theirs).max() <= 3


@pytest.mark.parametrize("forecaster", [mstl, day_and_week])
@pytest.mark.parametrize("hours", [1, 30, 200, 400])
def test_forecasters_take_short_histories(forecaster, hours):
    times = pd.date_range("2026-03-02", periods=hours, freq="1h", tz="UTC")
    history = pd.Series(5 + np.sin(np.arange(hours) / 24 * 2 * np.pi), index=times)
    made = forecaster([history], [times[-1] + timedelta(hours=1)], 12)
    assert made.shape == (1, 12)
    assert ((made >= 0) & (made < 10)).all()


def test_static_holds_the_historic_maximum():
    case = case_of(frame())
    floor = Static((1.0,)).drives(case)[0].floor
    assert (floor == np.ceil(np.nanmax(case.history) / 0.8)).all()


def test_predictive_scaling_is_hourly_and_early():
    made = {}

    def steps(histories, origins, hours):
        made["known"] = [h.index[-1] + FIVE - o for h, o in zip(histories, origins, strict=True)]
        return np.tile(np.arange(hours, dtype=float), (len(origins), 1)) * 0.5

    case = case_of(frame(start="2026-03-02T00:00Z"))
    floor = AwsPredictive(steps, (0.5,), buffer=FIVE).drives(case)[0].floor
    # Hour h needs h units, asked for one step before the hour.
    assert floor[:25].tolist() == [0] * 11 + [1] * 12 + [2] * 2
    assert floor[71:73].tolist() == [6, 0]  # refreshed after six hours
    assert set(made["known"]) == {pd.Timedelta(0)}


def test_predictive_scaling_alone_never_scales_in():
    drive = AwsPredictive(day_and_week, tracking=False).drives(case_of(frame()))[0]
    assert (np.diff(drive.floor) >= 0).all()


def test_a_person_tells_weekdays_from_weekends():
    case = case_of(frame(days=16, start="2026-03-02T00:00Z"))
    floor = HumanSchedule((HumanSetting(1.0, 0.8),)).drives(case)[0].floor
    times = case.times[case.start :]
    noon = (times.hour == 12) & (times.minute == 0)
    by_day = {int(d): f for d, f in zip(times[noon].day_of_week, floor[noon], strict=True)}
    assert by_day[1] == by_day[2] != by_day[5] == by_day[6]
    first = floor[(times.hour == 6) & (times.minute == 50)]
    assert (first >= floor[(times.hour == 7) & (times.minute == 0)]).all()  # a boot ahead


def test_a_person_counts_hours_in_the_zone_of_the_service():
    """Busy from 9 to 10 in New York, whose clocks go forward on 8 March."""
    times = pd.date_range("2026-02-23T05:00Z", periods=16 * 288, freq="5min")
    local = times.tz_convert("America/New_York")
    value = np.where(local.hour == 9, 16.0, 4.0)
    case = case_of(
        pd.DataFrame({"series": "web", "timestamp": times, "value": value}),
        Rules(place=Place("America/New_York"), boot=FIVE),
    )
    floor = HumanSchedule((HumanSetting(1.0, 0.8),)).drives(case)[0].floor
    scored = local[case.start :]
    early = pd.Series(scored + FIVE)  # a boot ahead
    busy = (scored.hour == 9) | (early.dt.hour == 9)
    assert floor.tolist() == np.where(busy, 20, 5).tolist()
    assert scored[0].utcoffset() != scored[-1].utcoffset()


def test_the_oracle_needs_no_boot():
    case = case_of(frame())
    drive = Oracle().drives(case)[0]
    assert drive.instant
    assert (drive.floor >= case.scored / 0.8 - 1e-9).all()


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    steps=st.integers(2, 80),
    most=st.one_of(st.none(), st.integers(2, 30)),
    kind=st.sampled_from(Saturation),
    target=st.sampled_from([np.nan, 0.4, 0.8]),
)
def test_nothing_is_cheaper_than_the_least_possible_at_its_own_risk(
    seed, steps, most, kind, target
):
    rng = np.random.default_rng(seed)
    demand = rng.lognormal(1.5, 0.8, steps)
    demand[1:][rng.uniform(size=steps - 1) < 0.1] = np.nan
    times = pd.date_range("2026-03-02", periods=steps, freq="5min", tz="UTC")
    case = Case("web", times, demand, 1.0, 0, pd.Timedelta(FIVE), Rules(maximum=most))
    floors = np.repeat(rng.integers(0, 25, (steps, 1)), 1, axis=1).astype(float)
    fleet = Fleet(
        boot=int(rng.integers(1, 4)), target=target, follow=np.isnan(target),
        maximum=case.rules.most, pool=float(rng.integers(0, 3)), saturation=kind,
    )  # fmt: skip
    column = demand[:, None]
    told = measure(simulate(column, floors, fleet), column, 1.0).iloc[0]
    [bound] = LeastPossible((told["under_capacity"],)).drives(case)
    least = measure(at_once(column, bound.floor[:, None]), column, 1.0).iloc[0]
    assert least["unit_hours"] <= told["unit_hours"] + 1e-9
    assert least["under_capacity"] <= told["under_capacity"] + 1e-12


def test_the_least_possible_leaves_the_dearest_periods_short():
    demand = frame()
    case = case_of(demand)
    known = len(case.scored)
    tight, none = LeastPossible((0.01, 0.0)).drives(case)
    np.testing.assert_array_equal(none.floor, Oracle().drives(case)[0].floor)
    short = tight.floor < none.floor
    assert short.sum() == int(0.01 * known)
    assert none.floor[short].min() >= none.floor[~short].max()
    assert (tight.floor[short] == case.rules.minimum).all()
