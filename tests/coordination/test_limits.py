import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.coordination.limits import Claim, fit_limit
from foresail.errors import InputError

START = pd.Timestamp("2026-11-09", tz="UTC")
LEVELS = (0.1, 0.5, 0.9)


def need(values):
    starts = [START + pd.Timedelta(minutes=5 * i) for i in range(len(values) + 1)]
    return pd.DataFrame({"series": "s", "start": starts[:-1], "end": starts[1:], "needed": values})


def claim(tier, rows, per_unit=1.0, minimum=0, value=1.0):
    """`rows`: for each moment the need at 0.1, 0.5 and 0.9; the plan wants the last."""
    table = np.array(rows)
    needs = {level: need(table[:, at]) for at, level in enumerate(LEVELS)}
    return Claim(tier, needs, needs[0.9], minimum, per_unit, value)


def given_units(shared, tier):
    return shared.wanted[tier]["needed"].tolist()


def test_what_fits_is_left_as_it_is():
    claims = [claim("web", [[1, 5, 9]]), claim("db", [[1, 2, 3]])]
    shared = fit_limit("vcpus", 12, claims)
    assert (given_units(shared, "web"), given_units(shared, "db")) == ([9], [3])
    assert shared.notes == ()


def test_of_a_chain_none_starves_first():
    claims = [claim("web", [[10, 50, 90]]), claim("db", [[1, 5, 9]], per_unit=10)]
    shared = fit_limit("vcpus", 100, claims)
    assert (given_units(shared, "web"), given_units(shared, "db")) == ([50], [5])


def test_what_is_worth_more_is_cut_less():
    claims = [claim("shop", [[10, 50, 90]], value=4.0), claim("batch", [[10, 50, 90]])]
    shared = fit_limit("vcpus", 100, claims)
    shop, batch = given_units(shared, "shop")[0], given_units(shared, "batch")[0]
    assert shop > 70 > 30 > batch
    assert 98 <= shop + batch <= 100


def test_only_the_moments_that_do_not_fit_are_cut():
    claims = [claim("web", [[1, 2, 3], [10, 50, 90]]), claim("db", [[1, 2, 3], [1, 5, 9]])]
    shared = fit_limit("vcpus", 55, claims)
    assert given_units(shared, "web")[0] == 3
    assert given_units(shared, "web")[1] < 90
    assert "leaves web" in shared.notes[0]
    assert "of 90 units at 2026-11-09T00:05Z" in shared.notes[0]


def test_minimums_that_do_not_fit_are_refused():
    claims = [claim("web", [[5, 6, 7]], minimum=5), claim("db", [[5, 6, 7]], minimum=4)]
    with pytest.raises(
        InputError, match="limit 'vcpus' is 8, but the minimums of its tiers take 9"
    ):
        fit_limit("vcpus", 8, claims)


rows = st.lists(
    st.lists(st.integers(0, 40), min_size=3, max_size=3).map(sorted), min_size=1, max_size=4
)


@settings(max_examples=80)
@given(rows, rows, st.floats(0.2, 5), st.floats(0.2, 5), st.floats(1, 4), st.integers(1, 200))
def test_the_limit_is_kept_and_nobody_gets_more_than_asked(one, two, c1, c2, value, limit):
    size = min(len(one), len(two))
    claims = [claim("a", one[:size], c1, value=value), claim("b", two[:size], c2)]
    shared = fit_limit("l", limit, claims)
    a, b = (np.array(given_units(shared, t)) for t in "ab")
    wanted = [np.array([row[2] for row in rows[:size]]) for rows in (one, two)]
    edges = [len(a), len(b)]
    assert edges == [size, size]
    assert (a * c1 + b * c2 <= limit + 1e-6).all()
    assert (a <= wanted[0]).all()
    assert (b <= wanted[1]).all()
    fits = wanted[0] * c1 + wanted[1] * c2 <= limit
    assert (a[fits] == wanted[0][fits]).all()
