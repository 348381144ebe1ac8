"""Apply over several tiers and services, where one fails half-way."""

from datetime import UTC, datetime, timedelta

import pytest

from foresail.changes.names import name_for, owned
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import parse_config
from foresail.errors import ApplyError, AwsError
from foresail.operations import apply_all
from foresail.sandbox import Sandbox, create_group
from foresail.targets.base import ScheduledAction
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
TIERS = {"base": "shop", "web": "shop", "jobs": "batch"}
TIER = {
    "name": "web", "max": 9, "unit_capacity": "9 requests/s",
    "target": {"type": "ec2-auto-scaling-group", "name": "web"},
    "demand": {"namespace": "Shop", "metric": "Calls"},
}  # fmt: skip


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        for name in TIERS:
            create_group(running, name, min_size=2, max_size=40, target_tracking=70)
        yield running


@pytest.fixture
def config(tmp_path):
    jobs = {**TIER, "target": {**TIER["target"], "name": "jobs"}}
    services = [{"name": "shop", "tiers": [TIER]}, {"name": "batch", "tiers": [jobs]}]
    return parse_config({"store": str(tmp_path), "services": services}, source="test")


def plan(sandbox, names=tuple(TIERS)):
    target, start = AutoScalingGroup(sandbox.aws), NOW + timedelta(hours=1)
    rows = []
    for name in names:
        live = target.read(name)
        action = ScheduledAction(name_for(name, start, ()), start, min_size=5)
        rows.append(TierPlan(TIERS[name], name, live, (action,), {}, (), {}, "us-east-1"))
    return PlanFile(NOW, "us-east-1", "digest", tuple(rows))


def apply(sandbox, config, made, on=lambda text: None):
    """`on` is told each step before it is done: there things go wrong."""
    return apply_all(config, made, sandbox.aws, lambda: NOW, on)


def written(sandbox):
    target = AutoScalingGroup(sandbox.aws)
    return [name for name in TIERS if owned(target.read(name))]


def suspended(sandbox, name, when):
    """Change a group by hand as soon as `when` is about to be written."""

    def on(text):
        if text.startswith(f"{when}:"):
            sandbox.client("autoscaling").suspend_processes(
                AutoScalingGroupName=name, ScalingProcesses=["AlarmNotification"]
            )

    return on


def test_all_is_written_from_the_first_to_the_last(sandbox, config):
    assert [row["target"] for row in apply(sandbox, config, plan(sandbox))] == list(TIERS)
    assert written(sandbox) == list(TIERS)


def test_a_tier_that_fails_stops_those_above_and_other_services_go_on(sandbox, config):
    made = plan(sandbox, ("jobs", "base", "web"))
    on = suspended(sandbox, "base", when="jobs")
    with pytest.raises(ApplyError) as error:
        apply(sandbox, config, made, on)
    assert error.value.message.startswith("shop/base: the plan for base is stale")
    assert "written: jobs; left with the schedule they had: shop/web" in error.value.message
    assert written(sandbox) == ["jobs"]
    sandbox.client("autoscaling").resume_processes(AutoScalingGroupName="base")
    rows = apply(sandbox, config, made)
    assert [row["created"] for row in rows] == [0, 1, 1]
    assert written(sandbox) == list(TIERS)


def gone(sandbox, name, also=lambda: None):
    """Delete a group in the moment between its check and its write."""

    def on(text):
        if text.startswith(f"{name}:"):
            client = sandbox.client("autoscaling")
            client.update_auto_scaling_group(AutoScalingGroupName=name, MinSize=0)
            client.delete_auto_scaling_group(AutoScalingGroupName=name, ForceDelete=True)
            also()

    return on


def test_two_services_that_fail_are_both_told(sandbox, config):
    also = lambda: suspended(sandbox, "jobs", when="x")("x:")  # noqa: E731
    with pytest.raises(ApplyError) as error:
        apply(sandbox, config, plan(sandbox), gone(sandbox, "base", also))
    assert "shop/base: " in error.value.message
    assert "batch/jobs: the plan for jobs is stale" in error.value.message
    assert "written: none; left with the schedule they had: shop/web" in error.value.message


def test_a_group_that_is_gone_before_the_first_write_writes_nothing(sandbox, config):
    made = plan(sandbox)
    gone(sandbox, "jobs")("jobs:")
    with pytest.raises(AwsError, match="jobs"):
        apply(sandbox, config, made)
    target = AutoScalingGroup(sandbox.aws)
    assert not any(owned(target.read(name)) for name in ("base", "web"))


def test_the_first_service_that_fails_does_not_stop_the_others(sandbox, config):
    with pytest.raises(ApplyError, match=r"written: jobs; left .*: shop/web"):
        apply(sandbox, config, plan(sandbox), gone(sandbox, "base"))
    assert owned(AutoScalingGroup(sandbox.aws).read("jobs"))


def test_a_single_tier_that_fails_is_told_in_its_own_words(sandbox, config):
    with pytest.raises(ApplyError) as error:
        apply(sandbox, config, plan(sandbox, ["base"]), gone(sandbox, "base"))
    assert "written: none" not in error.value.message
