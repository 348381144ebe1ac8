"""What a survey of signals says: gaps, hidden demand, correlation, and which signal counts."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.demand.survey import survey

FIVE = timedelta(minutes=5)
CAPACITY = {"cpu": 100.0, "requests": 10.0}
NONE = pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC"))


def signals(cpu, requests, hidden=()):
    times = pd.date_range("2026-11-02", periods=len(cpu), freq="5min", tz="UTC")
    parts = [
        pd.DataFrame({"series": name, "timestamp": times, "value": values, "censored": False})
        for name, values in {"cpu": cpu, "requests": requests}.items()
    ]
    parts[0].loc[list(hidden), "censored"] = True
    return pd.concat(parts, ignore_index=True).dropna(subset="value")


def test_shares_and_the_signal_that_asks_for_most():
    found = survey(
        signals([100, 200, np.nan, 800], [20, 10, 30, 40], hidden=[0]), CAPACITY, NONE, FIVE
    ).set_index("series")
    assert found["missing"].to_dict() == {"cpu": 0.25, "requests": 0}
    assert found["censored"].to_dict() == {"cpu": pytest.approx(1 / 3), "requests": 0}
    assert found["needed_most"].to_dict() == {"cpu": 0.5, "requests": 0.5}
    assert found["peak"].to_dict() == {"cpu": 8, "requests": 4}
    assert found["correlation"].isna().all()  # four periods say nothing


def test_correlation_is_with_the_units_at_work_where_they_are_measured():
    rng = np.random.default_rng(0)
    cpu, requests = rng.random(200) * 100, rng.random(200) * 10
    frame = signals(cpu, requests)
    busy = pd.Series(cpu * 3, frame["timestamp"].unique())
    found = survey(frame, CAPACITY, busy, FIVE).set_index("series")["correlation"]
    assert found["cpu"] == pytest.approx(1)
    assert abs(found["requests"]) < 0.3


def test_without_them_it_is_with_what_the_other_signals_ask_for():
    wave = np.sin(np.arange(100.0)) + 2
    found = survey(signals(wave * 100, wave * 3), CAPACITY, NONE, FIVE)
    assert np.allclose(found["correlation"], 1)
    alone = survey(signals(wave * 100, wave * np.nan), CAPACITY, NONE, FIVE)
    assert alone["correlation"].isna().all()
