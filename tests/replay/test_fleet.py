"""The simulator's rules, by hand-computed cases, and what holds for any demand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.replay.fleet import simulate
from foresail.replay.settings import Adjustment, Fleet, Saturation, StepPolicy


def column(values):
    return np.asarray(values, dtype=float)[:, None]


def flat(count, size=1.0):
    return np.full((count, 1), float(size))


def in_service(run):
    return run.in_service[:, 0].tolist()


def test_a_floor_is_in_service_a_boot_later_and_stays_without_a_policy():
    floors = column([2, 2, 5, 5, 5, 3, 3, 3])
    run = simulate(flat(8), floors, Fleet(boot=2))
    assert in_service(run) == [2, 2, 2, 2, 5, 5, 5, 5]
    assert run.launching[:, 0].tolist() == [0, 0, 3, 3, 0, 0, 0, 0]


def test_desired_falls_with_the_floor_where_actions_set_it():
    run = simulate(flat(8), column([2, 2, 5, 5, 5, 3, 3, 3]), Fleet(boot=2, follow=True))
    assert in_service(run) == [2, 2, 2, 2, 5, 3, 3, 3]


def test_what_is_still_launching_is_stopped_first():
    run = simulate(flat(5), column([2, 6, 4, 4, 4]), Fleet(boot=3, follow=True))
    assert run.launching[:, 0].tolist() == [0, 4, 2, 2, 0]
    assert in_service(run) == [2, 2, 2, 2, 4]


def test_target_tracking_by_hand():
    # 4 units' worth of work on 2 shows 100 %: ceil(2 / 0.5) = 4 are asked for after three steps.
    run = simulate(
        column([4] * 8), flat(8), Fleet(boot=2, target=0.5, out_after=3, in_after=15), start=2
    )
    assert run.desired[:, 0].tolist() == [2, 2, 2, 4, 4, 4, 8, 8]
    assert in_service(run) == [2, 2, 2, 2, 2, 4, 4, 4]


def test_scale_in_takes_the_low_alarm_and_is_proportional():
    demand = column([1.0] * 20)
    fleet = Fleet(boot=2, target=0.5, out_after=3, in_after=15)
    run = simulate(demand, flat(20), fleet, start=8)
    assert in_service(run) == [8] * 15 + [2] * 5


def test_no_scale_in_inside_the_band_and_none_when_disabled():
    assert in_service(simulate(column([4.6] * 9), flat(9), Fleet(target=0.5), start=10))[-1] == 10
    fleet = Fleet(target=0.5, scale_in=False)
    assert in_service(simulate(column([1] * 9), flat(9), fleet, start=10))[-1] == 10


def test_a_floor_holds_against_scale_in():
    fleet = Fleet(target=0.5, in_after=3)
    assert in_service(simulate(flat(9), flat(9, 6), fleet, start=10))[-1] == 6


def test_maximum_caps_policy_and_floor():
    assert simulate(column([50] * 20), flat(20), Fleet(target=0.5, maximum=7)).desired.max() == 7
    assert simulate(flat(5), flat(5, 12), Fleet(maximum=7)).desired.max() == 7


def test_units_that_warm_up_are_not_in_the_metric_and_stop_scale_in():
    demand = column([4] * 6 + [0.5] * 6)
    fast = simulate(demand, flat(12), Fleet(boot=1, target=0.5, in_after=1), start=2)
    slow = simulate(demand, flat(12), Fleet(boot=1, warmup=6, target=0.5, in_after=1), start=2)
    assert fast.in_service[7, 0] < slow.in_service[7, 0]


def test_cooldown_spaces_scale_ins():
    demand = column([6, 6, 6, 4, 2, 1, 1, 1, 1, 1])
    fleet = Fleet(target=0.5, in_after=1)
    quick = simulate(demand, flat(10), fleet, start=12)
    calm = simulate(demand, flat(10), Fleet(target=0.5, in_after=1, cooldown=5), start=12)
    falls = np.flatnonzero(np.diff(calm.in_service[:, 0]) < 0)
    assert (np.diff(falls) >= 5).all()
    assert calm.in_service.sum() > quick.in_service.sum()


def test_unknown_demand_scales_nothing():
    demand = column([1, 1] + [np.nan] * 10)
    run = simulate(demand, flat(12), Fleet(target=0.5, in_after=3), start=9)
    assert in_service(run) == [9] * 12
    assert run.lost.sum() == 0


def test_a_warm_pool_serves_its_first_units_sooner():
    floors = column([1, 6] + [6] * 8)
    run = simulate(flat(10), floors, Fleet(boot=4, pool=2, pool_boot=1))
    assert in_service(run) == [1, 1, 3, 3, 3, 6, 6, 6, 6, 6]


def test_a_warm_pool_is_filled_again_after_a_boot():
    floors = column([1, 3, 3, 5, 5, 5, 7, 7, 7, 7])
    run = simulate(flat(10), floors, Fleet(boot=4, pool=2, pool_boot=1, follow=True))
    # Two from the pool; two by a full boot, the pool being empty; two from the pool again.
    assert in_service(run) == [1, 1, 3, 3, 3, 3, 3, 7, 7, 7]


def test_step_policies_by_hand():
    out = StepPolicy(0.6, above=True, after=1, bounds=(0, 0.2), amounts=(1, 4))
    calm = StepPolicy(0.3, above=False, after=2, bounds=(0,), amounts=(-1,))
    run = simulate(
        column([7, 9, 9, 2, 2, 2, 2]), flat(7), Fleet(boot=1, steps=(out, calm)), start=10
    )
    # 0.7: one more. 0.9: four more than the ten in service, the one that boots being one of them.
    # 9/11: four more than eleven. 2/11 and 2/15 are two steps below: one less, and again.
    assert run.desired[:, 0].tolist() == [10, 11, 14, 15, 15, 14, 13]


@pytest.mark.parametrize(
    ("kind", "amount", "wanted"),
    [(Adjustment.PERCENT, 25, 12), (Adjustment.PERCENT, 5, 11), (Adjustment.EXACT, 17, 17)],
)
def test_kinds_of_adjustment(kind, amount, wanted):
    policy = StepPolicy(0.5, above=True, after=1, bounds=(0,), amounts=(amount,), kind=kind)
    run = simulate(column([6, 6]), flat(2), Fleet(steps=(policy,)), start=10)
    assert run.desired[1, 0] == wanted


def test_a_step_policy_must_be_sound():
    with pytest.raises(InputError, match="step policy"):
        StepPolicy(0.5, above=True, after=1, bounds=(0, 0), amounts=(1, 2))


def test_scale_in_needs_every_policy_to_agree():
    calm = StepPolicy(0.05, above=False, after=1, bounds=(0,), amounts=(-1,))
    fleet = Fleet(target=0.5, in_after=1, steps=(calm,))
    assert in_service(simulate(column([1] * 5), flat(5), fleet, start=10))[-1] == 10
    assert in_service(simulate(column([0.1] * 5), flat(5), fleet, start=10))[-1] == 6


def test_queued_work_is_served_as_soon_as_there_is_room():
    fleet = Fleet(boot=1, saturation=Saturation.QUEUED)
    run = simulate(column([5, 0, 0, 0]), flat(4, 2), fleet)
    assert run.served[:, 0].tolist() == [2, 2, 1, 0]
    assert run.waiting[:, 0].tolist() == [3, 1, 0, 0]


def test_retries_bring_a_share_back():
    fleet = Fleet(saturation=Saturation.RETRIED, retry_share=0.5, retry_over=1)
    run = simulate(column([6, 0, 0]), flat(3, 2), fleet)
    assert run.served[:, 0].tolist() == [2, 2, 0]
    assert run.lost[:, 0].tolist() == [2, 0, 0]


def test_shapes_must_fit():
    with pytest.raises(InputError, match="shape"):
        simulate(flat(3), flat(4), Fleet())


@st.composite
def scenarios(draw):
    steps, count = draw(st.integers(1, 40)), draw(st.integers(1, 5))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    demand = rng.uniform(0, 20, (steps, count)) * (rng.random((steps, count)) > 0.2)
    demand[rng.random((steps, count)) < draw(st.sampled_from([0.0, 0.1]))] = np.nan
    floors = rng.integers(0, 15, (steps, count)).astype(float)
    policy = StepPolicy(0.7, above=True, after=1, bounds=(0,), amounts=(2,))
    fleet = Fleet(
        boot=draw(st.integers(1, 5)), warmup=draw(st.integers(0, 3)),
        maximum=draw(st.sampled_from([8.0, np.inf])),
        target=np.where(rng.random(count) < 0.5, np.nan, rng.uniform(0.2, 1.0, count)),
        follow=rng.random(count) < 0.5, pool=rng.integers(0, 4, count).astype(float),
        cooldown=draw(st.integers(0, 4)),
        steps=draw(st.sampled_from([(), (policy,)])),
        saturation=draw(st.sampled_from(list(Saturation))),
        retry_share=draw(st.floats(0, 1)), retry_over=draw(st.integers(1, 4)),
    )  # fmt: skip
    return demand, floors, fleet


@settings(max_examples=150, deadline=None)
@given(scenarios())
def test_demand_is_served_lost_or_waits(case):
    demand, floors, fleet = case
    run = simulate(demand, floors, fleet)
    before = np.vstack([np.zeros(demand.shape[1]), run.waiting[:-1]])
    came = np.nan_to_num(demand) + before
    np.testing.assert_allclose(came, run.served + run.lost + run.waiting, atol=1e-9)
    total = run.served.sum() + run.lost.sum() + run.waiting[-1].sum()
    assert total == pytest.approx(np.nansum(demand))


@settings(max_examples=150, deadline=None)
@given(scenarios())
def test_units_are_whole_never_negative_and_inside_the_bounds(case):
    demand, floors, fleet = case
    run = simulate(demand, floors, fleet)
    for units in (run.in_service, run.launching, run.desired):
        assert (units >= 0).all() and (units == np.round(units)).all()
    least = np.clip(floors, 1, fleet.maximum)
    assert (run.desired >= least).all()
    assert (run.desired <= fleet.maximum).all()
    np.testing.assert_array_equal(run.in_service + run.launching, run.desired)


@settings(max_examples=50, deadline=None)
@given(scenarios())
def test_a_scenario_does_not_depend_on_its_neighbours(case):
    demand, floors, fleet = case
    from dataclasses import replace

    together = simulate(demand, floors, fleet)
    alone = replace(
        fleet, target=np.asarray(fleet.target)[:1], follow=np.asarray(fleet.follow)[:1],
        pool=np.asarray(fleet.pool)[:1],
    )  # fmt: skip
    one = simulate(demand[:, :1], floors[:, :1], alone)
    np.testing.assert_array_equal(one.in_service, together.in_service[:, :1])
    np.testing.assert_array_equal(one.lost, together.lost[:, :1])
