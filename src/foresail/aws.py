"""boto3 clients for one account and region, and AWS's errors in words that name the cure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from foresail.errors import AwsError

_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden")
_EXPIRED = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
)
_SANDBOX_KEY = "sandbox"


@dataclass(frozen=True, slots=True)
class Aws:
    """Where and as whom to speak to AWS; environment and profiles count as boto3 reads them.

    Parameters
    ----------
    region, profile, endpoint_url
        Passed to boto3; AWS_REGION, AWS_PROFILE and AWS_ENDPOINT_URL are honoured when None.
    sandbox
        The endpoint is the embedded one, which takes any credentials.
    """

    region: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    sandbox: bool = False

    def client(self, service: str) -> Any:
        """Make a boto3 client that retries throttling with backoff."""
        import boto3
        from botocore.config import Config
        from botocore.exceptions import ProfileNotFound

        retries = Config(retries={"mode": "standard", "max_attempts": 5})
        keys = (
            {"aws_access_key_id": _SANDBOX_KEY, "aws_secret_access_key": _SANDBOX_KEY}
            if self.sandbox
            else {}
        )
        try:
            session: Any = boto3.Session(profile_name=self.profile, region_name=self.region)
        except ProfileNotFound as error:
            raise AwsError(str(error), cure="check AWS_PROFILE and ~/.aws/config") from error
        with aws_errors(f"{service}:*", "client"):
            return session.client(service, endpoint_url=self.endpoint_url, config=retries, **keys)


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
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise _client_error(error, action, resource) from error
    except ResponseParserError as error:
        raise AwsError(
            f"{action} on {resource}: the endpoint's answer cannot be read",
            cure="check AWS_ENDPOINT_URL; the endpoint may not implement this call",
        ) from error
    except BotoCoreError as error:
        raise _core_error(error, action, resource) from error


def _client_error(error: Any, action: str, resource: str) -> AwsError:
    said = error.response.get("Error", {})
    code, message = str(said.get("Code", "")), str(said.get("Message", ""))
    if code in _DENIED:
        return AwsError(
            f"no permission for {action} on {resource}",
            cure=f"allow the IAM action {action} for these credentials",
        )
    if code in _EXPIRED:
        return AwsError(
            f"AWS did not accept the credentials ({code})",
            cure="renew them, for instance with aws sso login",
        )
    if "Throttl" in code or code == "RequestLimitExceeded":
        return AwsError(
            f"AWS throttled {action} on {resource}, retries included", cure="run again later"
        )
    return AwsError(f"{action} on {resource}: {code}: {message}")


def _core_error(error: Exception, action: str, resource: str) -> AwsError:
    from botocore import exceptions as known

    if isinstance(error, known.NoCredentialsError | known.PartialCredentialsError):
        return AwsError(
            "no AWS credentials were found",
            cure="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    if isinstance(error, known.NoRegionError):
        return AwsError("no AWS region is set", cure="set region in foresail.yaml, or AWS_REGION")
    if isinstance(error, known.ConnectionError | known.HTTPClientError):
        return AwsError(
            f"{action}: AWS cannot be reached ({error})",
            cure="check the network, and AWS_ENDPOINT_URL when it is set",
        )
    return AwsError(f"{action} on {resource}: {error}")
