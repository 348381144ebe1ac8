"""The table of a store is made once, with what it needs; mistakes are named."""

from __future__ import annotations

import pytest

from foresail.errors import AwsError, InputError
from foresail.sandbox import Sandbox
from foresail.store.creating import check_bucket, check_key, create_table


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


def test_made_paid_per_request_and_expiring_and_kept_when_run_again(sandbox):
    assert create_table(sandbox.aws, "foresail")
    assert not create_table(sandbox.aws, "foresail")
    client = sandbox.client("dynamodb")
    table = client.describe_table(TableName="foresail")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    ttl = client.describe_time_to_live(TableName="foresail")["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


def test_one_that_was_cut_off_before_it_expires_is_completed(sandbox):
    client = sandbox.client("dynamodb")
    create_table(sandbox.aws, "half")
    client.update_time_to_live(
        TableName="half", TimeToLiveSpecification={"Enabled": False, "AttributeName": "expires"}
    )
    assert not create_table(sandbox.aws, "half")
    ttl = client.describe_time_to_live(TableName="half")["TimeToLiveDescription"]
    assert ttl["TimeToLiveStatus"] == "ENABLED"


def test_a_table_of_something_else_is_refused(sandbox):
    client = sandbox.client("dynamodb")
    client.create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    with pytest.raises(InputError, match="table orders has the key id"):
        create_table(sandbox.aws, "orders")
    with pytest.raises(AwsError, match="there is no table nowhere"):
        check_key(client, "nowhere")


def test_a_bucket_that_is_not_there_is_named_with_the_command_that_makes_it(sandbox):
    with pytest.raises(AwsError, match="there is no bucket example-foresail") as caught:
        check_bucket(sandbox.aws, "example-foresail")
    assert "aws s3 mb s3://example-foresail" in caught.value.cure
    sandbox.client("s3").create_bucket(Bucket="example-foresail")
    check_bucket(sandbox.aws, "example-foresail")
