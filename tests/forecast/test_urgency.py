"""How urgent demand ahead is: sooner and higher is never less, and the reason says why."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foresail import forecast
from foresail.errors import InputError
from foresail.forecast.urgency import URGENCIES, urgency, urgency_level


@pytest.mark.parametrize(
    ("peak", "hours", "level"),
    [
        (90, np.inf, "low"),
        (105, 0.5, "medium"),
        (140, 0.5, "high"),
        (200, 1.0, "critical"),
        (105, 3.0, "low"),
        (140, 6.0, "medium"),
        (200, 3.0, "high"),
        (140, 20.0, "low"),
        (200, 24.0, "medium"),
        (200, 25.0, "low"),
    ],
)
def test_the_table_of_urgency(peak, hours, level):
    assert urgency_level(50.0, peak, hours, 100.0) == [level]


def test_what_is_above_already_is_soon_and_the_certain_is_a_step_up():
    assert urgency_level(160.0, 120.0, np.inf, 100.0) == ["critical"]
    assert urgency_level(50.0, 140.0, 3.0, 100.0, certain=True) == ["high"]
    assert urgency_level(50.0, 90.0, np.inf, 100.0, certain=True) == ["low"]
    assert urgency_level(0.0, 0.0, np.inf, 0.0) == ["low"]


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 30), st.floats(0, 30), st.floats(1, 1e6))
@settings(max_examples=100, deadline=None)
def test_sooner_and_higher_is_never_less_urgent(now, peak, hours, sooner, capacity):
    def rank(*given):
        return URGENCIES.index(urgency_level(*given)[0])

    first = rank(now, peak, hours, capacity)
    assert rank(now, peak * 2, hours, capacity) >= first
    assert rank(now, peak, min(hours, sooner), capacity) >= first
    assert rank(now, peak, hours, capacity * 2) <= first


def test_urgency_of_a_forecast():
    times = pd.date_range("2026-03-02", periods=72 * 2, freq="1h", tz="UTC")
    history = pd.concat(
        pd.DataFrame({"series": name, "timestamp": times, "value": level + 0.0 * times.hour})
        for name, level in (("web", 100.0), ("api", 10.0))
    )
    ahead = forecast(history, quantiles=(0.5, 0.9))
    ahead.loc[(ahead["series"] == "web") & (ahead.index % 48 == 3), "q0.9"] = 300.0
    found = urgency(ahead, {"web": 100.0, "api": 10.0}).set_index("series")
    assert found["urgency"].to_dict() == {"web": "high", "api": "low"}
    assert found.loc["web", "breach_at"] == times[-1] + pd.Timedelta("4h")
    assert "q0.9 is above the 125 served in 3 h, and peaks at 300" in found.loc["web", "reason"]
    assert pd.isna(found.loc["api", "breach_at"])
    roomy = urgency(ahead, {}, {"web": 400.0, "api": 5.0}).set_index("series")
    assert roomy["urgency"].to_dict() == {"web": "low", "api": "critical"}


def test_urgency_without_quantiles_is_refused():
    frame = pd.DataFrame(
        {"series": ["a"], "timestamp": [pd.Timestamp("2026-01-01", tz="UTC")], "mean": [1]}
    )
    with pytest.raises(InputError, match="no quantile"):
        urgency(frame, {})
