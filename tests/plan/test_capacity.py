"""The public capacity_plan: covers the forecast, ready ahead, in few steps; bad input is named."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail import capacity_plan
from foresail.errors import InputError
from foresail.plan.capacity import needed_capacity
from foresail.plan.cover import unit_hours

START = pd.Timestamp("2026-11-24T00:00Z")


def forecast(values, period="5min", series="web", q=0.9):
    times = pd.date_range(START, periods=len(values), freq=period)
    return pd.DataFrame(
        {"series": series, "timestamp": times, f"q{q:g}": np.asarray(values, float)}
    )


def at(steps, when):
    before = steps[steps["start"] <= when]
    return int(before["capacity"].iloc[-1])


@settings(max_examples=150, deadline=None)
@given(
    values=st.lists(st.integers(0, 50), min_size=1, max_size=30),
    lead=st.sampled_from(["0s", "3min", "5min", "10min", "12min"]),
    max_steps=st.one_of(st.none(), st.integers(1, 6)),
)
def test_covers_every_period_from_lead_before_to_its_end(values, lead, max_steps):
    steps = capacity_plan(forecast(values), 10, 0.5, minimum=1, lead=lead, max_steps=max_steps)
    for number, value in enumerate(values):
        begin = START + pd.Timedelta("5min") * number
        for when in pd.date_range(
            begin - pd.Timedelta(lead), begin + pd.Timedelta("4min"), freq="1min"
        ):
            assert at(steps, when) >= max(np.ceil(value / 5), 1)
    assert max_steps is None or len(steps) <= max_steps
    assert steps["start"].is_monotonic_increasing
    assert (steps["capacity"].diff().dropna() != 0).all()
    assert steps["start"].iloc[0] == START - pd.Timedelta(lead)


def test_with_steps_to_spare_nothing_is_wasted():
    values = [5, 5, 40, 5, 5, 5]
    steps = capacity_plan(forecast(values), 10, 0.5, lead="10min")
    needed = needed_capacity(forecast(values), 10, utilization=0.5, lead="10min")
    assert list(steps["capacity"]) == [1, 8, 1]
    assert steps["start"].iloc[1] == START  # ten minutes before the third period
    assert steps["start"].iloc[2] == START + pd.Timedelta("15min")
    hours = (needed["end"] - needed["start"]).dt.total_seconds() / 3600
    assert unit_hours(steps, needed["end"].iloc[-1]) == pytest.approx(
        (needed["needed"] * hours).sum()
    )


@settings(max_examples=100, deadline=None)
@given(
    values=st.lists(st.integers(0, 40), min_size=1, max_size=20),
    lead=st.sampled_from(["0s", "12min"]),
    dwell=st.sampled_from([5, 12, 30, 600]),
    max_steps=st.one_of(st.none(), st.integers(1, 5)),
)
def test_no_step_is_shorter_than_the_dwell_and_none_is_short(values, lead, dwell, max_steps):
    frame = forecast(values)
    steps = capacity_plan(frame, 10, 0.5, lead=lead, max_steps=max_steps, min_dwell=f"{dwell}m")
    needed = needed_capacity(frame, 10, utilization=0.5, lead=lead)
    edges = [*steps["start"], needed["end"].iloc[-1]]
    whole = edges[-1] - edges[0]
    lengths = [b - a for a, b in pairwise(edges)]
    assert min(lengths) >= min(pd.Timedelta(minutes=dwell), whole)
    for row in needed.itertuples():
        for when in pd.date_range(row.start, row.end, freq="1min", inclusive="left"):
            assert at(steps, when) >= row.needed
    assert max_steps is None or len(steps) <= max_steps


def test_steps_are_fewer_when_each_costs_something_in_unit_hours_or_money():
    values = [20, 15, 20, 5, 5, 5, 5, 20]  # 4, 3, 4, 1 ... units, five minutes each
    plan = lambda **kw: list(  # noqa: E731
        capacity_plan(forecast(values).assign(**{"q0.5": 0.0}), 10, 0.5, lead="0s", **kw)[
            "capacity"
        ]
    )
    assert plan() == [4, 3, 4, 1, 4]
    # the dip saves 0.083 unit-hours (a unit for five minutes) and takes two steps more
    assert plan(switch_cost=0.06) == [4, 1, 4]
    money = {"unit_cost": 2.0, "shortage_cost": 1000.0}
    assert plan(switch_cost=0.06, **money) == [4, 3, 4, 1, 4]
    assert plan(switch_cost=0.2, **money) == [4, 1, 4]
    assert plan(switch_cost=9) == [4]


def test_bounds_and_exact_multiples():
    steps = capacity_plan(forecast([0, 21, 1000]), 3, 0.7, minimum=2, maximum=50, lead="0s")
    assert list(steps["capacity"]) == [2, 10, 50]


def test_series_keep_their_own_steps_and_capacity():
    both = pd.concat([forecast([10, 20]), forecast([10, 20], series="api")])
    steps = capacity_plan(both, {"web": 10, "api": 5}, 1.0, lead="0s")
    assert list(steps[steps["series"] == "web"]["capacity"]) == [1, 2]
    assert list(steps[steps["series"] == "api"]["capacity"]) == [2, 4]


def test_the_quantile_follows_the_costs():
    frame = forecast([10.0]).assign(**{"q0.5": 6.0, "q0.95": 11.0})
    plan = lambda **kw: int(capacity_plan(frame, 1, 1.0, **kw)["capacity"].iloc[0])  # noqa: E731
    assert plan() == 10
    assert plan(quantile=0.5) == 6
    assert plan(quantile=0.7) == 8
    assert plan(shortage_cost=1, unit_cost=1) == 6
    assert plan(shortage_cost=9, unit_cost=1) == 10
    assert plan(shortage_cost=1000, unit_cost=1) == 11


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"utilization": 0}, "utilization must be in"),
        ({"utilization": 1.2}, "utilization must be in"),
        ({"unit_capacity": 0}, "unit_capacity must be above zero"),
        ({"unit_capacity": float("nan")}, "unit_capacity must be above zero"),
        ({"unit_capacity": {"api": 3}}, "no unit_capacity for series 'web'"),
        ({"minimum": -1}, "minimum must not be negative"),
        ({"maximum": 0}, "maximum must not be below minimum"),
        ({"lead": "soon"}, "is not a duration"),
        ({"max_steps": 0}, "max_steps is 0"),
        ({"switch_cost": -1}, "switch_cost is -1"),
        ({"switch_cost": float("nan")}, "switch_cost is nan"),
        ({"min_dwell": "long"}, "is not a duration"),
        ({"min_dwell": pd.Timedelta("-1min")}, "min_dwell is"),
        ({"quantile": 0.99}, "outside the forecast's 0.9 to 0.9"),
        ({"quantile": 2}, "quantile must be in"),
        ({"shortage_cost": 3}, "go together"),
        ({"shortage_cost": 0, "unit_cost": 1}, "above zero"),
    ],
)
def test_bad_parameters_are_named(change, says):
    with pytest.raises(InputError, match=says):
        capacity_plan(forecast([1, 2]), **{"unit_capacity": 1, **change})


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: f.drop(columns="q0.9"), "of a quantile"),
        (lambda f: f.drop(columns="series"), "series"),
        (lambda f: f.iloc[:0], "empty"),
        (lambda f: f.assign(timestamp=f["timestamp"].dt.tz_localize(None)), "no time zone"),
        (lambda f: f.assign(**{"q0.9": [1, np.nan]}), "web.*negative or no number"),
        (lambda f: f.assign(**{"q0.9": [1, np.inf]}), "negative or no number"),
        (lambda f: f.assign(**{"q0.9": [1, -1]}), "negative or no number"),
        (lambda f: pd.concat([f, f]), "twice"),
    ],
)
def test_bad_forecasts_are_named(spoil, says):
    with pytest.raises(InputError, match=says):
        capacity_plan(spoil(forecast([1, 2])), 1)
