import dataclasses
import json
import time
from datetime import timedelta

import pytest
from botocore.stub import Stubber

from foresail.changes.names import prefix
from foresail.errors import AwsError, InputError, RefusedError
from foresail.rollout.deploy import Rollout, check_startable
from foresail.rollout.machine import state_machine
from foresail.sandbox import Sandbox, create_group
from foresail.targets.base import ScheduledAction
from rollout.sample import NEEDS, START, plan, shop

ROLE = "arn:aws:iam::123456789012:role/foresail-rollout"


@pytest.fixture(scope="module")
def account():
    with Sandbox(start=START - timedelta(minutes=5)) as running:
        for name in ("shop-web", "shop-db"):
            create_group(running, name, min_size=2, max_size=50)
        yield running


def test_it_is_created_once_and_updated_only_when_it_differs(account):
    rollout = Rollout(account.aws, "once", ROLE)
    definition = state_machine(shop(), NEEDS)
    assert [rollout.put(definition), rollout.put(definition)] == ["created", "unchanged"]
    other = state_machine([plan("db", {0: 9}), plan("web", {5: 7})], NEEDS)
    assert [rollout.put(other), rollout.put(other)] == ["updated", "unchanged"]
    client = account.client("stepfunctions")
    live = client.describe_state_machine(stateMachineArn=rollout.arn)
    assert json.loads(live["definition"]) == other


def test_a_plan_runs_once_however_often_it_is_started(account):
    rollout = Rollout(account.aws, "twice", ROLE)
    definition = state_machine(shop(), NEEDS)
    first, second = rollout.start(definition, "plan-1"), rollout.start(definition, "plan-1")
    assert first.execution == second.execution
    assert rollout.running() == ["plan-1"]
    rollout.stop("plan-1", "end of test")


def test_a_newer_plan_replaces_the_one_that_runs(account):
    rollout = Rollout(account.aws, "newer", ROLE)
    rollout.start(state_machine(shop(), NEEDS), "plan-1")
    later = state_machine([plan("db", {20: 4}), plan("web", {30: 7})], NEEDS)
    assert rollout.start(later, "plan-2").stopped == ("plan-1",)
    deadline = time.monotonic() + 10  # AWS stops an execution in its own time
    while rollout.status("plan-1")["status"] == "RUNNING" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert rollout.status("plan-1")["status"] == "ABORTED"
    assert rollout.running() == ["plan-2"]
    rollout.stop("plan-2", "end of test")


def test_a_plan_that_never_ran_has_no_status(account):
    assert Rollout(account.aws, "never", ROLE).status("plan-9") is None
    assert Rollout(account.aws, "never", ROLE).running() == []


@pytest.mark.parametrize(
    "role", ["foresail", "arn:aws:iam::1:role/x", "arn:aws:iam::123456789012:user/x"]
)
def test_what_is_no_role_is_refused(account, role):
    with pytest.raises(InputError, match="no ARN of a role"):
        Rollout(account.aws, "shop", role)


def test_a_denied_call_names_the_permission(account):
    rollout = Rollout(account.aws, "denied", ROLE)
    with Stubber(rollout.client) as stub:
        stub.add_client_error("describe_execution", "AccessDeniedException", "no", 400)
        with pytest.raises(AwsError, match="states:DescribeExecution"):
            rollout.start(state_machine(shop(), NEEDS), "plan-1")


def test_killed_after_any_call_a_second_start_ends_the_same(account):
    definition = state_machine(shop(), NEEDS)
    for calls in range(1, 5):
        rollout = Rollout(account.aws, f"killed-{calls}", ROLE)
        left = [calls]

        def stop(left=left, **_):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt

        rollout.client.meta.events.register("before-call.stepfunctions.*", stop)
        with pytest.raises(KeyboardInterrupt):
            rollout.start(definition, "plan-1")
        again = Rollout(account.aws, f"killed-{calls}", ROLE)
        again.start(definition, "plan-1")
        assert again.running() == ["plan-1"]
        again.stop("plan-1", "end of test")


def test_a_plan_that_never_ran_cannot_be_stopped(account):
    with pytest.raises(InputError, match="plan plan-9 was never started"):
        Rollout(account.aws, "never", ROLE).stop("plan-9", "test")


def test_a_stopped_plan_can_be_stopped_again(account):
    rollout = Rollout(account.aws, "again", ROLE)
    rollout.start(state_machine(shop(), NEEDS), "plan-1")
    for _ in range(2):
        rollout.stop("plan-1", "test")


def test_a_refused_tier_is_not_started():
    refused = dataclasses.replace(shop()[0], refused=("too far",))
    with pytest.raises(RefusedError, match="db: too far"):
        check_startable([refused], [refused.live], START)


def test_a_schedule_that_stands_by_now_is_not_doubled():
    one = shop()[0]
    action = ScheduledAction(f"{prefix(one.live.name)}x", START + timedelta(hours=1), min_size=3)
    standing = dataclasses.replace(one.live, actions=(action,))
    with pytest.raises(InputError, match="holds 1 scheduled actions of foresail") as error:
        check_startable([one], [standing], START)
    assert "foresail rollback" in str(error.value)


def test_a_target_that_is_another_by_now_is_not_started():
    one = shop()[0]
    check_startable([one], [one.live], START - timedelta(minutes=5))
    with pytest.raises(InputError, match=r"the plan for shop-db is stale: .*9"):
        check_startable([one], [dataclasses.replace(one.live, min_size=9)], START)
