"""What each kind of signal computes, against numbers worked out by hand."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.demand.parts import Part, side_by_side
from foresail.demand.signals.kinds import FORMULAS, signal_demand
from foresail.errors import InputError

FIVE = timedelta(minutes=5)
NAN = np.nan


def metrics(**columns):
    length = len(next(iter(columns.values())))
    times = pd.date_range("2026-11-20", periods=length, freq="5min", tz="UTC", name="timestamp")
    return pd.DataFrame(columns, index=times, dtype=float)


def values(kind, parameters=None, **columns):
    found = signal_demand(kind, metrics(**columns), parameters or {})
    return found["value"].to_numpy(), found["hidden"].tolist()


@pytest.mark.parametrize(
    ("kind", "parameters", "columns", "expected"),
    [
        ("cloudfront", {}, {"requests": [100, 100, NAN], "hit_rate": [90, 100, 50]}, [10, 0, NAN]),
        (
            "queue",
            {"drain": timedelta(seconds=100)},
            {"arrivals": [2, 0, 3], "backlog": [0, 500, NAN]},
            [2, 5, NAN],
        ),
        ("connections", {"period": FIVE, "summed": False}, {"connections": [40, NAN]}, [40, NAN]),
        # two readers with 30 and 50 connections: five samples each sum to 400 in 300 seconds
        ("connections", {"period": FIVE, "summed": True}, {"connections": [400 / 300]}, [80]),
        (
            "lambda",
            {},
            {"invocations": [50, 0, 10], "duration": [200, NAN, NAN], "throttles": [0, 0, 0]},
            [10, 0, NAN],
        ),
        (
            "kinesis",
            {},
            {"bytes": [3e6, 1e5, NAN], "records": [100, 2500, 1], "refused": [0, 0, 0]},
            [3, 2.5, NAN],
        ),
        ("dynamodb", {}, {"consumed": [120, NAN], "throttled": [0, 0]}, [120, NAN]),
        ("elasticache", {}, {"a": [40, 40, NAN], "b": [60, NAN, NAN]}, [100, 40, NAN]),
        ("elasticache", {}, {"ecpu": [7, NAN]}, [7, NAN]),
        ("expression", {"expression": "a - b"}, {"a": [5, 1], "b": [3, 2]}, [2, 0]),
    ],
)
def test_a_kind_computes_its_formula(kind, parameters, columns, expected):
    found, hidden = values(kind, parameters, **columns)
    assert np.allclose(found, expected, equal_nan=True)
    assert hidden == [False] * len(expected)


@pytest.mark.parametrize(
    ("kind", "refused", "rest"),
    [
        ("lambda", "throttles", {"invocations": [1] * 3, "duration": [1] * 3}),
        ("kinesis", "refused", {"bytes": [1] * 3, "records": [1] * 3}),
        ("dynamodb", "throttled", {"consumed": [1] * 3}),
    ],
)
def test_work_that_was_turned_away_hides_demand_and_silence_does_not(kind, refused, rest):
    _, hidden = values(kind, **rest, **{refused: [0, 4, NAN]})
    assert hidden == [False, True, False]


def test_a_late_consumer_has_what_arrived_meanwhile_before_it():
    arrivals = [1, 2, 3, 4]  # per second; each period is 300 s
    age = [0, 300e3, 450e3, 600e3]
    found, _ = values("queue", {"drain": timedelta(seconds=300)}, arrivals=arrivals, age=age)
    backlog = [0, 2 * 300, 3 * 300 + 2 * 150, 4 * 300 + 3 * 300]
    assert np.allclose(found, np.array(arrivals) + np.array(backlog) / 300)


def test_what_arrived_in_a_gap_is_not_guessed():
    drain = {"drain": timedelta(seconds=300)}
    found, _ = values("queue", drain, arrivals=[1, NAN, 1, 1], age=[0, 0, 299e3, 700e3])
    assert np.allclose(found, [1, NAN, 1 + 299 / 300, NAN], equal_nan=True)


@settings(deadline=None, max_examples=40)
@given(
    arrivals=st.lists(st.floats(0, 1e4), min_size=2, max_size=20),
    minutes=st.floats(0, 200),
    rate=st.floats(0.1, 100),
)
def test_a_steady_stream_is_behind_by_rate_times_age(arrivals, minutes, rate):
    drain = {"drain": timedelta(minutes=10)}
    steady = [rate] * len(arrivals)
    found, _ = values("queue", drain, arrivals=steady, age=[minutes * 60e3] * len(arrivals))
    assert np.allclose(found, rate + rate * minutes / 10)
    some, _ = values("queue", drain, arrivals=arrivals, age=[minutes * 60e3] * len(arrivals))
    assert (some >= np.array(arrivals) - 1e-9).all()


def fleet(days=6, seed=1, slow=1.0):
    """Ten to twenty units; latency bends upwards with load per unit, and is `slow` times that."""
    rng = np.random.default_rng(seed)
    count = days * 288
    load = 1000 - 800 * np.cos(np.arange(count) * 2 * np.pi / 288) + rng.normal(0, 10, count)
    units = np.where(np.arange(count) % 288 < 144, 20.0, 14.0)
    each = load * slow / units
    latency = 0.05 / (1 - np.minimum(each / 150, 0.99)) * rng.lognormal(0, 0.03, count)
    return metrics(latency=latency, load=load, units=units), each


def test_latency_is_read_backwards_into_units_at_the_slo():
    frame, each = fleet()
    found = signal_demand("latency", frame, {"slo": timedelta(milliseconds=200)})
    at_slo = 150 * (1 - 0.05 / 0.2)  # load per unit at which 50 ms / (1 - x / 150) is 200 ms
    steep = each > 60
    real = (each / at_slo * frame["units"])[steep]
    ratio = (found["value"][steep] / real).to_numpy()
    assert abs(np.median(ratio) - 1) < 0.03
    assert (np.abs(ratio - 1) < 0.15).mean() > 0.95


def test_slow_work_needs_more_units_than_its_number_of_requests_says():
    frame, _ = fleet()
    late = frame.copy()
    late.loc[late.index[-24:], "latency"] *= 2
    slo = {"slo": timedelta(milliseconds=200)}
    usual = signal_demand("latency", frame, slo)["value"].iloc[-24:]
    slow = signal_demand("latency", late, slo)["value"].iloc[-24:]
    assert (slow > 1.2 * usual).all()


@pytest.mark.parametrize(
    ("slo", "says"),
    [(timedelta(seconds=9), "never reaches the SLO"), (timedelta(milliseconds=5), "always above")],
)
def test_a_latency_that_cannot_tell_says_why(slo, says):
    with pytest.raises(InputError, match=says):
        signal_demand("latency", fleet()[0], {"slo": slo})
    with pytest.raises(InputError, match="too few periods"):
        signal_demand("latency", fleet(days=3)[0].iloc[::288], {"slo": slo})


def part(points, missing="gap", *, per_period=False):
    start = pd.Timestamp("2026-11-20", tz="UTC")
    times = pd.DatetimeIndex([start + n * FIVE for n in points], tz="UTC").as_unit("us")
    frame = pd.DataFrame({"series": "x", "timestamp": times, "value": list(points.values())})
    return Part(frame.astype({"value": float}), missing, per_period)


def test_parts_are_filled_by_their_own_rules_on_one_grid():
    end = pd.Timestamp("2026-11-20 00:30", tz="UTC")
    parts = {
        "a": part({0: 300, 3: 600}, "zero", per_period=True),
        "b": part({2: 7, 4: 8}),
        "c": part({}),
    }
    frame = side_by_side(parts, FIVE, end)
    assert frame["a"].tolist()[:4] == [1, 0, 0, 2]
    assert np.allclose(frame["b"], [NAN, NAN, 7, NAN, 8], equal_nan=True)
    assert frame["c"].isna().all()
    assert side_by_side({"c": part({})}, FIVE, end).empty


def test_every_formula_answers_value_and_hidden_on_the_same_index():
    columns = {
        "requests": [1], "hit_rate": [1], "arrivals": [1], "backlog": [1], "connections": [1],
        "invocations": [1], "duration": [1], "throttles": [0], "bytes": [1], "records": [1],
        "refused": [0], "consumed": [1], "throttled": [0], "ecpu": [1],
    }  # fmt: skip
    options = {
        "expression": {"expression": "requests"},
        "queue": {"drain": FIVE},
        "connections": {"period": FIVE, "summed": False},
    }
    frame = metrics(**columns)
    for kind in set(FORMULAS) - {"latency"}:
        found = signal_demand(kind, frame, options.get(kind, {}))
        assert list(found.columns) == ["value", "hidden"]
        assert found.index.equals(frame.index)
