"""``foresail strategy`` and policies on the command line, against the demo's shop."""

from __future__ import annotations

import json

import pytest
import yaml

from in_process import in_process

POLICIES = """
        policies:
          target_tracking: {metric: cpu, target: 60}
          warm_pool: {min: 2}
"""


@pytest.fixture
def here(shop, monkeypatch, capsys):
    return in_process(shop, monkeypatch, capsys)


def test_strategies_are_compared_and_the_lines_to_adopt_are_yaml(shop):
    done = shop("strategy", "--limit", "5%")
    assert done.returncode == 0, done.stderr
    for word in ("tracking", "predictive on", "scheduled", "hybrid", "x oracle", "price: USD"):
        assert word in done.stdout
    lines = done.stdout.split("put into the tier:\n")[1]
    assert set(yaml.safe_load(lines)) <= {"quantile", "policies"}


def test_json_says_the_same_in_numbers(here):
    done = here("strategy", "--json", "--price", "0.10")
    [tier] = json.loads(done.stdout)
    first = tier["strategies"][0]
    assert float(first["cost"]) == pytest.approx(first["unit_hours"] * 0.10, abs=0.011)
    assert tier["chosen_from"] < tier["scored_from"] < tier["until"]
    assert tier["aws_forecast"] == {}


def test_shares_that_are_none_end_in_exit_2(here):
    for words in (("--slo", "1.2"), ("--limit", "5"), ("--price", "free")):
        done = here("strategy", *words)
        assert done.returncode == 2, done.stdout
        assert "Traceback" not in done.stderr


def test_policies_are_reviewed_applied_told_and_rolled_back(here):
    plain = (here.folder / "foresail.yaml").read_text()
    (here.folder / "policies.yaml").write_text(plain.rstrip() + POLICIES)
    chosen = ("--config", "policies.yaml")
    planned = here("plan", *chosen, "--out", "plan.json", "--full")
    assert "track ASGAverageCPUUtilization at 60" in planned.stdout
    assert "holds until changed" in planned.stdout
    assert "storefront-web-cpu (not foresail's) tracks the same metric" in planned.stdout.replace(
        "\n", " "
    )
    applied = here("apply", *chosen, "plan.json")
    assert applied.returncode == 0, applied.stderr
    status = here("status", *chosen).stdout
    assert "warm pool, stopped, 2 or more" in status
    assert "storefront-web-cpu (not foresail's): track" in status
    back = here("rollback", *chosen, "--auto-approve")
    assert back.returncode == 0, back.stderr
    assert "foresail-storefront-web" not in here("status", *chosen).stdout
