"""The dynamic programme is exact, and quick at the size of a week."""

from __future__ import annotations

import time
from itertools import combinations, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.plan.segments import dwell_cuts, fewest_waste


def brute_force(needed, widths, max_steps, switch_cost=0.0, dwell=0.0):
    """Least cost over every way to cut the series into at most `max_steps` segments."""
    count, best = len(needed), np.inf
    dwell = min(dwell, widths.sum())
    for cuts in range(min(max_steps, count)):
        for inner in combinations(range(1, count), cuts):
            pairs = list(pairwise([0, *inner, count]))
            if min(widths[a:b].sum() for a, b in pairs) >= dwell:
                area = sum(needed[a:b].max() * widths[a:b].sum() for a, b in pairs)
                best = min(best, area + switch_cost * len(pairs))
    return best


def steps_of(curve):
    return np.count_nonzero(np.diff(curve)) + 1


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 3)), min_size=1, max_size=9),
    st.integers(1, 9),
)
def test_equal_to_brute_force_and_never_under(rows, max_steps):
    needed = np.array([n for n, _ in rows])
    widths = np.array([float(w) for _, w in rows])
    curve = fewest_waste(needed, widths, max_steps)
    assert (curve >= needed).all()
    assert np.count_nonzero(np.diff(curve)) + 1 <= max_steps
    assert np.dot(curve, widths) == brute_force(needed, widths, max_steps)


@settings(max_examples=400, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 6), st.integers(1, 3)), min_size=1, max_size=8),
    max_steps=st.one_of(st.none(), st.integers(1, 8)),
    switch_cost=st.sampled_from([0.0, 0.5, 2.0, 7.0]),
    dwell=st.sampled_from([0.0, 1.0, 2.0, 3.5, 99.0]),
)
def test_with_a_cost_and_a_dwell_equal_to_brute_force(rows, max_steps, switch_cost, dwell):
    needed = np.array([n for n, _ in rows])
    widths = np.array([float(w) for _, w in rows])
    curve = fewest_waste(needed, widths, max_steps, switch_cost=switch_cost, min_dwell=dwell)
    assert (curve >= needed).all()
    bound = len(needed) if max_steps is None else max_steps
    assert steps_of(curve) <= bound
    edges = np.r_[0, np.flatnonzero(np.diff(curve)) + 1, len(curve)]
    lengths = [widths[a:b].sum() for a, b in pairwise(edges)]
    assert min(lengths) >= min(dwell, widths.sum())
    paid = np.dot(curve, widths) + switch_cost * steps_of(curve)
    assert paid == brute_force(needed, widths, bound, switch_cost, dwell)


@settings(max_examples=200, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4)), min_size=1, max_size=5),
    dwell=st.integers(1, 5),
)
def test_no_other_moment_to_begin_a_step_would_waste_less(rows, dwell):
    """Between the cuts that are tried there is nothing to win: every quarter is tried here."""
    needed = np.array([n for n, _ in rows])
    widths = np.array([float(w) for _, w in rows])
    starts = np.r_[0.0, np.cumsum(widths)[:-1]]

    def least(cuts):
        at = np.searchsorted(starts, cuts, side="right") - 1
        lengths = np.diff(np.r_[cuts, widths.sum()])
        curve = fewest_waste(needed[at], lengths, min_dwell=dwell)
        return np.dot(curve, lengths)

    assert least(dwell_cuts(starts, widths.sum(), dwell)) == least(np.arange(0, widths.sum(), 0.25))


def test_a_step_that_saves_less_than_it_costs_is_not_made():
    needed, widths = np.array([4, 3, 4, 1, 4]), np.ones(5)
    cover = lambda cost: list(fewest_waste(needed, widths, switch_cost=cost))  # noqa: E731
    assert cover(0.4) == [4, 3, 4, 1, 4]
    assert cover(0.6) == [4, 4, 4, 1, 4]
    assert cover(2.0) == [4, 4, 4, 4, 4]


def test_a_week_at_five_minutes_with_a_full_quota_is_planned_in_a_second():
    rng = np.random.default_rng(7)
    day = 40 + 30 * np.sin(np.arange(2016) * 2 * np.pi / 288)
    noisy = np.ceil(day + rng.normal(0, 6, 2016)).clip(0).astype(int)
    for needed in (noisy, rng.permutation(2016)):  # the second: no two neighbours are equal
        begun = time.process_time()
        curve = fewest_waste(needed, np.ones(2016), 125)
        assert time.process_time() - begun < 1  # 0.15 s where this was written
        assert (curve >= needed).all()
        assert np.count_nonzero(np.diff(curve)) < 125
