"""The benchmark's tables say what the scores say."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "replay"


@pytest.fixture(scope="module")
def modules():
    sys.path.insert(0, str(FOLDER))
    try:
        import speed
        import tables

        yield tables, speed
    finally:
        sys.path.remove(str(FOLDER))
        for name in ("tables", "speed"):
            sys.modules.pop(name, None)


def scores():
    rows = [
        ("a", "reactive", "0.5", 0.03, 1.5), ("b", "reactive", "0.5", 0.0, 2.0),
        ("a", "foresail-hybrid", "x", 0.004, 1.2), ("b", "foresail-hybrid", "x", 0.0, 2.5),
        ("a", "least possible", "0", 0.0, 1.0), ("b", "least possible", "0", 0.0, 1.9),
    ]  # fmt: skip
    columns = ["series", "policy", "setting", "under_capacity", "cost_ratio"]
    return pd.DataFrame(rows, columns=columns)


def grid():
    sizes = [(2016, 200), (16128, 200), (16128, 800)]
    frame = pd.DataFrame(sizes, columns=["steps", "scenarios"])
    return frame.assign(**{"s": [0.1, 0.8, 1.6], "CPU s": 0.1, "per second": 1e6})


def test_growth_is_the_slope_of_the_logarithms(modules):
    _, speed = modules
    assert speed.growth(grid()) == pytest.approx({"steps": 1.0, "scenarios": 0.5})
    assert speed.met(grid()) == (0.8, True)


def test_the_workload_has_the_goal_s_shape(modules):
    _, speed = modules
    demand, floors, fleet = speed.workload(100, 7)
    assert demand.shape == floors.shape == (100, 7)
    assert np.shape(fleet.target) == (7,)


def test_tables_name_losses_and_reach(modules):
    tables, _ = modules
    from foresail.replay.measures import frontier

    front = frontier(scores())
    table = tables.policies_table(front)
    assert list(table.columns) == ["<= 5 %", "<= 2 %", "<= 1 %", "<= 0.5 %", "<= 0.1 %"]
    assert table.loc["reactive"].tolist() == ["1.75 (100%)"] + ["2.00 (50%)"] * 4
    by_trace = tables.traces_table(front, "foresail-hybrid")
    assert by_trace.loc["a"].tolist()[:2] == ["1.20 / 1.50 reactive / 1.00", "1.20 / none / 1.00"]
    assert by_trace.loc["b", "<= 5 %"] == "**2.50** / 2.00 reactive / 1.90"


def test_the_page_is_filled(modules):
    tables, _ = modules
    text = tables.page(scores(), "foresail-hybrid", grid(), "a machine", 3.0)
    assert "{{" not in text
    assert "than reactive at every limit | 1.25 at <= 2 % | **no** | 0.95 at <= 2 %: no" in text
    assert "| reactive | 0.80 (2) | 0.95 (1) |" in text


def test_the_page_needs_no_bound(modules):
    tables, _ = modules
    told = scores()
    told = told[told["policy"] != "least possible"]
    assert "Not in this run." in tables.page(told, "foresail-hybrid", grid(), "a machine", 3.0)
