"""What foresail.yaml may say of watching foresail itself: its health, and whom it tells of what."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from foresail.config.fields import Duration, Strict, mistake, told
from foresail.config.publishing import Topic
from foresail.errors import InputError

NoticeKind = Literal[
    "waiting",
    "decided",
    "applied",
    "refused",
    "drift",
    "anomaly",
    "demoted",
    "promoted",
    "failed",
    "urgent",
]
NOTICE_KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)
# What goes well by itself is not told unless it is asked for: people stop reading.
USUAL: tuple[NoticeKind, ...] = (
    "waiting", "refused", "drift", "demoted", "promoted", "failed", "urgent"
)  # fmt: skip
_PLACE = r"(ssm:(/[A-Za-z0-9_.-]+){1,15}|env:[A-Za-z_][A-Za-z0-9_]{0,127})"
_GROUP = r"(?!aws/)[.\-_/#A-Za-z0-9]{1,512}"


def _where_a_secret_is(value: Any) -> str:
    """Take a place; whatever else stands there may be the secret, so it is not repeated."""
    if not isinstance(value, str) or not re.fullmatch(_PLACE, value):
        raise InputError(
            "the webhook's address is a secret, and is not written here",
            cure="write ssm:/foresail/slack for a SecureString, or env:FORESAIL_WEBHOOK",
        )
    return value


def _log_group(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(_GROUP, value):
        raise InputError(f"{value!r} is no name of a log group", cure="write /foresail/health")
    return value


Webhook = Annotated[str, BeforeValidator(told(_where_a_secret_is))]
LogGroup = Annotated[str, BeforeValidator(told(_log_group))]


class NotifyConfig(Strict):
    """Whom foresail tells, and of what.

    `webhook` says where its address is kept; it takes what Slack takes. The same notice is told
    once in `quiet`.
    """

    topics: Annotated[tuple[Topic, ...], Field(max_length=5)] = ()
    webhook: Webhook | None = None
    kinds: Annotated[tuple[NoticeKind, ...], Field(min_length=1)] = USUAL
    quiet: Duration = timedelta(hours=1)

    @model_validator(mode="after")
    def _somebody(self) -> NotifyConfig:
        if not self.topics and self.webhook is None:
            raise mistake(
                "notify names nobody", "add topics: [ARN], or webhook: ssm:/foresail/slack"
            )
        return self


class MonitoringConfig(Strict):
    """Where foresail's own health goes, as lines that CloudWatch reads metrics from.

    `stdout` is for Lambda; `file` for the CloudWatch agent; `log_group` for anywhere else.
    """

    log_group: LogGroup | None = None
    file: Path | None = None
    stdout: bool = False

    @model_validator(mode="after")
    def _one_place(self) -> MonitoringConfig:
        if [self.log_group is not None, self.file is not None, self.stdout].count(True) != 1:
            raise mistake(
                "health goes to one place",
                "write one of log_group: /foresail/health, file: PATH, stdout: true",
            )
        return self
