"""Where a service is: its region, and the account whose role foresail takes on for it."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from foresail.config.fields import Strict, mistake
from foresail.config.scheduling import SchedulerConfig

Region = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_+=,.@:/-]{2,1224}")  # as STS takes it


def _external_id(value: Any) -> Any:
    """Refuse what STS would, without repeating it: error texts end up in logs."""
    given = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not isinstance(given, str) or not _EXTERNAL_ID.fullmatch(given):
        raise mistake(
            "not an external id",
            "write 2 to 1224 letters, digits and _+=,.@:/-, in quotes if it is all digits",
        )
    return value


class AccountConfig(Strict):
    """A role in the account of a service, and what its trust policy asks for.

    `session_name` is how the role's sessions begin; the id of the run follows.
    """

    role_arn: Annotated[
        str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9_+=,.@/-]{1,512}$")
    ]
    external_id: Annotated[SecretStr, BeforeValidator(_external_id)] | None = None
    session_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_+=,.@-]{2,40}$")] = "foresail"

    @property
    def id(self) -> str:
        """The 12 digits of the account."""
        return self.role_arn.split(":")[4]


def check_scheduler(scheduler: SchedulerConfig | None, account: AccountConfig | None) -> None:
    """Refuse a role for Scheduler that is of another account than its schedules: AWS would."""
    if scheduler is None or account is None:
        return
    theirs = scheduler.role.split(":")[4]
    if theirs != account.id:
        raise mistake(
            f"scheduler.role is of account {theirs}, and the service's account is {account.id}",
            "name a role of the service's account",
        )


def check_topics(topics: Sequence[str], regions: set[str]) -> None:
    """Refuse topics that no alarm could tell: CloudWatch tells those of an alarm's own region."""
    for topic in topics:
        region = topic.split(":")[3]
        if region not in regions:
            raise mistake(
                f"{topic}: no alarm of a service in {region} would tell it",
                f"name topics in {', '.join(sorted(regions))}",
            )


def region_of_environment() -> str:
    """Region of the environment, as AWS's tools read it; us-east-1 where it names none."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"


def place_name(region: str, account: str = "") -> str:
    """Name a region, of another account where it is one: ``eu-west-1``, ``111122223333:eu-west-1``.

    Stores keep what they know by it, so that the same name in two accounts is two things.
    """
    return f"{account}:{region}" if account else region
