"""Services in accounts and regions of their own; and roles, given as AWS gives them."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from foresail.aws import Aws, aws_errors
from foresail.config import parse_config
from foresail.credentials import Role
from foresail.errors import AwsError, InputError
from foresail.places import at_each_place, aws_of, by_place
from foresail.sandbox import Sandbox

NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
ROLE, ID = "arn:aws:iam::111122223333:role/foresail", "shop-7f3"


@pytest.fixture(scope="module")
def running():
    with Sandbox(start=NOW) as running:
        running.roles.add(ROLE, ID)
        yield running


@pytest.fixture
def sandbox(running):
    running.roles.sessions.clear()
    return running


def whoami(aws):
    with aws_errors("sts:GetCallerIdentity", "x"):
        return aws.client("sts").get_caller_identity()


def test_a_role_is_taken_on_in_the_region_of_its_work_and_named_by_foresail_and_the_run(
    sandbox, monkeypatch
):
    monkeypatch.setattr("foresail.credentials.run_id", lambda: "4f2a")
    there = sandbox.aws.at("eu-west-1", Role(ROLE, ID))
    assert whoami(there)["Arn"] == "arn:aws:sts::111122223333:assumed-role/foresail/foresail-4f2a"
    assert whoami(there)["Account"] == "111122223333"
    assert whoami(sandbox.aws)["Account"] == "123456789012"
    (session,) = sandbox.roles.sessions  # once, for three calls
    assert (session.name, session.region) == ("foresail-4f2a", "eu-west-1")


def test_the_name_of_a_session_fits_however_long_the_run_is_named(monkeypatch):
    monkeypatch.setattr("foresail.credentials.run_id", lambda: "r" * 64)
    assert Role(ROLE, session="shop").session_name() == ("shop-" + "r" * 64)[:64]


def test_credentials_renew_before_they_end(sandbox):
    arn = "arn:aws:iam::111122223333:role/short"
    sandbox.roles.add(arn, lifetime=timedelta(seconds=30))  # always about to end
    there = sandbox.aws.at(role=Role(arn))
    for _ in range(3):
        whoami(there)
    assert len(sandbox.roles.sessions) >= 3


@pytest.mark.parametrize(
    ("role", "asked"),
    [
        (Role(ROLE, "wrong-one"), "with an external id"),
        (Role(ROLE), "without an external id"),
        (Role("arn:aws:iam::111122223333:role/nobody", ID), "with an external id"),
    ],
)
def test_a_role_that_is_denied_is_told_with_its_cure_and_no_secret(sandbox, role, asked):
    with pytest.raises(AwsError) as told:
        whoami(sandbox.aws.at(role=role))
    said = str(told.value)
    assert role.arn in said and asked in said
    assert "role exists" in said and "trust policy" in said and "sts:AssumeRole" in said
    assert "wrong-one" not in said and ID not in said


@pytest.mark.parametrize(
    ("code", "said", "cure"),
    [
        ("RegionDisabledException", "switched off", "region"),
        ("ExpiredTokenException", "own credentials expired", "sso login"),
        ("ValidationError", "ValidationError", "role_arn"),
    ],
)
def test_what_else_sts_may_say(code, said, cure):
    from botocore.stub import Stubber

    from foresail.credentials import _taken_on

    client = boto3.client("sts", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stub:
        stub.add_client_error("assume_role", code, "no")
        with pytest.raises(AwsError) as told:
            _taken_on(client, Role(ROLE, ID))
    assert said in told.value.message and cure in told.value.cure


def test_sts_is_asked_at_the_endpoint_of_the_region(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
    found = Aws("eu-west-1").client("sts").meta.endpoint_url
    assert found == "https://sts.eu-west-1.amazonaws.com"


def test_clients_of_a_place_are_opened_once_and_regions_do_not_share_a_role_session(sandbox):
    aws, role = sandbox.aws, Role(ROLE, ID)
    assert aws.at("eu-west-1").client("sqs") is aws.at("eu-west-1").client("sqs")
    assert aws.at("eu-west-1").client("sqs") is not aws.client("sqs")
    whoami(aws.at("eu-west-1", role))
    whoami(aws.at("us-west-2", role))  # one region down does not stop the other
    assert [one.region for one in sandbox.roles.sessions] == ["eu-west-1", "us-west-2"]


def test_no_secret_of_a_role_is_shown(sandbox):
    there = sandbox.aws.at(role=Role(ROLE, ID))
    whoami(there)
    assert ID not in repr(there) and ROLE in repr(there)


TIER = {
    "name": "web", "max": 40, "unit_capacity": "9 requests/s",
    "target": {"type": "ec2-auto-scaling-group", "name": "web"},
    "demand": {"namespace": "Shop", "metric": "Calls"},
}  # fmt: skip
ELSEWHERE = {"region": "eu-west-1", "account": {"role_arn": ROLE, "external_id": ID}}


def config(**places):
    services = [{"name": name, "tiers": [TIER], **where} for name, where in places.items()]
    return parse_config({"region": "us-east-1", "services": services}, source="test")


def test_a_configuration_is_divided_by_place(sandbox):
    made = config(home={}, west={"region": "us-west-2"}, shop=ELSEWHERE)
    divided = by_place(made, sandbox.aws)
    assert [[one.name for one in local.services] for local, _ in divided] == [
        ["home"], ["west"], ["shop"],
    ]  # fmt: skip
    assert [(local.region, aws.region) for local, aws in divided] == [
        ("us-east-1", "us-east-1"), ("us-west-2", "us-west-2"), ("eu-west-1", "eu-west-1"),
    ]  # fmt: skip
    assert [aws.role and aws.role.account for _, aws in divided] == [None, None, "111122223333"]
    assert len(by_place(made, sandbox.aws, "west")) == 1
    with pytest.raises(InputError, match="no service 'wset'"):
        by_place(made, sandbox.aws, "wset")


def test_reaching_a_place_twice_is_reaching_it(sandbox):
    (service,) = config(shop=ELSEWHERE).services
    there = aws_of(sandbox.aws, service)
    assert aws_of(there, service) == there
    (home,) = config(shop={}).services
    assert aws_of(sandbox.aws, home) is not None and aws_of(sandbox.aws, home).role is None


def test_a_place_that_fails_does_not_stop_the_others(sandbox):
    made = config(home={}, west={"region": "us-west-2"}, shop=ELSEWHERE)
    reached = []

    def do(local, aws):
        reached.append(local.region)
        if local.region != "eu-west-1":
            raise AwsError(f"{local.region} is down", cure="wait")
        return [local.region]

    with pytest.raises(AwsError, match="us-east-1 is down; us-west-2: us-west-2 is down"):
        at_each_place(made, sandbox.aws, None, do)
    assert reached == ["us-east-1", "us-west-2", "eu-west-1"]
    assert at_each_place(made, sandbox.aws, "shop", do) == ["eu-west-1"]
    with pytest.raises(AwsError, match=r"^us-west-2 is down"):
        at_each_place(made, sandbox.aws, "west", do)
