"""Figures: what is marked under capacity is what the log says, and colours are the theme's."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from foresail.report.charts import figures
from foresail.report.findings import short_minutes
from foresail.report.times import axis_of
from report.sample import sample


@pytest.fixture(scope="module")
def data():
    return sample()


@pytest.fixture(scope="module")
def plots(data):
    return figures(data, axis_of(data))


def lane(plots, name):
    return next(t for t in plots["capacity"]["traces"] if t["name"] == f"under capacity, {name}")


def test_lanes_mark_each_under_capacity_minute(data, plots):
    marked = pd.to_datetime([x for x in lane(plots, "foresail")["x"] if x])
    minutes = (marked[1::2] - marked[::2]).sum() / pd.Timedelta("1min")
    assert minutes == short_minutes(data.played, data).sum()
    assert minutes == data.scores["under_capacity_minutes"].iloc[0] > 0


def test_every_colour_is_a_role(plots):
    text = json.dumps(plots)
    assert "#" not in text
    assert "rgb(" not in text


def test_long_history_is_drawn_with_its_extremes(data, plots):
    traces = plots["demand"]["traces"]
    extent = next(t for t in traces if t["role"] == "historyband")
    highest = max(y for y in extent["y"] if y is not None)
    assert highest == pytest.approx(data.history["value"].max(), rel=1e-4)
    assert any("hourly mean" in t["name"] for t in traces)


def test_views_end_with_the_forecast_and_hold_what_is_in_them(data, plots):
    for view in plots["demand"]["views"]:
        assert view["range"][0] < view["range"][1]
        assert view["top"] >= data.forecast["q0.95"].max()


def test_figures_are_light(plots):
    assert len(json.dumps(plots)) < 300_000
