"""Who owns a target, and how that tool is told to leave the floor alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from foresail.changes.changeset import diff
from foresail.changes.names import name_for
from foresail.sandbox import Sandbox, create_group
from foresail.targets.base import LiveTarget, ScheduledAction
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup
from foresail.targets.tools import leave_to_foresail, owner

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tags", "tool", "cure"),
    [
        (
            [{"Key": "aws:cloudformation:stack-name", "Value": "shop"}],
            "CloudFormation stack shop",
            "IgnoreUnmodifiedGroupSizeProperties: true",
        ),
        ([{"Key": "ManagedBy", "Value": "terraform"}], "Terraform", "[min_size, desired_capacity]"),
        ([{"Key": "terraform", "Value": "true"}], "Terraform", "ignore_changes"),
        ([{"Key": "tool", "Value": "OpenTofu 1.9"}], "OpenTofu", "ignore_changes"),
        ({"pulumi:project": "shop"}, "Pulumi", "ignoreChanges"),
    ],
)
def test_a_tool_is_known_by_its_tags_and_has_its_cure(tags, tool, cure):
    assert owner(tags) == tool
    assert cure in leave_to_foresail(tool, group=True)


def test_other_tags_name_no_tool():
    assert owner([{"Key": "team", "Value": "shop"}]) == owner({}) == ""


def test_a_scalable_target_has_a_capacity_to_leave_alone():
    assert leave_to_foresail("Terraform", group=False).endswith("[min_capacity] }")


def test_a_plan_on_a_group_of_a_tool_says_that_its_next_run_may_set_it_back():
    with Sandbox(start=NOW) as sandbox:
        create_group(sandbox, "web", min_size=2, max_size=9)
        tag = {"ResourceId": "web", "ResourceType": "auto-scaling-group", "Key": "ManagedBy"}
        tag |= {"Value": "Terraform", "PropagateAtLaunch": False}
        sandbox.client("autoscaling").create_or_update_tags(Tags=[tag])
        live = AutoScalingGroup(sandbox.aws).read("web")
    assert LiveTarget.from_json(live.to_json()) == live
    action = ScheduledAction(name_for("web", NOW, ()), start=NOW, min_size=3)
    [warning] = [one for one in diff(live, [action], now=NOW).warnings if "owns" in one]
    assert warning.startswith("Terraform owns web: its next run may set the minimum")
