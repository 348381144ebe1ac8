"""The demo as a person runs it: on the shop and on real traces, and its report's numbers."""

from __future__ import annotations

import io
import json
import re

import pytest
from rich.console import Console

from conftest import trace_path
from foresail.changes.planfile import read_plan
from foresail.demo import run_demo
from foresail.errors import InputError


def run(tmp_path, trace=None):
    shown = io.StringIO()
    outcome = run_demo(Console(file=shown, width=120), trace=trace, output=tmp_path / "out")
    return outcome, shown.getvalue()


def test_the_shop_is_served_better_than_by_reaction_alone(tmp_path):
    outcome, shown = run(tmp_path)
    ours, alone = outcome.scores.iloc[0], outcome.scores.iloc[1]
    assert ours["under_capacity_minutes"] < alone["under_capacity_minutes"]
    assert ours["cost_ratio"] < 1.6
    assert outcome.scores["cost_ratio"].min() == 1.0  # the oracle is not beaten
    assert f"{ours['under_capacity_minutes']} instead of" in shown
    page = outcome.report.read_text()
    embedded = json.loads(re.search(r'id="scores">(.*?)</script>', page, re.S)[1])
    for row, scored in zip(embedded["scores"], outcome.scores.to_dict("records"), strict=True):
        assert row == scored  # the page shows the very figures
    plan = read_plan(tmp_path / "out" / "plan.json")
    assert plan.tiers[0].wanted[-1].min_size == 2  # ends at the configured floor


@pytest.mark.parametrize(
    "name", ["elb_request_count_8c0756", "nasa_requests", "rds_cpu_e47b3b", "tweets_AAPL"]
)
def test_real_traces_are_played_through(tmp_path, name):
    outcome, shown = run(tmp_path, trace_path(name))
    ours, alone = outcome.scores.iloc[0], outcome.scores.iloc[1]
    assert ours["under_capacity_minutes"] <= alone["under_capacity_minutes"]
    assert "read back and verify" in shown
    assert outcome.report.exists()


def test_a_trace_too_short_is_refused_and_nothing_is_written(tmp_path):
    path = tmp_path / "short.csv"
    path.write_text("timestamp,value\n2026-11-20T00:00:00Z,3\n2026-11-20T01:00:00Z,4\n")
    with pytest.raises(InputError, match="h of history, less than 4d"):
        run(tmp_path, path)
    assert not (tmp_path / "out").exists()
