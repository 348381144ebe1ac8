"""A target's room, bounds and suspended processes, in the sandbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from discovery.checks.sample import one_tier, said
from foresail.discovery.checks.finding import told
from foresail.discovery.checks.target import check_target
from foresail.sandbox import Sandbox, create_group

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, "web", min_size=2, max_size=40)
        yield running


def check(sandbox, **tier):
    return list(told("web", lambda: check_target(one_tier(**tier), sandbox.aws, "web")))


def hold(sandbox, count):
    """Have somebody else hold scheduled actions."""
    client = sandbox.client("autoscaling")
    wanted = [
        {
            "ScheduledActionName": f"theirs-{n}", "MinSize": 3,
            "StartTime": NOW + timedelta(hours=n + 1),
        }
        for n in range(count)
    ]  # fmt: skip
    for at in range(0, count, 50):
        client.batch_put_scheduled_update_group_action(
            AutoScalingGroupName="web", ScheduledUpdateGroupActions=wanted[at : at + 50]
        )


def test_a_target_that_is_fine_says_so(sandbox):
    found = check(sandbox)
    assert {f.level for f in found} == {"ok"}
    assert any("min 2, desired 2, max 40" in f.text for f in found)
    assert any("others hold 0 of 125" in f.text for f in found)


def test_room_gets_scarce_then_ends(sandbox):
    hold(sandbox, 20)
    [text] = said(check(sandbox), "warning")
    assert "others hold 20 of 125" in text
    assert "write max_actions: 52" in text
    hold(sandbox, 123)
    assert "none is left for a plan" in said(check(sandbox), "problem")[0]


def test_bounds_that_aws_does_not_allow(sandbox):
    assert "plans stop there" in said(check(sandbox, max=60), "warning")[0]
    assert "min is 50, but web may have 40" in said(check(sandbox, min=50, max=60), "problem")[0]


def test_suspended_processes_stop_a_plan_or_slow_it(sandbox):
    sandbox.client("autoscaling").suspend_processes(
        AutoScalingGroupName="web", ScalingProcesses=["ScheduledActions", "AlarmNotification"]
    )
    found = check(sandbox)
    [stop] = said(found, "problem")
    assert "ScheduledActions is suspended" in stop
    assert "resume-processes --auto-scaling-group-name web" in stop
    assert "AlarmNotification is suspended" in said(found, "warning")[0]


def test_a_target_that_is_not_there_is_a_problem(sandbox):
    gone = {"type": "ec2-auto-scaling-group", "name": "gone"}
    assert "'gone' does not exist" in said(check(sandbox, target=gone), "problem")[0]
    service = {"type": "ecs-service", "name": "service/shop/web"}
    assert "is no scalable target" in said(check(sandbox, target=service), "problem")[0]
