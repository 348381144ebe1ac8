"""What only DynamoDB does: torn connections, transactions that meet, throttling, missing tables."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from foresail.aws import Aws
from foresail.errors import AwsError
from foresail.store.dynamodb_records import ATTEMPTS, DynamoDBRecords
from foresail.store.records import Conflict, Put, revise
from store.backends import Time, sandbox

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
__all__ = ["sandbox"]


@pytest.fixture
def waits():
    return []


@pytest.fixture
def records(sandbox, waits, request):
    return DynamoDBRecords(
        sandbox.aws, "foresail", f"{request.node.name}/", Time(NOW), sleep=waits.append
    )


@pytest.fixture
def stubbed(waits):
    """Records over a client that answers as the test says, and the stub."""
    aws = Aws(region="us-east-1", endpoint_url="http://127.0.0.1:1", sandbox=True)
    with Stubber(aws.client("dynamodb")) as stub:
        yield DynamoDBRecords(aws, "foresail", "", Time(NOW), sleep=waits.append), stub


def cancelled(stub, *codes):
    reasons = [{"Code": code} for code in codes]
    stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        "cancelled",
        modeled_fields={"CancellationReasons": reasons},
    )


def test_a_connection_that_tears_after_the_write_is_no_conflict(records):
    client, torn = records.aws.client("dynamodb"), []
    real = client._endpoint.http_session.send

    def send(request):
        answer = real(request)
        if not torn and b"ClientRequestToken" in request.body:
            torn.append(answer.status_code)
            raise EndpointConnectionError(endpoint_url="torn")
        return answer

    client._endpoint.http_session.send = send
    try:
        records.write(Put("p", "s", {"n": 1}, expected=0))
    finally:
        client._endpoint.http_session.send = real
    assert torn == [200]
    assert records.get("p", "s").version == 1
    with pytest.raises(Conflict):  # a new write has a new token
        records.write(Put("p", "s", {"n": 1}, expected=0))


def test_a_storm_of_writers_of_one_record_loses_no_write(records):
    def bump(number):
        own = DynamoDBRecords(records.aws, "foresail", records.prefix)
        for _ in range(5):
            revise(own, "p", "s", lambda data: {"n": (data or {"n": 0})["n"] + 1})
        return number

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(bump, range(8))) == list(range(8))
    found = records.get("p", "s")
    assert (found.data, found.version) == ({"n": 40}, 40)


def test_transactions_that_meet_are_tried_again_after_random_waits(stubbed, waits):
    records, stub = stubbed
    cancelled(stub, "None", "TransactionConflict")
    cancelled(stub, "ThrottlingError", "None")
    cancelled(stub, "ProvisionedThroughputExceeded", "None")
    stub.add_response("transact_write_items", {})
    records.write(Put("p", "a", {}), Put("p", "b", {}))
    stub.assert_no_pending_responses()
    assert len(waits) == 3
    assert all(0 <= wait <= 2 for wait in waits)


def test_the_condition_that_did_not_hold_is_named_at_once(stubbed, waits):
    records, stub = stubbed
    cancelled(stub, "TransactionConflict", "ConditionalCheckFailed")
    with pytest.raises(Conflict) as caught:
        records.write(Put("p", "a", {}), Put("p", "b", {}, expected=1))
    assert [one.sort for one in caught.value.changes] == ["b"]
    assert waits == []


def test_a_storm_without_end_ends_with_the_cure(stubbed):
    records, stub = stubbed
    for _ in range(ATTEMPTS):
        cancelled(stub, "TransactionConflict")
    with pytest.raises(AwsError, match="TransactionConflict") as caught:
        records.write(Put("p", "a", {}))
    assert "run again later" in caught.value.cure


@pytest.mark.parametrize("code", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_other_reasons_are_aws_errors(stubbed, code):
    records, stub = stubbed
    cancelled(stub, code)
    with pytest.raises(AwsError, match="TransactWriteItems"):
        records.write(Put("p", "a", {}))


def test_a_table_that_is_not_there_is_named_with_the_command_that_makes_it(sandbox):
    records = DynamoDBRecords(sandbox.aws, "nowhere")
    for call in (
        lambda: records.get("p", "s"),
        lambda: records.query("p"),
        lambda: records.write(Put("p", "s", {})),
        records.everything,
    ):
        with pytest.raises(AwsError, match="there is no table nowhere") as caught:
            call()
        assert "foresail store create" in caught.value.cure


def test_prefixes_share_a_table_and_do_not_meet(sandbox):
    one, other = (DynamoDBRecords(sandbox.aws, "foresail", prefix) for prefix in ("a/", "b/"))
    one.write(Put("p", "s", {"n": 1}))
    assert other.get("p", "s") is None
    assert other.query("p") == []
    assert other.everything() == []
    other.write(Put("p", "s", {"n": 2}, expected=0))
    assert one.get("p", "s").data == {"n": 1}
