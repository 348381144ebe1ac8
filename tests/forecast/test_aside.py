"""What was set aside before learning is listed, with when and why."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foresail.forecast.aside import COLUMNS, set_aside

START = pd.Timestamp("2026-11-02T00:00Z")


def history(days=14, seed=0):
    times = pd.date_range(START, periods=24 * days, freq="1h")
    rng = np.random.default_rng(seed)
    values = 100 + 40 * np.sin((times.hour - 9) * np.pi / 12) + rng.normal(0, 2, len(times))
    return pd.DataFrame({"series": "web", "timestamp": times, "value": values})


def kinds(frame):
    return set(set_aside(frame)["kind"])


def test_a_spike_is_listed_with_its_time_and_what_was_used():
    past = history()
    past.loc[100, "value"] = 900.0
    [row] = set_aside(past).itertuples()
    assert (row.kind, row.series) == ("spike", "web")
    assert (row.start, row.end) == (START + pd.Timedelta("100h"), START + pd.Timedelta("101h"))
    assert row.seen == 900.0
    assert row.used < 250
    assert "less than half a day" in row.why


def test_quiet_history_has_nothing_set_aside():
    found = set_aside(history())
    assert tuple(found.columns) == COLUMNS
    assert found.empty


def test_a_dip_a_gap_a_shift_and_hidden_demand_each_have_a_word():
    dip = history()
    dip.loc[150:153, "value"] = 0.0
    assert kinds(dip) == {"dip"}
    assert kinds(history().drop(index=range(60, 66))) == {"gap"}
    shift = history()
    shift.loc[200:, "value"] *= 3
    assert "shift" in kinds(shift)
    hidden = history().assign(censored=False)
    hidden.loc[50:52, "censored"] = True
    [row] = set_aside(hidden).itertuples()
    assert (row.kind, row.end - row.start) == ("hidden", pd.Timedelta("3h"))


def test_a_daily_spike_is_no_incident():
    past = history()
    past.loc[past["timestamp"].dt.hour == 9, "value"] += 300
    assert set_aside(past).empty


def test_series_are_listed_apart_and_a_gap_does_not_reach_before_the_start():
    late = history(days=6).assign(
        series="late", timestamp=lambda f: f["timestamp"] + pd.Timedelta("8D")
    )
    spiked = history()
    spiked.loc[100, "value"] = 900.0
    found = set_aside(pd.concat([spiked, late], ignore_index=True))
    assert list(found["series"]) == ["web"]
