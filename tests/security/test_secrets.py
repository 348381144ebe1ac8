"""No credential is kept or told: secrets are planted, all is run at its loudest, then sought."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from foresail.credentials import Role
from foresail.sandbox import Sandbox

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
ROLE = "arn:aws:iam::111122223333:role/foresail"
CANARIES = {
    "AWS_ACCESS_KEY_ID": "AKIACANARYCANARY0001",
    "AWS_SECRET_ACCESS_KEY": "canary-secret-access-key-0002",
    "AWS_SESSION_TOKEN": "canary-session-token-0003",
    "FORESAIL_SIGNING_KEY": "canary-signing-key-0004-and-more-letters",
    "CHAT": "https://127.0.0.1:1/services/canary-webhook-0005",
}
EXTERNAL_ID = "canary-external-id-0006"
CONFIG = f"""
region: us-east-1
store: store
notify: {{webhook: "env:CHAT", kinds: [applied, refused, waiting, failed, drift]}}
events: {{bus: default}}
services:
  - name: shop
    account: {{role_arn: "{ROLE}", external_id: {EXTERNAL_ID}}}
    tiers:
      - name: web
        target: {{type: ec2-auto-scaling-group, name: web}}
        demand: {{namespace: Shop, metric: Calls, period: 1h}}
        unit_capacity: 10 requests/s
        min: 2
        max: 40
        guardrails: {{increase: 1000%, decrease: 100%}}
"""
COMMANDS = [
    ("doctor",),
    ("plan", "--out", "plan.json"),
    ("apply", "plan.json"),
    ("status", "--json"),
    ("run",),
    ("publish",),
    ("publish", "--alarms", "--dashboard"),
    ("iam", "--apply"),
    ("rollback", "--auto-approve"),
]


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        running.roles.add(ROLE, EXTERNAL_ID)
        there = running.aws.at(role=Role(ROLE, EXTERNAL_ID))
        groups = there.client("autoscaling")
        groups.create_launch_configuration(
            LaunchConfigurationName="web", ImageId="ami-12c6146b", InstanceType="m5.large"
        )
        groups.create_auto_scaling_group(
            AutoScalingGroupName="web", MinSize=2, MaxSize=40, AvailabilityZones=["us-east-1a"],
            LaunchConfigurationName="web",
        )  # fmt: skip
        calls = [
            {
                "MetricName": "Calls",
                "Timestamp": NOW - timedelta(hours=h),
                "Value": 2e5 + 1e4 * (h % 24),
            }
            for h in range(1, 240)
        ]
        there.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=calls)
        yield running


@pytest.fixture(scope="module")
def ran(sandbox, tmp_path_factory):
    """What every command said, by its words, and the folder in which all ran."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "foresail.yaml").write_text(CONFIG)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment = {**kept, **CANARIES, "AWS_ENDPOINT_URL": sandbox.endpoint_url}
    said = {}
    for words in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "foresail.cli", "-vv", *words],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        said[words] = done
    return said, folder


def secrets(sandbox):
    """Planted secrets, and the credentials that STS really gave for the role."""
    from moto.sts.models import sts_backends

    given = list(sts_backends["111122223333"]["aws"].assumed_roles)
    assert given
    temporary = {one.secret_access_key for one in given} | {one.session_token for one in given}
    return {*CANARIES.values(), EXTERNAL_ID, *temporary}


def test_the_commands_did_their_work(ran):
    said, folder = ran
    codes = {words: done.returncode for words, done in said.items()}
    assert codes[("plan", "--out", "plan.json")] == 0, said[("plan", "--out", "plan.json")].stderr
    assert codes[("apply", "plan.json")] == 0, said[("apply", "plan.json")].stderr
    assert "Traceback" not in "".join(done.stderr for done in said.values())
    assert "signature" in json.loads((folder / "plan.json").read_text())
    loud = said[("apply", "plan.json")].stderr
    assert "operation=AssumeRole" in loud  # each call is told at this level


def test_no_secret_is_said(ran, sandbox):
    said, _ = ran
    for words, done in said.items():
        for secret in secrets(sandbox):
            assert secret not in done.stdout + done.stderr, words


def test_no_secret_is_kept(ran, sandbox):
    _, folder = ran
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".yaml"]
    assert {path.suffix for path in files} >= {".sqlite", ".json", ".parquet"}
    for path in files:
        raw = path.read_bytes()
        for secret in secrets(sandbox):
            assert secret.encode() not in raw, path


def test_no_secret_is_in_an_alarm_a_dashboard_or_an_event(ran, sandbox):
    there = sandbox.aws.at(role=Role(ROLE, EXTERNAL_ID)).client("cloudwatch")
    alarms = there.describe_alarms()["MetricAlarms"]
    names = [one["DashboardName"] for one in there.list_dashboards()["DashboardEntries"]]
    boards = [there.get_dashboard(DashboardName=name)["DashboardBody"] for name in names]
    assert alarms and boards
    told = json.dumps([alarms, boards], default=str)
    assert not [secret for secret in secrets(sandbox) if secret in told]


def test_the_store_is_its_owners_alone(ran):
    _, folder = ran
    assert (folder / "store").stat().st_mode & 0o077 == 0
