"""Events as EventBridge takes them, delivers them, and fails them."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.stub import Stubber

from foresail.publish.events import Event, send
from foresail.sandbox import Sandbox
from publish.sample import NOW


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        yield running


def listening(sandbox, bus):
    """A queue that hears what foresail sends to a bus."""
    events, sqs = sandbox.client("events"), sandbox.client("sqs")
    if bus != "default":
        events.create_event_bus(Name=bus)
    url = sqs.create_queue(QueueName=f"heard-{bus}")["QueueUrl"]
    events.put_rule(Name="all", EventBusName=bus, EventPattern='{"source": ["foresail"]}')
    arn = f"arn:aws:sqs:us-east-1:123456789012:heard-{bus}"
    events.put_targets(Rule="all", EventBusName=bus, Targets=[{"Id": "q", "Arn": arn}])

    def heard():
        found = []
        while rows := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(row["Body"]) for row in rows]
            for row in rows:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=row["ReceiptHandle"])
        return found

    return heard


@pytest.mark.parametrize("bus", ["default", "capacity"])
def test_events_arrive_on_the_bus_that_is_named(sandbox, bus):
    heard = listening(sandbox, bus)
    assert send(sandbox.aws, bus, [Event("drift", {"changes": n}) for n in range(23)]) == []
    events = heard()
    assert sorted(event["detail"]["changes"] for event in events) == list(range(23))
    assert {(event["source"], event["detail-type"]) for event in events} == {("foresail", "drift")}


class Account:
    """An account whose EventBridge is a stub."""

    def __init__(self):
        self.events = boto3.client("events", region_name="us-east-1")
        self.stub = Stubber(self.events)
        self.stub.activate()
        self.waited = []

    def client(self, service):
        assert service == "events"
        return self.events

    def answers(self, events, *failed):
        rows = [
            {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
            if n in failed else {"EventId": f"e{n}"}
            for n in range(len(events))
        ]  # fmt: skip
        asked = {"Entries": [event.entry("default") for event in events]}
        answer = {"FailedEntryCount": len(failed), "Entries": rows}
        self.stub.add_response("put_events", answer, asked)

    def send(self, events):
        warnings = send(self, "default", events, wait=self.waited.append)
        self.stub.assert_no_pending_responses()
        return warnings


def test_only_the_entries_that_failed_are_sent_again():
    account, events = Account(), [Event("drift", {"changes": n}) for n in range(4)]
    account.answers(events, 1, 3)
    account.answers([events[1], events[3]], 0)
    account.answers([events[1]])
    assert account.send(events) == []
    assert account.waited == sorted(account.waited)
    assert len(account.waited) == 2


def test_what_fails_three_times_is_a_warning_and_no_error():
    account, events = Account(), [Event("drift", {"changes": 1}), Event("anomaly", {})]
    account.answers(events, 1)
    account.answers([events[1]], 0)
    account.answers([events[1]], 0)
    [warning] = account.send(events)
    assert "event anomaly was not sent to default: ThrottlingException: slow down" in warning


@pytest.mark.parametrize(
    ("code", "says"),
    [("AccessDeniedException", "no permission for events:PutEvents"), ("Throttling", "throttled")],
)
def test_refused_by_aws_is_a_warning_with_the_cure(code, says):
    account = Account()
    account.stub.add_client_error("put_events", code)
    [warning] = account.send([Event("drift", {})])
    assert warning.startswith("events were not sent to default")
    assert says in warning


def test_calls_keep_to_ten_entries_and_their_size():
    account = Account()
    small = [Event("drift", {"changes": n}) for n in range(12)]
    big = [Event("refused", {"reasons": ["x" * 100_000]}) for _ in range(3)]
    huge = Event("refused", {"reasons": ["x" * 250_000]})
    for batch in (small[:10], [*small[10:], *big[:2]], big[2:]):
        account.answers(batch)
    [warning] = account.send([*small, huge, *big])
    assert "250" in warning
    assert "more than EventBridge takes" in warning
