"""Roles of other accounts: taken on when first needed, renewed before they end, kept nowhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from foresail.errors import AwsError
from foresail.logs import run_id

IAM_WRITE = ("sts:AssumeRole",)
MOST_SESSION = 64  # characters that STS takes
_DENIED = ("AccessDenied", "AccessDeniedException")


@dataclass(frozen=True, slots=True)
class Role:
    """A role to take on.

    Parameters
    ----------
    arn
        Of the role; its account is the account that is spoken to.
    external_id
        What the role's trust policy asks for, if it does; never shown.
    session
        How sessions begin to be named; the run's id follows, so that CloudTrail tells both.
    """

    arn: str
    external_id: str | None = field(default=None, repr=False)
    session: str = "foresail"

    @property
    def account(self) -> str:
        """The 12 digits of its account."""
        return self.arn.split(":")[4]

    def session_name(self) -> str:
        """Name of a session that begins now."""
        return f"{self.session}-{run_id()}"[:MOST_SESSION]


def assume(session: Any, role: Role, sts: Callable[[], Any]) -> None:
    """Let a botocore session act as a role, whose credentials renew themselves.

    Nothing is asked of AWS before the first call that needs them.

    Parameters
    ----------
    session
        A botocore session without clients.
    role
        Whom to act as.
    sts
        Opens a client of STS that acts as the caller itself.
    """
    from botocore.credentials import DeferredRefreshableCredentials

    def renew() -> dict[str, Any]:
        return _taken_on(sts(), role)

    session.register_component(
        "credential_provider", _One(DeferredRefreshableCredentials(renew, "assume-role"))
    )


@dataclass(frozen=True, slots=True)
class _One:
    """A chain of providers, as botocore asks it, with one answer."""

    credentials: Any = field(repr=False)

    def load_credentials(self) -> Any:
        return self.credentials


def _taken_on(sts: Any, role: Role) -> dict[str, Any]:
    from botocore.exceptions import ClientError

    named = {"RoleArn": role.arn, "RoleSessionName": role.session_name()}
    secret = {} if role.external_id is None else {"ExternalId": role.external_id}
    try:
        made = sts.assume_role(**named, **secret)["Credentials"]
    except ClientError as error:
        raise _refused(error, role) from error
    return {
        "access_key": made["AccessKeyId"],
        "secret_key": made["SecretAccessKey"],
        "token": made["SessionToken"],
        "expiry_time": made["Expiration"].isoformat(),
        "account_id": role.account,
    }


def _refused(error: Any, role: Role) -> AwsError:
    """Say what may be wrong: of a missing role, its trust or its external id STS says the same."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code in _DENIED:
        asked = "with" if role.external_id else "without"
        return AwsError(
            f"{role.arn} cannot be taken on ({asked} an external id): {code}",
            cure="check that the role exists, that its trust policy names these credentials and "
            "the external_id of foresail.yaml, and that they may call sts:AssumeRole on it",
        )
    if code == "RegionDisabledException":
        return AwsError(
            f"{role.arn} cannot be taken on: STS is switched off in this region",
            cure="switch the region on in the account's settings, or choose another region",
        )
    if code.startswith("ExpiredToken"):
        return AwsError(
            f"{role.arn} cannot be taken on: the caller's own credentials expired",
            cure="renew them, for instance with aws sso login",
        )
    return AwsError(f"{role.arn} cannot be taken on: {code}", cure="check role_arn")
