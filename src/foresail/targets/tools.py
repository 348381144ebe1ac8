"""Tools of infrastructure as code that own a resource, and would set back what a schedule set.

Terraform, OpenTofu and Pulumi leave no mark by themselves: they are known by tags of the kind that
teams put on what such a tool made. CloudFormation, and so CDK, tags every group with its stack.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

CLOUDFORMATION = "aws:cloudformation:stack-name"
_STACK = "CloudFormation stack"
_TOOLS = {"terraform": "Terraform", "opentofu": "OpenTofu", "pulumi": "Pulumi"}
# CloudFormation's UpdatePolicy attribute, Terraform's lifecycle, Pulumi's resource options
_GROUP = {
    _STACK: "there: UpdatePolicy: {AutoScalingScheduledAction: "
    "{IgnoreUnmodifiedGroupSizeProperties: true}}",
    "Pulumi": 'there: ignoreChanges: ["minSize", "desiredCapacity"]',
}
_SCALABLE = {
    _STACK: "there: leave MinCapacity as it is in the template, and change the target seldom",
    "Pulumi": 'there: ignoreChanges: ["minCapacity"]',
}
_TERRAFORM = "there: lifecycle {{ ignore_changes = [{}] }}"


def owner(tags: Iterable[Mapping[str, Any]] | Mapping[str, str]) -> str:
    """Name the tool that owns a resource, by its tags; empty where none says so.

    Parameters
    ----------
    tags
        As AWS gives them: rows with Key and Value, or a mapping.
    """
    if isinstance(tags, Mapping):
        pairs = [(str(key), str(value)) for key, value in tags.items()]
    else:
        pairs = [(str(one.get("Key", "")), str(one.get("Value", ""))) for one in tags]
    stacks = [f"{_STACK} {value}" for key, value in pairs if key == CLOUDFORMATION]
    said = [f"{key} {value}".lower() for key, value in pairs]
    named = [name for word, name in _TOOLS.items() if any(word in one for one in said)]
    return next(iter((*stacks, *named)), "")


def leave_to_foresail(tool: str, *, group: bool) -> str:
    """Say how a tool is told to leave the floor alone.

    Parameters
    ----------
    tool
        As `owner` names it.
    group
        Of an EC2 Auto Scaling group; else of a scalable target of Application Auto Scaling.
    """
    known = _GROUP if group else _SCALABLE
    found = next((said for name, said in known.items() if tool.startswith(name)), "")
    return found or _TERRAFORM.format("min_size, desired_capacity" if group else "min_capacity")
