"""The tidy history: what is accepted, and what each fault is told."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail.errors import InputError
from foresail.history.frame import check_history, infer_period


def history(days=3, period="1h", series="web"):
    times = pd.date_range(
        "2026-11-20",
        periods=int(days * pd.Timedelta("1D") / pd.Timedelta(period)),
        freq=period,
        tz="UTC",
    )
    return pd.DataFrame(
        {"series": series, "timestamp": times, "value": np.arange(len(times)) * 1.0}
    )


def test_gaps_many_series_zones_and_extra_columns_are_fine():
    both = pd.concat([history().drop(index=[3, 4, 50]), history(series="api")]).assign(
        censored=False
    )
    both["timestamp"] = both["timestamp"].dt.tz_convert("Asia/Kolkata")
    checked = check_history(both)
    assert len(checked) == len(both)
    assert str(checked["timestamp"].dt.tz) == "UTC"
    assert infer_period(checked) == timedelta(hours=1)
    assert "censored" in checked


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: f.drop(columns="value"), "no column value"),
        (lambda f: f.iloc[:0], "no rows"),
        (lambda f: f.assign(timestamp=f["timestamp"].astype(str)), "not times"),
        (lambda f: f.assign(timestamp=f["timestamp"].dt.tz_localize(None)), "no time zone"),
        (lambda f: f.assign(value="many"), "not numbers"),
        (lambda f: f.assign(value=True), "not numbers"),
        (lambda f: f.assign(value=f["value"].where(f.index != 5)), r"'web' at 2026-11-20 05.*NaN"),
        (lambda f: f.assign(value=f["value"].where(f.index != 5, np.inf)), "infinite"),
        (lambda f: f.assign(value=f["value"].where(f.index != 5, -1.0)), "negative"),
        (lambda f: pd.concat([f, f.iloc[[7]]]), "twice"),
        (lambda f: f.iloc[::-1], "not sorted"),
        (lambda f: pd.concat([f, f.iloc[[-1]].assign(
            timestamp=f["timestamp"].iloc[-1] + pd.Timedelta("7min"))]), "mixed periods"),
        (lambda f: f.iloc[:40], "40.0 h of history"),
        (lambda f: f.iloc[:1], "single observation"),
        (lambda f: f.assign(censored="yes"), "censored is 'yes' in row 0, not true or false"),
        (lambda f: f.assign(censored=2), "censored is '2' in row 0"),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_a_cure(spoil, says):
    with pytest.raises(InputError, match=says) as caught:
        check_history(spoil(history()))
    assert caught.value.cure
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("known", [[True, None], [1, 0], [False, np.nan]])
def test_censored_may_be_boolean_numbers_or_unknown(known):
    check_history(history().assign(censored=(known * 36)))


@settings(deadline=None, max_examples=60)
@given(
    known=st.floats(0.25, 1),
    minutes=st.sampled_from([1, 5, 15, 60]),
    periods=st.integers(150, 2000),
    seed=st.integers(0, 2**16),
)
def test_the_period_is_found_whatever_is_missing_at_random(known, minutes, periods, seed):
    times = pd.date_range("2026-11-20", periods=periods, freq=f"{minutes}min", tz="UTC")
    kept = np.random.default_rng(seed).random(periods) < known
    frame = pd.DataFrame({"series": "web", "timestamp": times[kept], "value": 1.0})
    assert infer_period(frame) == timedelta(minutes=minutes)


def test_a_stray_row_is_off_the_grid_even_at_half_a_period():
    stray = history().iloc[[-1]].assign(timestamp=lambda f: f["timestamp"] + pd.Timedelta("30min"))
    with pytest.raises(InputError, match="mixed periods"):
        check_history(pd.concat([history(), stray]))
