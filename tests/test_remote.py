"""A configuration in Parameter Store: read by version, written where it differs, mistakes named."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
from botocore.stub import Stubber

from foresail.errors import AwsError, ConfigError, InputError
from foresail.remote import is_remote, load_remote, parse_address, push
from foresail.sandbox import Sandbox

TEXT = """
services:
  - name: shop
    tiers:
      - name: web
        target: {type: ec2-auto-scaling-group, name: web}
        demand: {namespace: AWS/ApplicationELB, metric: RequestCount}
        unit_capacity: 100 requests/s
        max: 60
"""
NAME = "ssm:/foresail/shop"


@pytest.fixture
def aws():
    with Sandbox() as running:
        yield running.aws


def stands(aws, name="/foresail/shop"):
    return aws.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]


def test_pushed_read_and_pushed_again(aws):
    done = push(aws, TEXT, NAME, source="foresail.yaml")
    assert (done.version, done.previous, done.changed) == (1, None, True)
    assert load_remote(NAME, aws).services[0].tiers[0].max == 60
    assert not push(aws, TEXT, NAME, source="foresail.yaml").changed
    changed = push(aws, TEXT.replace("60", "80"), NAME, source="foresail.yaml")
    assert (changed.version, changed.previous) == (2, 1)
    assert "ssm:/foresail/shop:1" in changed.said()
    assert load_remote(NAME, aws).services[0].tiers[0].max == 80
    assert load_remote(f"{NAME}:1", aws).services[0].tiers[0].max == 60


def test_a_label_names_a_version_too(aws):
    push(aws, TEXT, NAME, source="foresail.yaml")
    push(aws, TEXT.replace("60", "80"), NAME, source="foresail.yaml")
    aws.client("ssm").label_parameter_version(
        Name="/foresail/shop", ParameterVersion=1, Labels=["live"]
    )
    assert load_remote(f"{NAME}:live", aws).services[0].tiers[0].max == 60


def test_secure_stays_secure_and_is_decrypted(aws):
    push(aws, TEXT, NAME, source="foresail.yaml", secure=True)
    push(aws, TEXT.replace("60", "80"), NAME, source="foresail.yaml")
    assert stands(aws)["Type"] == "SecureString"
    assert load_remote(NAME, aws).services[0].tiers[0].max == 80


def test_a_bad_configuration_is_never_written(aws):
    with pytest.raises(ConfigError, match=r"foresail\.yaml: .*maxx: unknown key"):
        push(aws, TEXT.replace("max:", "maxx:"), NAME, source="foresail.yaml")
    with pytest.raises(AwsError, match="ssm:/foresail/shop: no such parameter"):
        load_remote(NAME, aws)


@pytest.mark.parametrize(
    ("size", "advanced", "says"),
    [(4097, False, "takes 4096"), (8193, True, "takes 8192"), (4096, False, None),
     (8192, True, None)],
)  # fmt: skip
def test_sizes_are_counted_in_bytes_before_writing(aws, size, advanced, says):
    rest = size - len((TEXT + "# ").encode())
    text = TEXT + "# " + "ä" * (rest // 2) + "x" * (rest % 2)
    assert len(text.encode()) == size
    if says is None:
        assert push(aws, text, NAME, source="f", advanced=advanced).changed
        return
    with pytest.raises(InputError, match=says) as caught:
        push(aws, text, NAME, source="f", advanced=advanced)
    assert ("--advanced" in caught.value.cure) is not advanced


def test_double_braces_and_versions_cannot_be_written(aws):
    text = TEXT.replace("{namespace: AWS/ApplicationELB, metric: RequestCount}", "\n          "
                        "{namespace: X, metric: Y, dimensions: {{a: b}: c}}")  # fmt: skip
    with pytest.raises(InputError):
        push(aws, text, NAME, source="f")
    with pytest.raises(InputError, match="no double braces"):
        push(aws, TEXT + "# {{x}}\n", NAME, source="f")
    with pytest.raises(InputError, match="a version cannot be written"):
        push(aws, TEXT, f"{NAME}:3", source="f")


@pytest.mark.parametrize(
    "name", ["ssm:foresail", "ssm:", "ssm:/a b", "ssm:/aws/x", "ssm:/SSM/x", "ssm:/a:", "s3:/a/b"]
)
def test_what_is_no_parameter_is_told(name):
    with pytest.raises(ConfigError) as caught:
        parse_address(name)
    assert "ssm:/foresail/storefront" in caught.value.cure


def test_a_path_on_the_command_line_is_the_same_address():
    assert is_remote(Path(NAME))
    assert parse_address(Path(f"{NAME}:3")).selector == "/foresail/shop:3"
    assert not is_remote(Path("foresail.yaml"))


def test_calendars_need_an_absolute_path_there(aws, tmp_path):
    beside = TEXT.replace("    tiers:", "    calendar: [US, launches.csv]\n    tiers:")
    with pytest.raises(ConfigError, match=r"calendar launches\.csv of shop") as caught:
        push(aws, beside, NAME, source="foresail.yaml")
    assert "absolute path" in caught.value.cure
    whole = beside.replace("launches.csv", str(tmp_path / "launches.csv"))
    push(aws, whole, NAME, source="foresail.yaml")
    assert load_remote(NAME, aws).services[0].calendar[1] == str(tmp_path / "launches.csv")


def test_a_version_that_is_not_there_is_told(aws):
    push(aws, TEXT, NAME, source="foresail.yaml")
    with pytest.raises(AwsError, match=r"no such parameter|has no version 9"):
        load_remote(f"{NAME}:9", aws)


def test_mistakes_in_a_parameter_name_it_and_the_key(aws):
    aws.client("ssm").put_parameter(
        Name="/foresail/shop", Value=TEXT.replace("max: 60", "max: 0"), Type="String"
    )
    with pytest.raises(ConfigError, match=r"ssm:/foresail/shop: services\[0\]\.tiers\[0\]\.max"):
        load_remote(NAME, aws)


class Account:
    """An account whose Systems Manager is a stub."""

    def __init__(self):
        self.ssm = boto3.client("ssm", region_name="us-east-1")
        self.stub = Stubber(self.ssm)
        self.stub.activate()

    def client(self, service):
        assert service == "ssm"
        return self.ssm


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AccessDeniedException", "no permission for ssm:GetParameter on /foresail/shop"),
        ("ParameterVersionNotFound", "has no version 9"),
        ("InvalidKeyId", "encryption key cannot be used"),
        ("ThrottlingException", "throttled ssm:GetParameter"),
    ],
)
def test_what_aws_refuses_is_told_with_the_cure(code, says):
    account = Account()
    account.stub.add_client_error("get_parameter", code)
    with pytest.raises(AwsError, match=says) as caught:
        load_remote(f"{NAME}:9", account)
    assert caught.value.cure
    assert caught.value.exit_code == 2


def test_denied_while_writing_is_told_and_nothing_claims_to_be_written():
    account = Account()
    account.stub.add_client_error("get_parameter", "ParameterNotFound")
    account.stub.add_client_error("put_parameter", "AccessDeniedException")
    with pytest.raises(AwsError, match="no permission for ssm:PutParameter"):
        push(account, TEXT, NAME, source="foresail.yaml")
