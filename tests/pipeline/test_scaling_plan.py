"""A scaling plan is created once, updated where it differs, read back, and never beside a schedule.

moto has no AWS Auto Scaling: its answers are stubbed, the groups are the sandbox's.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from botocore.stub import Stubber
from typer.testing import CliRunner

from foresail.changes.names import prefix
from foresail.cli import app, scaling_plan
from foresail.config import parse_config
from foresail.errors import AwsError, InputError
from foresail.pipeline import plan_all
from foresail.pipeline.scaling_plan import (
    IAM_BESIDE,
    IAM_READ,
    IAM_WRITE,
    scaling_plan_writes,
    write_scaling_plans,
)
from foresail.policies.instructions import application_source, instruction
from foresail.sandbox import Sandbox, create_group
from foresail.targets.base import ScheduledAction
from foresail.targets.ec2_auto_scaling_group import TARGET
from recorder import iam_name

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEXT = """
services:
  - name: shop
    prefer: scaling-plan
    application: {tags: {app: [shop]}}
    tiers:
      - name: web
        target: {type: ec2-auto-scaling-group, name: web}
        demand: {namespace: AWS/EC2, metric: CPUUtilization, scale_by: capacity, stat: Average}
        unit_capacity: 100 %
        max: 40
  - name: other
    tiers:
      - name: api
        target: {type: ec2-auto-scaling-group, name: api}
        demand: {namespace: AWS/EC2, metric: CPUUtilization, scale_by: capacity, stat: Average}
        unit_capacity: 100 %
        max: 40
"""
CONFIG = parse_config(yaml.safe_load(TEXT), source="test")
NAME = "foresail-shop"
ASKED = {"ScalingPlanNames": [NAME], "ScalingPlanVersion": 1}
KEY = {"ScalingPlanName": NAME, "ScalingPlanVersion": 1}
SAID = {
    "ApplicationSource": application_source(CONFIG.services[0].application),
    "ScalingInstructions": [instruction(CONFIG.services[0].tiers[0])],
}


class Account:
    """The sandbox, and beside it a stubbed AWS Auto Scaling."""

    def __init__(self, sandbox):
        self.aws = sandbox.aws
        self.plans = sandbox.aws.client("autoscaling-plans")

    def client(self, service):
        return self.plans if service == "autoscaling-plans" else self.aws.client(service)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, "web", min_size=2, max_size=50)
        yield running


@pytest.fixture
def account(sandbox):
    return Account(sandbox)


@pytest.fixture
def stub(account):
    with Stubber(account.plans) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


def stands(stub, status="Active", **changed):
    live = {**KEY, **SAID, "StatusCode": status, **changed}
    stub.add_response("describe_scaling_plans", {"ScalingPlans": [live]}, ASKED)


def missing(stub):
    stub.add_response("describe_scaling_plans", {"ScalingPlans": []}, ASKED)


def run(account, **more):
    writes = scaling_plan_writes(CONFIG, account, **more)
    write_scaling_plans(CONFIG, account, writes)
    return [write.operation for write in writes]


def test_it_is_created_and_read_back(account, stub):
    missing(stub)
    stub.add_response(
        "create_scaling_plan", {"ScalingPlanVersion": 1}, {"ScalingPlanName": NAME, **SAID}
    )
    stands(stub, "CreationInProgress")
    assert run(account) == ["create"]


def test_one_that_stands_is_left_alone(account, stub):
    stands(stub)
    assert run(account) == ["keep"]


@pytest.mark.parametrize("status", ["Active", "CreationFailed"])
def test_one_that_differs_or_failed_is_updated(account, stub, status):
    other = {**SAID["ScalingInstructions"][0], "MaxCapacity": 9 if status == "Active" else 40}
    stands(stub, status, ScalingInstructions=[other])
    stub.add_response("update_scaling_plan", {}, {**KEY, **SAID})
    stands(stub, "UpdateInProgress")
    assert run(account) == ["update"]


def test_it_is_deleted_also_where_it_is_no_longer_preferred(account, stub):
    stands(stub)
    missing_other = {**ASKED, "ScalingPlanNames": ["foresail-other"]}
    stub.add_response("describe_scaling_plans", {"ScalingPlans": []}, missing_other)
    stub.add_response("delete_scaling_plan", {}, KEY)
    stands(stub, "DeletionInProgress")
    assert run(account, delete=True) == ["delete"]


def test_a_busy_plan_waits_and_says_so(account, stub):
    stands(stub, "UpdateInProgress", ScalingInstructions=[])
    with pytest.raises(AwsError, match="AWS is busy with it"):
        run(account)


def test_what_aws_kept_differently_is_told(account, stub):
    missing(stub)
    stub.add_response("create_scaling_plan", {"ScalingPlanVersion": 1})
    stands(stub, "CreationFailed", StatusMessage="no such group")
    with pytest.raises(AwsError, match="not as written: CreationFailed no such group"):
        run(account)


def test_a_missing_permission_names_the_action(account, stub):
    missing(stub)
    stub.add_client_error("create_scaling_plan", "AccessDeniedException", "no", 400)
    with pytest.raises(AwsError, match="autoscaling-plans:CreateScalingPlan"):
        run(account)


def test_nothing_is_written_while_a_schedule_of_foresails_stands(account, stub):
    group, name = TARGET(account.aws), f"{prefix('web')}20260302T1000Z"
    group.put("web", [ScheduledAction(name, NOW + timedelta(hours=1), min_size=5)])
    missing(stub)
    with pytest.raises(AwsError, match="own schedule or policies still stand"):
        run(account)
    group.delete("web", [name])


def test_foresail_plans_no_schedule_for_such_a_service(account):
    for service in (None, "shop"):
        with pytest.raises(InputError, match="shop: a scaling plan moves its tiers"):
            plan_all(CONFIG, account, NOW, service=service)


def test_a_service_without_the_preference_has_no_plan(account):
    with pytest.raises(InputError, match="no service prefers"):
        scaling_plan_writes(CONFIG, account, "other")


@pytest.fixture
def file(tmp_path, account, monkeypatch):
    monkeypatch.setattr(scaling_plan, "connect", lambda _: account)
    path = tmp_path / "foresail.yaml"
    path.write_text(TEXT)
    return ["--config", str(path)]


def test_the_command_only_shows_until_told_to_apply(stub, file):
    missing(stub)
    done = CliRunner().invoke(app, ["scaling-plan", *file])
    assert done.exit_code == 0, done.output
    assert "foresail-shop: create\n  autoScalingGroup/web: 1 to 40, target 70" in done.output
    assert "nothing was written" in done.output
    stands(stub)
    done = CliRunner().invoke(app, ["scaling-plan", *file, "--apply", "--json"])
    assert json.loads(done.output)[0]["operation"] == "keep"


def allowed(file, way):
    done = CliRunner().invoke(app, ["iam", way, *file])
    rows = json.loads(done.output)["Statement"]
    return {row["Sid"]: row["Action"] for row in rows}["ForesailScalingPlan"]


def test_its_actions_are_in_the_policies(file):
    assert allowed(file, "--read-only") == list(IAM_READ)
    assert allowed(file, "--apply") == sorted({*IAM_READ, *IAM_WRITE, *IAM_BESIDE})


def test_the_policies_allow_the_calls_that_are_made_and_no_others(account, stub):
    made = set()  # the stub answers before a call is sent, so it is noted when it is built
    account.plans.meta.events.register(
        "before-parameter-build", lambda model, **_: made.add(iam_name(model))
    )
    missing(stub)
    stub.add_response("create_scaling_plan", {"ScalingPlanVersion": 1})
    stands(stub)
    run(account)
    stands(stub, "UpdateFailed")
    stub.add_response("update_scaling_plan", {})
    stands(stub)
    run(account)
    stands(stub)
    stub.add_response("delete_scaling_plan", {})
    missing(stub)
    run(account, service="shop", delete=True)
    assert made == {*IAM_READ, *IAM_WRITE}
