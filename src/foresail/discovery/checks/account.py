"""Who asks, where, and whether the clocks agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from foresail.aws import aws_errors
from foresail.discovery.checks.finding import Finding, not_checked, ok, problem, warning
from foresail.provisioning.lead import spoken

if TYPE_CHECKING:
    from foresail.aws import Aws

ABOUT = "account"
IAM_READ = ("sts:GetCallerIdentity",)
SKEW = timedelta(seconds=30)
MOST_SKEW = timedelta(minutes=5)  # AWS refuses signatures that are further off


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom AWS sees these credentials, where, and what its clock said."""

    account: str
    arn: str
    region: str
    time: datetime | None


def identify(aws: Aws) -> Identity:
    """Ask AWS who we are.

    Raises
    ------
    AwsError
        No region, or credentials that are missing or not accepted.
    """
    client = aws.client("sts")
    with aws_errors(IAM_READ[0], "these credentials"):
        answer = client.get_caller_identity()
    date = answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    time = None if date is None else parsedate_to_datetime(date).astimezone(UTC)
    return Identity(answer["Account"], answer["Arn"], client.meta.region_name, time)


def check_account(identity: Identity, now: datetime) -> Iterator[Finding]:
    """Say who we are, and hold our clock against AWS's."""
    yield ok(ABOUT, f"credentials: {identity.arn}, account {identity.account}")
    yield ok(ABOUT, f"region: {identity.region}")
    yield _clock(identity.time, now)


def _clock(time: datetime | None, now: datetime) -> Finding:
    if time is None:
        return not_checked(ABOUT, "clock: AWS's answer had no time")
    skew = abs(now - time)
    text = f"clock: {spoken(skew)} from AWS's"
    cure = "set this machine's clock by NTP"
    if skew >= MOST_SKEW:
        return problem(ABOUT, f"{text}; AWS refuses requests that are five minutes off", cure)
    if skew >= SKEW:
        return warning(ABOUT, f"{text}; due actions and open periods are judged by it", cure)
    return ok(ABOUT, text)
