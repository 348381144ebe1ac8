"""What foresail.yaml says of EventBridge Scheduler, for targets without scheduled actions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from foresail.config.fields import Strict


class SchedulerConfig(Strict):
    """The role that Scheduler takes on, the queue for calls that failed, and the schedule group."""

    role: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]
    dead_letter: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[\w-]+$")]
    group: Annotated[str, Field(pattern=r"^[0-9a-zA-Z_.-]{1,64}$")] = "foresail"
