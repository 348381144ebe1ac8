"""Metric maths: what is computed, what is unknown, and what is never run."""

from __future__ import annotations

import contextlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.formula import parse_expression

TIMES = pd.date_range("2026-11-20", periods=4, freq="5min", tz="UTC")


def series(*values):
    return pd.Series(values, index=TIMES[: len(values)], dtype=float)


def test_the_share_that_a_cache_lets_through():
    found = parse_expression("requests * (1 - hit_rate / 100)")
    assert found.names == ("requests", "hit_rate")
    got = found.of(
        {"requests": series(100, 200, np.nan, 50), "hit_rate": series(90, 50, 10, np.nan)}
    )
    assert np.allclose(got, [10, 100, np.nan, np.nan], equal_nan=True)
    assert got.index.equals(TIMES)


def test_least_and_greatest_are_unknown_where_a_part_is():
    got = parse_expression("max(a, b, 2) + min(a, 3)").of(
        {"a": series(1, 5, np.nan), "b": series(4, 1, 1)}
    )
    assert np.allclose(got, [5, 8, np.nan], equal_nan=True)


def test_division_by_zero_is_a_gap_and_signs_are_kept():
    got = parse_expression("-a / b + +1").of({"a": series(1, 2), "b": series(0, 4)})
    assert np.allclose(got, [np.nan, 0.5], equal_nan=True)


NUMBERS = st.floats(-1e6, 1e6).map(lambda x: f"({x!r})")
TREES = st.recursive(
    NUMBERS | st.sampled_from(["a", "b"]),
    lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({''.join(t)})"),
    max_leaves=8,
)


@settings(deadline=None, max_examples=80)
@given(TREES.map(lambda text: f"a + {text}"), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_it_computes_what_python_does(text, a, b):
    got = parse_expression(text).of({"a": series(a), "b": series(b)})
    assert got.iloc[0] == pytest.approx(eval(text, {"a": a, "b": b}), rel=1e-9)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("__import__('os').system('true')", "no part of a formula"),
        ("a.real", "'a.real' is no part"),
        ("a[0]", "no part"),
        ("(lambda: a)()", "no part"),
        ("a ** 99999999", "no part"),
        ("a // 2", "no part"),
        ("a if b else c", "no part"),
        ("a and b", "no part"),
        ("[a for a in b]", "no part"),
        ("f'{a}'", "no part"),
        ("abs(a)", r"'abs\(a\)' is no part"),
        ("max(a)", "no part"),
        ("max(a, key=b)", "no part"),
        ("a + True", "no part"),
        ("a + 'x'", "no part"),
        ("a := 3", "cannot be read"),
        ("a +", "cannot be read"),
        ("", "cannot be read"),
        ("1 + 2", "names no metric"),
        ("a" + " + a" * 500, "an expression of 2001 characters"),
        ("(" * 140 + "a" + ")" * 140, None),
        ("-" * 299 + "a", None),
    ],
)
def test_nothing_else_is_read_and_nothing_is_run(text, says):
    if says is None:  # deep, but short: computed, or told
        with contextlib.suppress(InputError):
            parse_expression(text).of({"a": series(1)})
        return
    with pytest.raises(InputError, match=says) as caught:
        parse_expression(text)
    assert caught.value.cure


def test_a_metric_that_is_not_there_is_named():
    with pytest.raises(InputError, match="no metric 'b'") as caught:
        parse_expression("a + b").of({"a": series(1)})
    assert caught.value.cure == "known: a"
