"""The Lambda function: each shape of event, what is sent again, and whole runs."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from foresail.errors import InputError
from foresail.store.opening import open_store
from foresail.urgent import lambda_function
from foresail.urgent.lambda_function import NotAnswered, handler
from urgent.sample import LATER, alarm, points


@pytest.fixture
def function(shop, monkeypatch):
    """The shop, whose configuration and account the function finds as if it were warm."""
    opened = (shop.config(), shop.sandbox.aws)
    monkeypatch.setattr(lambda_function, "_opened", lambda: opened)
    monkeypatch.setattr(lambda_function, "_now", lambda: shop.now)
    return shop


def high(minute=-1, value=1000.0):
    return points((LATER + timedelta(minutes=minute), value))


def sqs(*bodies):
    return {
        "Records": [
            {"messageId": f"m{n}", "eventSource": "aws:sqs",
             "body": body if isinstance(body, str) else json.dumps(body)}
            for n, body in enumerate(bodies)
        ]
    }  # fmt: skip


def kinesis(*bodies):
    return {
        "Records": [
            {"eventID": f"shardId-0:{n}", "eventSource": "aws:kinesis", "kinesis": {
                "sequenceNumber": str(n),
                "data": base64.b64encode(json.dumps(body).encode()).decode()}}
            for n, body in enumerate(bodies)
        ]
    }  # fmt: skip


def test_an_alarm_of_eventbridge(function):
    [outcome] = handler(alarm(LATER))["outcomes"]
    assert outcome["state"] == "applied"


@pytest.mark.parametrize("batch", [sqs, kinesis])
def test_a_batch_of_demand_is_answered_together(function, batch):
    answer = handler(batch(high(-2), high(-1)))
    assert [one["state"] for one in answer["outcomes"]] == ["applied"]
    assert answer["batchItemFailures"] == []
    again = handler(batch(high(-2), high(-1)))
    assert again["outcomes"][0]["reasons"] == ["the event was answered before"]


def test_a_record_that_cannot_be_read_is_refused_and_the_others_are_answered(function):
    answer = handler(sqs("no json", {"points": []}, high(), alarm(LATER)))
    assert answer["refused"] == 2
    assert answer["outcomes"][0]["state"] == "applied"
    assert answer["batchItemFailures"] == []


def test_only_what_was_not_answered_is_sent_again(function):
    store = open_store(function.config(), function.sandbox.aws, lambda: LATER)
    store.leases.acquire("service/shop", "somebody", timedelta(minutes=5))
    answer = handler(sqs(high(), "no json"))
    assert answer["batchItemFailures"] == [{"itemIdentifier": "m0"}]
    assert handler(kinesis(high()))["batchItemFailures"] == [{"itemIdentifier": "0"}]


def test_an_event_that_was_not_answered_raises_so_that_lambda_tries_again(function):
    store = open_store(function.config(), function.sandbox.aws, lambda: LATER)
    store.leases.acquire("service/shop", "somebody", timedelta(minutes=5))
    with pytest.raises(NotAnswered, match="shop held"):
        handler(alarm(LATER))


def test_a_whole_run_by_a_schedule(function):
    [outcome] = handler({"run": "shop"})["outcomes"]
    assert outcome["state"] in ("applied", "unchanged", "waiting")
    assert handler({"run": "all"})["outcomes"][0]["service"] == "shop"


@pytest.mark.parametrize("event", [{"run": 3}, {"run": "nobody"}, {"x": 1}, "text", None])
def test_what_is_no_event_is_refused(function, event):
    with pytest.raises(InputError):
        handler(event)
