"""``foresail rollout`` as a person types it, against a sandbox in this process."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import boto3
import pytest

from foresail.changes.planfile import PlanFile
from foresail.cli import main
from foresail.config import load_config
from foresail.sandbox import Sandbox, create_group
from rollout.sample import START, plan

ROLE = "arn:aws:iam::123456789012:role/foresail-rollout"
DEMAND = "demand: {namespace: Shop, metric: Calls, missing: zero}"
CONFIG = f"""\
services:
  - name: shop
    tiers:
      - name: web
        target: {{type: ec2-auto-scaling-group, name: shop-web}}
        {DEMAND}
        unit_capacity: 100 requests/s
        max: 50
        needs: [db]
      - name: db
        target: {{type: ec2-auto-scaling-group, name: shop-db}}
        {DEMAND}
        unit_capacity: 100 requests/s
        max: 50
"""


@pytest.fixture(scope="module")
def endpoint():
    with Sandbox(start=datetime.now(UTC)) as running:
        for name in ("shop-web", "shop-db"):
            create_group(running, name, min_size=2, max_size=50)
        yield running.aws.endpoint_url


@pytest.fixture
def run(endpoint, tmp_path, monkeypatch, capsys):
    """A plan for an hour from now in a folder of its own; runs the command there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    (tmp_path / "foresail.yaml").write_text(CONFIG)
    now = datetime.now(UTC).replace(microsecond=0)
    tiers = [shifted(plan("db", {60: 3}), now), shifted(plan("web", {70: 6}), now)]
    digest = load_config(tmp_path / "foresail.yaml").digest()
    created = datetime.now(UTC)  # to the microsecond: each test has a plan of its own
    PlanFile(created, "us-east-1", digest, tuple(tiers)).write(tmp_path / "plan.json")

    def command(*words):
        monkeypatch.setattr("sys.argv", ["foresail", "rollout", "plan.json", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return ended.value.code, shown.out, shown.err

    return command


def shifted(one, now):
    wanted = tuple(replace(a, start=a.start - START + now) for a in one.wanted)
    return replace(one, wanted=wanted)


def test_a_plan_is_started_told_and_stopped(run):
    assert run("--role", ROLE, "--stop")[0] == 2  # never started
    code, told, _ = run("--role", ROLE, "--start")
    assert (code, "created" in told, "RUNNING" in told) == (0, True, True)
    assert "unchanged" in run("--role", ROLE, "--start")[1]
    assert run("--role", ROLE, "--stop")[0] == 0
    assert run("--role", ROLE, "--stop")[0] == 0


def test_the_definition_is_printed_whole(run):
    code, shown, _ = run()
    assert code == 0
    assert json.loads(shown)["StartAt"] == "000 wait db 3"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--start"], "needs a role"),
        (["--start", "--stop", "--role", ROLE], "both given"),
        (["--start", "--role", "me"], "no ARN of a role"),
        (["--service", "web"], "no service 'web' in the plan"),
        (["--output", "none/machine.json"], "--output"),
        (["--config", "other.yaml"], "other.yaml"),
    ],
)
def test_a_mistake_ends_with_its_cure(run, words, said):
    code, _, told = run(*words)
    assert code == 2
    assert said in told
    assert "->" in told


def test_a_changed_configuration_is_told_before_anything(run, tmp_path):
    text = CONFIG.replace("name: db", "name: base").replace("[db]", "[base]")
    (tmp_path / "foresail.yaml").write_text(text)
    code, _, told = run()
    assert (code, "the configuration changed" in told) == (2, True)


def test_a_stale_plan_is_not_started(run, endpoint):
    client = boto3.client("autoscaling", region_name="us-east-1", endpoint_url=endpoint)
    client.update_auto_scaling_group(AutoScalingGroupName="shop-db", MinSize=4)
    try:
        code, _, told = run("--role", ROLE, "--start")
    finally:
        client.update_auto_scaling_group(AutoScalingGroupName="shop-db", MinSize=2)
    assert (code, "is stale" in told) == (2, True)
