"""boto3 clients for one account and region, and AWS's errors in words that name the cure."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from threading import Lock
from typing import Any

from foresail.calls import watch
from foresail.credentials import Role, assume
from foresail.errors import AwsError
from foresail.patience import THROTTLED, be_patient
from foresail.skew import watch_clock

_DENIED = ("AccessDenied", "Unauthorized", "NotAuthorized", "Forbidden", "403")
_DENIED_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")
_NOT_THERE = (
    "InvalidAction",
    "UnknownOperation",
    "NotImplemented",
    "InternalFailure",
    "500",
    "501",
)
_EXPIRED = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidToken",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
)
_SKEWED = ("RequestTimeTooSkewed", "RequestExpired")
_OUT_OF_TIME = re.compile(r"[Ss]ignature (expired|not yet current)")
_SANDBOX_KEY = "sandbox"


@dataclass(slots=True)
class _Opened:
    """Sessions and clients by place; botocore renews credentials that expire.

    Threads may share clients, but not the session that makes them: hence the lock.
    """

    sessions: dict[Aws, Any] = field(default_factory=dict)
    clients: dict[tuple[Aws, str], Any] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)


@dataclass(frozen=True, slots=True)
class Aws:
    """Where and as whom to speak to AWS; environment and profiles count as boto3 reads them.

    What was opened is kept with the instance: to read the environment anew, make another one.

    Parameters
    ----------
    region, profile, endpoint_url
        Passed to boto3; AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL are honoured when None.
    sandbox
        The endpoint is the embedded one, which takes any credentials.
    role
        Role to act as; the credentials of the environment take it on.
    """

    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    sandbox: bool = False
    role: Role | None = None
    _opened: _Opened = field(default_factory=_Opened, repr=False, compare=False)

    def at(self, region: str | None = None, role: Role | None = None) -> Aws:
        """Speak to another region, or as a role of another account; what is None stays as it is.

        What was opened is shared: a client of a place is opened once, whoever asks for it.
        """
        return replace(self, region=region or self.region, role=role or self.role)

    def client(self, service: str) -> Any:
        """Open a boto3 client that retries throttling with backoff, once for each service.

        Raises
        ------
        AwsError
            No region, no such profile, or an endpoint that is no URL.
        """
        opened, mine = self._opened, (self, service)
        with opened.lock, aws_errors(f"{service}:*", "client"):
            if mine not in opened.clients:
                opened.clients[mine] = self._session().client(service, **self._options())
                be_patient(opened.clients[mine])
                watch_clock(opened.clients[mine])
            return opened.clients[mine]

    def _session(self) -> Any:
        import boto3

        # A role is taken on in the region of its work: when another region is down, it goes on.
        whose = self if self.role else replace(self, region=None)
        sessions = self._opened.sessions
        if whose not in sessions:
            core = self._core()
            sessions[whose] = boto3.Session(botocore_session=core, profile_name=self.profile)
        return sessions[whose]

    def _core(self) -> Any:
        from botocore.session import get_session

        core: Any = get_session()
        core.register_component("data_loader", _models())
        core.set_config_variable("sts_regional_endpoints", "regional")
        watch(core)
        if self.role is not None:
            assume(core, self.role, lambda: replace(self, role=None).client("sts"))
        return core

    def _options(self) -> dict[str, Any]:
        from botocore.config import Config

        config = Config(
            retries={"mode": "standard", "total_max_attempts": 5},
            connect_timeout=10,
            read_timeout=30,
            user_agent_extra="foresail",
        )
        # boto3 itself knows AWS_DEFAULT_REGION only; AWS's other SDKs put AWS_REGION before it.
        region = self.region or os.environ.get("AWS_REGION")
        options: dict[str, Any] = {"endpoint_url": self.endpoint_url, "config": config}
        options["region_name"] = region
        if self.sandbox and self.role is None:
            options |= {"aws_access_key_id": _SANDBOX_KEY, "aws_secret_access_key": _SANDBOX_KEY}
        return options


@cache
def _models() -> Any:
    """Share the models of AWS's services among sessions: they are megabytes, and slow to read."""
    from botocore.session import get_session

    return get_session().get_component("data_loader")


@contextmanager
def aws_errors(action: str, resource: str) -> Iterator[None]:
    """Turn what botocore raises into an AwsError that names the call, the resource and the cure.

    Parameters
    ----------
    action
        IAM name of the call, like ``autoscaling:DescribeScheduledActions``.
    resource
        What the call is about.
    """
    from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise _client_error(error, action, resource) from error
    except ResponseParserError as error:
        raise _not_implemented(action, resource, "its answer cannot be read") from error
    except ProfileNotFound as error:
        raise AwsError(str(error), cure="check AWS_PROFILE and ~/.aws/config") from error
    except BotoCoreError as error:
        raise _core_error(error, action, resource) from error
    except ValueError as error:
        if "nvalid endpoint" not in str(error):
            raise
        raise AwsError(str(error), cure="AWS_ENDPOINT_URL is to be a URL: https://...") from error


def code_of(error: AwsError) -> str:
    """Code that AWS gave the error, like ``ResourceNotFoundException``; empty when it gave none."""
    from botocore.exceptions import ClientError

    cause = error.__cause__
    return str(cause.response["Error"].get("Code", "")) if isinstance(cause, ClientError) else ""


def throttled(error: BaseException) -> bool:
    """Whether AWS turned a call away for coming too often: the failure that waiting alone cures.

    Looks through the errors that were raised from one another.
    """
    at: BaseException | None = error
    while at is not None:
        if isinstance(at, AwsError) and code_of(at).startswith(THROTTLED):
            return True
        at = at.__cause__
    return False


def _client_error(error: Any, action: str, resource: str) -> AwsError:
    said = error.response.get("Error", {})
    code, message = str(said.get("Code", "")), str(said.get("Message", ""))
    if code in _SKEWED or _OUT_OF_TIME.search(message):
        return AwsError(
            f"AWS refused the time of {action} ({code}): this machine's clock is off",
            cure="set the clock (timedatectl, chronyc tracking); AWS takes five minutes at most",
        )
    if code in _EXPIRED:
        return AwsError(
            f"AWS did not accept the credentials ({code})",
            cure="renew them, for instance with aws sso login",
        )
    if code.startswith(_DENIED):
        return _denied(action, resource, message)
    if code.startswith(THROTTLED):
        return AwsError(
            f"AWS throttled {action} on {resource}, retries included", cure="run again later"
        )
    if code.startswith(_NOT_THERE):
        return _not_implemented(action, resource, code)
    return AwsError(
        f"{action} on {resource}: {code}: {message}",
        cure="these are the endpoint's words; mend what they name, here or in the account",
    )


def _denied(action: str, resource: str, message: str) -> AwsError:
    """Name the IAM action; AWS's own words win, for the missing one may lie behind the call.

    For the same call they may use the endpoint's prefix (monitoring) in place of IAM's.
    """
    named = _DENIED_ACTION.search(message)
    same_call = named is None or named[1].split(":")[1] == action.split(":")[1]
    missing = action if named is None or same_call else named[1]
    return AwsError(
        f"no permission for {missing} on {resource}",
        cure=f"allow the IAM action {missing} for these credentials",
    )


def _not_implemented(action: str, resource: str, why: str) -> AwsError:
    return AwsError(
        f"{action} on {resource}: the endpoint failed or does not implement this call ({why})",
        cure="run again later; check AWS_ENDPOINT_URL when it is set",
    )


def _core_error(error: Exception, action: str, resource: str) -> AwsError:
    from botocore import exceptions as known

    if isinstance(error, known.NoCredentialsError | known.PartialCredentialsError):
        return AwsError(
            f"no AWS credentials were found ({error})",
            cure="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    if isinstance(error, known.NoRegionError):
        return AwsError("no AWS region is set", cure="set region in foresail.yaml, or AWS_REGION")
    if isinstance(
        error, known.SSOError | known.TokenRetrievalError | known.CredentialRetrievalError
    ):
        return AwsError(
            f"AWS credentials cannot be fetched ({error})",
            cure="renew them, for instance with aws sso login",
        )
    if isinstance(error, known.ConnectionError | known.HTTPClientError):
        return AwsError(
            f"{action}: AWS cannot be reached ({error})",
            cure="check the network, and AWS_ENDPOINT_URL when it is set",
        )
    return AwsError(f"{action} on {resource}: {error}")
