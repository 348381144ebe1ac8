"""What one unit serves, from observations: recovered, honest about doubt, and lawful."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.demand.unit_capacity import estimate_unit_capacity
from foresail.errors import InputError

CAPACITY, IDLE, SLO = 118.0, 0.06, 0.7
AT_SLO = CAPACITY * (SLO - IDLE) / (1 - IDLE)


def observe(seed=0, days=10, peak=95.0, capacity=CAPACITY, idle=IDLE, bend=0.0, per_hour=4):
    """Simulate a fleet of ten whose utilisation follows demand, with noise of periods and days."""
    rng = np.random.default_rng(seed)
    day = 24 * per_hour
    times = pd.date_range("2026-11-01", periods=day * days, freq=f"{60 // per_hour}min", tz="UTC")
    wave = 0.55 + 0.4 * np.sin(np.arange(len(times)) * 2 * np.pi / day)
    level = np.repeat(rng.uniform(0.85, 1.05, days), day)
    load = peak * wave * level * rng.lognormal(0, 0.08, len(times))
    share = load / capacity
    busy = idle + (1 - idle) * share + bend * share**2
    busy += np.repeat(rng.normal(0, 0.01, days), day) + rng.normal(0, 0.02, len(times))
    units = rng.integers(8, 13, len(times)).astype(float)
    return pd.DataFrame(
        {
            "timestamp": times,
            "demand": load * units,
            "units": units,
            "utilization": np.clip(busy, 0, 1),
        }
    )


def names(made):
    return {verdict.name for verdict in made.verdicts}


def test_capacity_idle_load_and_the_load_at_the_slo_are_recovered():
    made = estimate_unit_capacity(observe())
    assert made.at_full.value == pytest.approx(CAPACITY, rel=0.03)
    assert made.at_slo.value == pytest.approx(AT_SLO, rel=0.03)
    assert made.idle == pytest.approx(IDLE, abs=0.02)
    assert made.unit_capacity.value == pytest.approx(AT_SLO / SLO, rel=0.03)
    assert made.fit.explained > 0.95
    assert made.days == 10
    assert made.usable


def test_saturated_periods_are_left_out_and_told():
    made = estimate_unit_capacity(observe(peak=150))
    assert made.saturated > 50
    assert "saturated" in names(made)
    assert made.at_full.value == pytest.approx(CAPACITY, rel=0.03)


def test_saturation_that_caps_demand_too_does_not_bend_the_fit():
    seen = observe(peak=150)
    served = np.minimum(seen["demand"], seen["units"] * CAPACITY)
    made = estimate_unit_capacity(seen.assign(demand=served))
    assert made.at_full.value == pytest.approx(CAPACITY, rel=0.03)


def test_incidents_do_not_move_it():
    seen = observe()
    bad = np.random.default_rng(1).random(len(seen)) < 0.08
    made = estimate_unit_capacity(seen.assign(utilization=seen["utilization"].mask(bad, 0.9)))
    assert made.at_slo.value == pytest.approx(AT_SLO, rel=0.03)


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    made = [estimate_unit_capacity(observe(seed, days=8, per_hour=1)) for seed in range(100)]
    held = sum(one.at_slo.low <= AT_SLO <= one.at_slo.high for one in made)
    assert 88 <= held <= 100
    assert np.median([one.at_slo.high / one.at_slo.low for one in made]) < 1.08


def test_calm_data_raise_no_doubt():
    doubts = [names(estimate_unit_capacity(observe(seed, peak=85))) for seed in range(20)]
    assert sum(bool(one - {"saturated"}) for one in doubts) <= 1


def test_two_days_are_enough_but_the_interval_is_wide():
    made = estimate_unit_capacity(observe(days=2))
    long = estimate_unit_capacity(observe(days=12))
    assert "few_days" in names(made)
    assert made.at_slo.high - made.at_slo.low > 2 * (long.at_slo.high - long.at_slo.low)


# Doubts.


def test_never_busy_says_how_far_the_line_was_drawn_on():
    made = estimate_unit_capacity(observe(peak=30))
    [told] = [v for v in made.verdicts if v.name == "extrapolated"]
    assert "never above 3" in told.text
    assert "times as high" in told.text
    assert made.at_slo.value == pytest.approx(AT_SLO, rel=0.06)


def test_one_load_tells_nothing():
    seen = observe()
    made = estimate_unit_capacity(seen.assign(demand=seen["units"] * 50, utilization=0.45))
    assert names(made) == {"few_loads"}
    assert not made.usable
    assert "too few distinct loads" in made.reasons[-1]


def test_two_loads_cannot_tell_a_line_from_a_curve():
    seen = observe()
    load = np.where(np.arange(len(seen)) % 3, 20.0, 60.0)
    made = estimate_unit_capacity(
        seen.assign(demand=seen["units"] * load, utilization=0.1 + load / 120)
    )
    assert names(made) == {"few_loads"}


@pytest.mark.parametrize("units", [0.0, np.nan])
def test_units_zero_or_unknown_throughout(units):
    made = estimate_unit_capacity(observe().assign(units=units))
    assert names(made) == {"units_unknown"}
    assert made.unit_capacity is None


def test_periods_without_units_are_left_out_and_counted():
    seen = observe()
    seen.loc[:9, "units"] = 0
    made = estimate_unit_capacity(seen)
    assert "10 periods had no units" in " ".join(v.text for v in made.verdicts)
    assert made.at_slo.value == pytest.approx(AT_SLO, rel=0.03)


@pytest.mark.parametrize("sign", [0, -1])
def test_utilisation_that_does_not_rise_with_demand(sign):
    seen = observe()
    busy = 0.5 + sign * 0.3 * seen["demand"] / seen["demand"].max()
    noise = np.random.default_rng(4).normal(0, 0.03, len(seen))
    made = estimate_unit_capacity(seen.assign(utilization=busy + noise))
    assert "no_slope" in names(made)
    assert not made.usable


def test_idle_load_above_the_slo():
    made = estimate_unit_capacity(observe(idle=0.5, peak=60), slo=0.4)
    assert "idle_above_slo" in names(made)
    assert not made.usable


def test_always_saturated():
    made = estimate_unit_capacity(observe().assign(utilization=1.0))
    assert names(made) == {"saturated"}
    assert not made.usable


def test_a_bend_is_read_from_the_curve():
    made = estimate_unit_capacity(observe(bend=0.8, peak=80))
    share = (-(1 - IDLE) + np.sqrt((1 - IDLE) ** 2 + 4 * 0.8 * (SLO - IDLE))) / 1.6
    assert "bends_up" in names(made)
    assert made.fit.curved
    assert made.at_slo.value == pytest.approx(CAPACITY * share, rel=0.03)


def test_a_bend_down_beyond_what_was_seen_stays_with_the_line():
    made = estimate_unit_capacity(observe(bend=-0.4, peak=80))
    assert "bends_down" in names(made)
    assert not made.fit.curved


def test_a_deploy_changed_it():
    old, new = observe(1, days=7), observe(2, days=7, capacity=90, peak=70)
    new["timestamp"] += pd.Timedelta("7D")
    made = estimate_unit_capacity(pd.concat([old, new]))
    assert "two_regimes" in names(made)
    assert abs(made.regime.at - pd.Timestamp("2026-11-08", tz="UTC")) < pd.Timedelta("12h")
    assert made.at_full.value == pytest.approx(90, rel=0.03)
    assert made.days <= 8


# Latency.


def slow(seen, knee=80.0):
    """Latency of a queue: 50 ms that grow without end as load nears a limit, with noise."""
    load = seen["demand"] / seen["units"]
    rng = np.random.default_rng(3)
    mean = 0.05 / np.maximum(1 - load / (knee / 0.75), 0.05)
    return seen.assign(latency=mean * rng.lognormal(0, 0.1, len(seen)))


def test_latency_sets_the_limit_where_it_is_lower():
    seen = slow(observe(days=14, per_hour=12), knee=60)
    made = estimate_unit_capacity(seen, latency_slo=0.2)
    # the 0.95 quantile is the mean times exp(1.645 x 0.1)
    truth = 80 * (1 - 0.05 * np.exp(0.1645) / 0.2)
    assert made.at_latency.value == pytest.approx(truth, rel=0.05)
    assert made.at_latency.low <= truth <= made.at_latency.high
    assert made.at_slo == made.at_latency
    assert made.unit_capacity.value == pytest.approx(made.at_latency.value / SLO)
    assert any("latency sets it" in reason for reason in made.reasons)


def test_latency_alone_is_enough():
    seen = slow(observe(days=14, per_hour=12), knee=60).drop(columns="utilization")
    made = estimate_unit_capacity(seen, latency_slo=0.2)
    assert made.usable
    assert made.at_full is None


def test_latency_sets_the_limit_where_utilisation_does_not_follow_load():
    seen = slow(observe(days=14, per_hour=12), knee=60)
    flat = 0.3 + np.random.default_rng(4).normal(0, 0.03, len(seen))
    made = estimate_unit_capacity(seen.assign(utilization=flat), latency_slo=0.2)
    assert "no_slope" in names(made)
    assert made.at_slo == made.at_latency
    assert not any(verdict.blocks for verdict in made.verdicts)


def test_latency_never_reached_sets_no_limit_and_is_told():
    seen = slow(observe())
    made = estimate_unit_capacity(seen, latency_slo=30.0)
    assert "latency_never_reached" in names(made)
    assert made.at_slo.value == pytest.approx(AT_SLO, rel=0.03)
    alone = estimate_unit_capacity(seen.drop(columns="utilization"), latency_slo=30.0)
    assert not alone.usable


def test_latency_above_at_every_load_hints_at_the_unit():
    seen = slow(observe())
    made = estimate_unit_capacity(seen.assign(latency=seen["latency"] * 1000), latency_slo=0.2)
    assert "latency_always_above" in names(made)
    assert "seconds" in made.reasons[-1]
    assert not made.usable


# Laws.


@settings(max_examples=15, deadline=None)
@given(factor=st.floats(1e-3, 1e5), seed=st.integers(0, 50))
def test_demand_times_a_factor_is_capacity_times_it(factor, seed):
    seen = slow(observe(seed, days=4))
    one = estimate_unit_capacity(seen, latency_slo=0.15)
    other = estimate_unit_capacity(seen.assign(demand=seen["demand"] * factor), latency_slo=0.15)
    for name in ("unit_capacity", "at_full", "at_slo"):
        a, b = getattr(one, name), getattr(other, name)
        assert b.value == pytest.approx(a.value * factor, rel=1e-6)
        assert b.low == pytest.approx(a.low * factor, rel=1e-4)
    assert names(one) == names(other)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000))
def test_the_order_of_rows_does_not_matter(seed):
    seen = slow(observe(days=4))
    mixed = seen.sample(frac=1, random_state=seed)
    one = estimate_unit_capacity(seen, latency_slo=0.15).to_dict()
    assert one == estimate_unit_capacity(mixed, latency_slo=0.15).to_dict()


def test_a_line_without_noise_is_exact():
    seen = observe()
    exact = 0.1 + seen["demand"] / seen["units"] / 200
    made = estimate_unit_capacity(seen.assign(utilization=exact))
    assert made.at_full.value == pytest.approx(180)
    assert made.at_slo.low == pytest.approx(120)


def test_as_plain_values():
    told = json.loads(json.dumps(estimate_unit_capacity(observe()).to_dict(), allow_nan=False))
    assert told["unit_capacity"]["low"] < told["unit_capacity"]["value"]
    assert told["shape"] == "line"


# Bad input.


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda f: f.drop(columns="demand"), "no column demand"),
        (lambda f: f.drop(columns="utilization"), "utilization (or latency)"),
        (lambda f: f.iloc[:0], "no rows"),
        (lambda f: f.iloc[:100], "less than 2d"),
        (lambda f: f.assign(timestamp=f["timestamp"].dt.tz_localize(None)), "no time zone"),
        (lambda f: f.assign(timestamp=f["timestamp"].astype(str)), "not times"),
        (lambda f: pd.concat([f, f.iloc[:1]]), "is twice there"),
        (lambda f: f.assign(demand=-f["demand"]), "is negative"),
        (lambda f: f.assign(utilization=f["utilization"].mask(f.index == 7)), "is NaN"),
        (lambda f: f.assign(units=np.inf), "is infinite"),
        (lambda f: f.assign(demand="many"), "not numbers"),
        (lambda f: f.assign(utilization=f["utilization"] * 100), "no share of one"),
    ],
)
def test_bad_observations_are_refused_with_a_cure(change, says):
    with pytest.raises(InputError) as caught:
        estimate_unit_capacity(change(observe()))
    assert says in str(caught.value)
    assert caught.value.cure


@pytest.mark.parametrize(
    "words",
    [
        {"slo": 0},
        {"slo": 70},
        {"latency_slo": 0.2},
        {"latency_slo": -1.0},
        {"latency_quantile": 95},
    ],
)
def test_bad_slos_are_refused(words):
    with pytest.raises(InputError):
        estimate_unit_capacity(observe(), **words)
