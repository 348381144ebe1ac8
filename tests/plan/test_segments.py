"""The dynamic programme is exact, and quick at the size of a week."""

from __future__ import annotations

import time
from itertools import combinations, pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.plan.segments import fewest_waste


def brute_force(needed, widths, max_steps):
    """Least area over every way to cut the series into at most `max_steps` segments."""
    count, best = len(needed), np.inf
    for cuts in range(min(max_steps, count)):
        for inner in combinations(range(1, count), cuts):
            edges = [0, *inner, count]
            pairs = pairwise(edges)
            best = min(best, sum(needed[a:b].max() * widths[a:b].sum() for a, b in pairs))
    return best


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
