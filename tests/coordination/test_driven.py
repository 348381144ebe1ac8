import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.coordination.driven import driven_units
from foresail.coordination.ratio import LEVELS, Ratios


def frame(values, start="2026-11-09"):
    times = pd.date_range(start, periods=len(values), freq="5min", tz="UTC")
    columns = np.array(values, dtype=float)
    return pd.DataFrame(
        {"series": "up", "timestamp": times, "q0.1": columns[:, 0], "q0.5": columns[:, 1],
         "q0.9": columns[:, 2]}
    )  # fmt: skip


def exact(**values):
    return Ratios(values, 1.0, np.ones(len(LEVELS)), 600)


def test_without_spread_the_quantiles_are_scaled():
    out = driven_units({"web": frame([[8, 10, 14]])}, exact(web=0.5), "shop/db")
    assert out[["q0.1", "q0.5", "q0.9"]].to_numpy() == pytest.approx(np.array([[4, 5, 7]]))
    assert list(out["series"]) == ["shop/db"]


def test_two_tiers_above_add():
    above = {"web": frame([[8, 10, 14]]), "api": frame([[1, 2, 3]])}
    out = driven_units(above, exact(web=0.5, api=2.0), "db")
    assert out[["q0.1", "q0.5", "q0.9"]].to_numpy() == pytest.approx(np.array([[6, 9, 13]]))


def test_spreads_add_as_roots_of_squares():
    spread = np.exp(0.3 * (LEVELS - 0.5) / 0.4)  # 0.3 in logarithms at the quantile 0.9
    out = driven_units(
        {"web": frame([[10, 10, 10 * np.exp(0.4)]])}, Ratios({"web": 1.0}, 1.0, spread, 9), "db"
    )
    assert out["q0.9"].iloc[0] == pytest.approx(10 * np.exp(0.5))
    assert out["q0.1"].iloc[0] == pytest.approx(10 * np.exp(-0.3))


def test_no_demand_above_is_none_below():
    out = driven_units({"web": frame([[0, 0, 0]])}, exact(web=0.5), "db")
    assert not out[["q0.1", "q0.5", "q0.9"]].to_numpy().any()


@settings(max_examples=50)
@given(
    st.lists(
        st.lists(st.floats(0, 1e6), min_size=3, max_size=3).map(sorted), min_size=1, max_size=5
    ),
    st.lists(st.floats(0.01, 10), min_size=len(LEVELS), max_size=len(LEVELS)).map(sorted),
)
def test_quantiles_stay_in_order_and_finite(rows, spread):
    ratios = Ratios({"web": 0.7}, 1.0, np.array(spread), 600)
    out = driven_units({"web": frame(rows)}, ratios, "db")[["q0.1", "q0.5", "q0.9"]].to_numpy()
    assert np.isfinite(out).all()
    assert (np.diff(out, axis=1) >= 0).all()
    assert (out >= 0).all()


def test_an_idle_median_does_not_hide_the_tail():
    out = driven_units({"web": frame([[0, 0, 6]])}, exact(web=0.5), "db")
    assert out["q0.9"].iloc[0] == pytest.approx(3)


def test_what_was_seen_long_ago_has_faded():
    def median(last):
        ratios = Ratios({"web": 1.0}, 1.0, np.ones(len(LEVELS)), 600, 0.5, 0.9, last)
        return driven_units({"web": frame([[10, 10, 10]] * 2)}, ratios, "db")["q0.5"].iloc[0]

    fresh = pd.Timestamp("2026-11-08T23:55Z")
    assert median(fresh) == median(None) == pytest.approx(10 * np.exp(0.9 * 0.5))
    assert median(fresh - pd.Timedelta(hours=1)) == pytest.approx(10 * np.exp(0.9**13 * 0.5))
