"""The tidy history: what is accepted, and what each fault is told."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

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
    ],
)  # fmt: skip
def test_each_fault_is_named_with_a_cure(spoil, says):
    with pytest.raises(InputError, match=says) as caught:
        check_history(spoil(history()))
    assert caught.value.cure
    assert caught.value.exit_code == 2
