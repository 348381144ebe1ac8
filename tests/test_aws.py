from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import boto3
import pytest
from botocore import exceptions as known
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber

from foresail.aws import Aws, aws_errors, throttled
from foresail.errors import ApplyError, AwsError

ACTION = "autoscaling:DescribeScheduledActions"


def told(error: Exception) -> AwsError:
    with pytest.raises(AwsError) as caught, aws_errors(ACTION, "storefront-web"):
        raise error
    assert caught.value.exit_code == 2
    assert caught.value.__cause__ is error
    return caught.value


def refused(code: str, message: str = "") -> AwsError:
    answer = {"Error": {"Code": code, "Message": message}}
    return told(ClientError(answer, "DescribeScheduledActions"))


@pytest.mark.parametrize(
    "code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized"]
)
def test_a_missing_permission_names_the_iam_action(code):
    error = refused(code, "no")
    assert ACTION in error.message
    assert "storefront-web" in error.message
    assert ACTION in str(error.cure)


def test_the_action_aws_names_wins():
    said = "User: arn:aws:iam::1:user/u is not authorized to perform: sts:AssumeRole on resource: r"
    assert "IAM action sts:AssumeRole" in str(refused("AccessDenied", said).cure)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ExpiredToken", "did not accept the credentials"),
        ("InvalidClientTokenId", "did not accept the credentials"),
        ("UnrecognizedClientException", "did not accept the credentials"),
        ("Throttling", "throttled"),
        ("ThrottlingException", "throttled"),
        ("RequestLimitExceeded", "throttled"),
        ("InvalidAction", "does not implement"),
        ("500", "does not implement"),
    ],
)
def test_known_codes_are_said_in_words_with_a_cure(code, words):
    error = refused(code)
    assert words in error.message
    assert error.cure


@pytest.mark.parametrize("code", ["ValidationError", "LimitExceeded"])
def test_other_errors_keep_the_words_of_aws(code):
    message = refused(code, "Min size 9 is over max size 4").message
    assert message == f"{ACTION} on storefront-web: {code}: Min size 9 is over max size 4"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (known.NoCredentialsError(), "no AWS credentials"),
        (
            known.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "AWS_SECRET_ACCESS_KEY",
        ),
        (known.NoRegionError(), "no AWS region"),
        (known.EndpointConnectionError(endpoint_url="http://x"), "cannot be reached"),
        (known.ReadTimeoutError(endpoint_url="http://x"), "cannot be reached"),
        (known.UnauthorizedSSOTokenError(), "cannot be fetched"),
        (known.CredentialRetrievalError(provider="p", error_msg="m"), "cannot be fetched"),
        (ResponseParserError("not XML"), "does not implement"),
    ],
)
def test_what_botocore_raises_itself_is_said_in_words_with_a_cure(error, words):
    translated = told(error)
    assert words in translated.message
    assert translated.cure


def test_bad_parameters_are_told_too():
    assert "Oops" in told(known.ParamValidationError(report="Oops")).message


@pytest.mark.parametrize("error", [ValueError("mine"), KeyError("k"), KeyboardInterrupt()])
def test_what_is_not_of_aws_goes_through(error):
    with pytest.raises(type(error)), aws_errors(ACTION, "x"):
        raise error


def test_a_client_retries_and_says_who_asks():
    client = Aws(region="eu-west-1", sandbox=True).client("autoscaling")
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.config.retries["mode"] == "standard"
    assert client.meta.config.retries["total_max_attempts"] == 5
    assert "foresail" in client.meta.config.user_agent_extra


def test_a_client_is_opened_once_for_each_account_and_by_many_threads():
    aws, other = Aws("us-east-1", sandbox=True), Aws("us-east-1", sandbox=True)
    assert aws == other and hash(aws) == hash(other)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(aws.client, ["sqs", "kinesis"] * 8))
    assert found == {aws.client("sqs"), aws.client("kinesis")}
    assert other.client("sqs") is not aws.client("sqs")
    elsewhere = replace(aws, region="eu-west-1")
    assert elsewhere.client("sqs").meta.region_name == "eu-west-1"


def test_the_endpoint_of_the_environment_counts_and_the_given_one_wins(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert Aws("us-east-1").client("cloudwatch").meta.endpoint_url == "http://127.0.0.1:1"
    given = Aws("us-east-1", endpoint_url="http://127.0.0.1:2").client("cloudwatch")
    assert given.meta.endpoint_url == "http://127.0.0.1:2"


def test_a_region_of_the_environment_counts_and_the_given_one_wins(monkeypatch):
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert Aws().client("cloudwatch").meta.region_name == "eu-west-1"
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert Aws().client("cloudwatch").meta.region_name == "eu-central-1"
    assert Aws("us-east-1").client("cloudwatch").meta.region_name == "us-east-1"


def test_no_region_no_profile_and_no_url(monkeypatch, tmp_path):
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(AwsError, match="no AWS region"):
        Aws().client("cloudwatch")
    with pytest.raises(AwsError, match="nobody"):
        Aws("us-east-1", profile="nobody").client("cloudwatch")
    with pytest.raises(AwsError, match="nvalid endpoint"):
        Aws("us-east-1", endpoint_url="not a url").client("cloudwatch")


def test_no_credentials_at_the_call(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    client = Aws("us-east-1", endpoint_url="http://127.0.0.1:1").client("autoscaling")
    with pytest.raises(AwsError, match="no AWS credentials"), aws_errors(ACTION, "x"):
        client.describe_scheduled_actions()


@pytest.mark.parametrize("code", ["Throttling", "RequestLimitExceeded", "TooManyRequestsException"])
def test_throttling_is_told_from_all_else_also_through_what_was_raised_from_it(code):
    error = refused(code)
    wrapped = ApplyError("stopped part-way")
    wrapped.__cause__ = error
    assert throttled(error) and throttled(wrapped)


@pytest.mark.parametrize(
    "error", [refused("AccessDenied"), refused("500"), AwsError("throttled"), ValueError("x")]
)
def test_what_waiting_does_not_cure_is_no_throttling(error):
    assert not throttled(error)


def test_through_a_client():
    client = boto3.client("autoscaling", region_name="us-east-1")
    with Stubber(client) as stub, pytest.raises(AwsError, match=f"no permission for {ACTION}"):
        stub.add_client_error("describe_scheduled_actions", "AccessDenied", "", 403)
        with aws_errors(ACTION, "x"):
            client.describe_scheduled_actions()
