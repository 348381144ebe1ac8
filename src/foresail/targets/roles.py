"""The role that EventBridge Scheduler takes on to make the calls of a plan."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from foresail.errors import ConfigError

if TYPE_CHECKING:
    from foresail.targets.scheduler import ScheduledCall

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def needs_scheduler(cls: type[ScheduledCall]) -> ConfigError:
    """Say that a target needs a role for Scheduler, and how to make it."""
    policy: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [*cls.iam_call, "sqs:SendMessage"],
                "Resource": "*",
            }
        ],
    }
    return ConfigError(
        f"scheduler: required, but not there: AWS has no scheduled action for {cls.type_name}, "
        "so EventBridge Scheduler makes its calls",
        cure="make a queue for calls that fail, and a role that scheduler.amazonaws.com may take "
        f"on, with this policy (narrower: foresail iam --scheduler-role): {json.dumps(policy)}; "
        "then write scheduler: {role: ARN, dead_letter: ARN}",
    )
