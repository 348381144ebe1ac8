"""One demand through tiers: by hand, conserved, and the same alone as among other scenarios."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.replay.chain import Tier, simulate_chain


def web_and_db(web=10, db=4, ratio=0.5, **options):
    return [Tier("web", web, 10.0, {"db": ratio}), Tier("db", db, 10.0, **options)]


def test_what_a_short_tier_below_fails_is_unserved_above():
    run = simulate_chain([80.0, 100.0, 200.0], web_and_db())
    assert run.arrived[0, :, 0].tolist() == [80, 100, 200]
    assert run.handled[0, :, 0].tolist() == [80, 100, 100]
    assert run.arrived[1, :, 0].tolist() == [40, 50, 50]
    assert run.served[1, :, 0].tolist() == [40, 40, 40]
    # Half of the work needs the database, and a fifth of that fails there.
    assert run.served[0, :, 0] == pytest.approx([80, 90, 90])
    assert run.unserved[0, :, 0] == pytest.approx([0, 10, 110])


def test_calls_below_may_be_more_than_one():
    run = simulate_chain([20.0], web_and_db(ratio=3.0))
    assert run.arrived[1, 0, 0] == 60
    assert run.served[0, 0, 0] == pytest.approx(20 * 40 / 60)


def test_too_few_connections_make_units_useless():
    tiers = [
        Tier("web", [2, 4, 8], 10.0, {"db": 0.1}, pool=5),
        Tier("job", 2, 10.0, {"db": 1.0}, pool=5),
        Tier("db", 9, 10.0, connections=25),
    ]
    run = simulate_chain({"web": [80.0] * 3, "job": [1.0] * 3}, tiers)
    assert run.limit[run.of("web"), :, 0] == pytest.approx([20, 40 * 25 / 30, 80 * 25 / 50])


def test_what_fails_comes_again_and_again():
    run = simulate_chain([0, 30, 0, 0, 0, 0.0], [Tier("web", 1, 10.0)], retry_share=0.5,
                         retry_after=2)  # fmt: skip
    assert run.arrived[0, :, 0] == pytest.approx([0, 30, 0, 10, 0, 0])


def test_a_cold_cache_sends_more_below():
    tiers = [Tier("cache", [4, 4, 8, 8, 8], 100.0, {"db": 0.1}, warm_up=2), Tier("db", 99, 10.0)]
    run = simulate_chain([100.0] * 5, tiers)
    # Half of the nodes are new: cold at first, half cold in the step after.
    assert run.arrived[1, :, 0] == pytest.approx([10, 10, 55, 32.5, 10])


amounts = st.floats(0, 1e6, allow_nan=False)


@st.composite
def chains(draw):
    steps, scenarios = draw(st.integers(1, 12)), draw(st.integers(1, 3))
    shape = (steps, scenarios)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    names = ["edge", "web", "cache", "db"][: draw(st.integers(1, 4))]
    tiers = [
        Tier(
            name,
            rng.integers(0, 6, shape),
            draw(st.floats(0.1, 50)),
            {below: draw(st.floats(0, 4)) for below in names[i + 1 :] if draw(st.booleans())},
            pool=draw(st.floats(0, 9)),
            connections=draw(st.none() | st.floats(0, 40)),
            warm_up=draw(st.integers(0, 5)),
        )
        for i, name in enumerate(names)
    ]
    demand = {name: rng.exponential(40, shape) for name in names if rng.random() < 0.7}
    demand = demand or {names[0]: rng.exponential(40, shape)}
    return (
        demand,
        tiers,
        {"retry_share": draw(st.floats(0, 1)), "retry_after": draw(st.integers(1, 5))},
    )


@settings(deadline=None)
@given(chains())
def test_work_is_conserved(chain):
    demand, tiers, retries = chain
    run = simulate_chain(demand, tiers, **retries)
    assert np.allclose(run.arrived, run.served + run.unserved)
    assert (run.served >= 0).all()
    assert (run.unserved >= -1e-9).all()
    assert (run.served <= run.handled + 1e-9).all()
    assert (run.handled <= run.limit + 1e-9).all()
    # Nothing appears: what arrives in all is the demand, what comes again, and what is sent down.
    edge = tiers[0].name
    again, after = retries["retry_share"] * run.unserved[0], retries["retry_after"]
    expected = np.zeros_like(again) + demand.get(edge, 0)
    expected[after:] += again[: max(len(again) - after, 0)]
    assert np.allclose(run.arrived[0], expected)


@settings(deadline=None)
@given(chains())
def test_a_scenario_is_the_same_alone(chain):
    demand, tiers, retries = chain
    together = simulate_chain(demand, tiers, **retries)
    lone = [
        Tier(t.name, np.asarray(t.capacity)[:, :1], t.unit_capacity, t.needs, t.pool,
             t.connections, t.warm_up)
        for t in tiers
    ]  # fmt: skip
    alone = simulate_chain({k: v[:, :1] for k, v in demand.items()}, lone, **retries)
    assert np.allclose(together.served[..., :1], alone.served)


@settings(deadline=None)
@given(chains())
def test_more_of_everything_below_never_serves_less(chain):
    demand, tiers, _ = chain
    more = [*tiers[:-1], Tier(tiers[-1].name, 1e9, 1e9)]
    assert (
        simulate_chain(demand, more).served[0] >= simulate_chain(demand, tiers).served[0] - 1e-6
    ).all()


@pytest.mark.parametrize(
    ("tiers", "options", "says"),
    [
        ([], {}, "one tier or more"),
        ([Tier("a", 1, 1.0), Tier("a", 1, 1.0)], {}, "its own name"),
        ([Tier("a", 1, 1.0, {"b": 1.0}), Tier("b", 1, 1.0, {"a": 1.0})], {}, "cycle"),
        ([Tier("a", 1, 1.0, {"z": 1.0})], {}, "no tier 'z'"),
        ([Tier("a", 1, 1.0)], {"retry_share": 2.0}, "retry_share"),
        ([Tier("a", 1, 1.0)], {"retry_after": 0}, "retry_after"),
        ([Tier("a", [1, 2], 1.0)], {}, "differ in their steps"),
    ],
)
def test_bad_input_is_named(tiers, options, says):
    with pytest.raises(InputError, match=says):
        simulate_chain([1.0, 2.0, 3.0], tiers, **options)


def test_a_week_by_the_minute_in_fifty_scenarios_is_quick():
    rng = np.random.default_rng(1)
    steps, scenarios = 2016, 50
    tiers = [
        Tier("web", rng.integers(5, 9, (steps, scenarios)), 10.0, {"cache": 1.0}, pool=5),
        Tier("cache", 4, 40.0, {"db": 0.1}, warm_up=6),
        Tier("db", 3, 4.0, connections=30),
    ]
    began = time.perf_counter()
    simulate_chain(rng.exponential(60, (steps, scenarios)), tiers, retry_share=0.5, retry_after=1)
    assert time.perf_counter() - began < 5


def test_a_ratio_may_change_from_step_to_step():
    tiers = [Tier("web", 10, 10.0, {"db": [0.5, 0.8]}), Tier("db", 99, 10.0)]
    assert simulate_chain([50.0, 50.0], tiers).arrived[1, :, 0].tolist() == [25, 40]
