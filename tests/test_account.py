"""`foresail targets` and `foresail iam` as a person types them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from foresail.cli import app
from foresail.errors import ConfigError, InputError
from foresail.targets.registry import target_classes

CONFIG = """
services:
  - name: shop
    tiers:
      - name: web
        target: {type: ecs-service, name: service/shop/web}
        demand: {namespace: AWS/ApplicationELB, metric: RequestCount}
        unit_capacity: 100 requests/s
        max: 60
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder; its errors are raised."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*words):
        return CliRunner().invoke(app, words, catch_exceptions=False).output

    return invoke


def actions(policy):
    assert {s["Effect"] for s in policy["Statement"]} == {"Allow"}
    return {s["Sid"]: s["Action"] for s in policy["Statement"]}


def test_targets_are_listed_with_what_they_support(run):
    shown = run("targets")
    for name, cls in target_classes().items():
        [line] = [row for row in shown.splitlines() if row.startswith(f"{name} ")]
        assert cls.about in line
        assert str(cls.quota) in line
    rows = {row["type"]: row for row in json.loads(run("targets", "--json"))}
    assert rows["ec2-auto-scaling-group"]["sets"] == "min, desired"
    assert rows["ecs-service"]["sets"] == "min"
    assert rows["ecs-service"]["write"] == list(target_classes()["ecs-service"].iam_write)


def test_read_only_writes_nothing_and_apply_reads_too(run):
    reading = actions(json.loads(run("iam", "--read-only")))
    assert list(reading) == ["ForesailRead"]
    verbs = {action.split(":")[1] for action in reading["ForesailRead"]}
    assert all(verb.startswith(("Describe", "Get")) for verb in verbs)
    both = actions(json.loads(run("iam", "--apply")))
    assert both["ForesailRead"] == reading["ForesailRead"]
    assert both["ForesailApply"] == [
        "application-autoscaling:DeleteScheduledAction",
        "application-autoscaling:PutScheduledAction",
        "autoscaling:BatchDeleteScheduledAction",
        "autoscaling:BatchPutScheduledUpdateGroupAction",
    ]


def test_a_configuration_or_a_type_narrows_the_policy(run, tmp_path):
    named = json.loads(run("iam", "--apply", "--type", "ecs-service"))
    assert not any(a.startswith("autoscaling:") for found in actions(named).values() for a in found)
    (tmp_path / "foresail.yaml").write_text(CONFIG)
    assert json.loads(run("iam", "--apply")) == named


@pytest.mark.parametrize("words", [(), ("--read-only", "--apply")])
def test_one_policy_at_a_time(run, words):
    with pytest.raises(InputError, match="one policy at a time"):
        run("iam", *words)


def test_an_unknown_type_names_the_nearest(run):
    with pytest.raises(ConfigError, match="unknown target type 'ecs-servise'") as caught:
        run("iam", "--read-only", "--type", "ecs-servise")
    assert "ecs-service" in caught.value.cure


def test_a_configuration_that_is_named_must_be_there(run):
    with pytest.raises(ConfigError, match=r"nope\.yaml: no such file"):
        run("iam", "--read-only", "--config", "nope.yaml")
