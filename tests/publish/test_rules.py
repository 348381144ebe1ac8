"""Rules that ask for a new plan: what they hear, whom they call, and whose they are."""

from __future__ import annotations

import json

import pytest

from foresail.errors import AwsError, ConfigError, InputError
from foresail.publish.rules import rule_writes, write_rules
from foresail.sandbox import Sandbox
from publish.sample import NOW, config

QUEUE = "arn:aws:sqs:us-east-1:123456789012:replan"
ROLE = "arn:aws:iam::123456789012:role/replan"
BOTH = {"foresail-replan": "create", "foresail-replan-events": "create"}


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        running.client("sqs").create_queue(QueueName="replan")
        running.client("events").create_event_bus(Name="capacity")
        yield running


def made(folder, bus="capacity", **replan):
    replan = {"target": QUEUE, "sources": ["com.example.orders"], **replan}
    return config(folder, events={"bus": bus, "replan": replan})


def run(sandbox, one, **options):
    writes = rule_writes(one, sandbox.aws, **options)
    write_rules(one, sandbox.aws, writes)
    return {write.name: write.operation for write in writes}


def test_created_kept_updated_deleted(sandbox, tmp_path):
    assert run(sandbox, made(tmp_path)) == BOTH
    assert set(run(sandbox, made(tmp_path)).values()) == {"keep"}
    assert set(run(sandbox, made(tmp_path, role=ROLE)).values()) == {"update"}
    client = sandbox.client("events")
    [target] = client.list_targets_by_rule(Rule="foresail-replan")["Targets"]
    assert target == {"Id": "foresail", "Arn": QUEUE, "RoleArn": ROLE}
    client.disable_rule(Name="foresail-replan")
    assert run(sandbox, made(tmp_path, role=ROLE))["foresail-replan"] == "update"
    without = made(tmp_path, role=ROLE, sources=[])
    assert run(sandbox, without) == {"foresail-replan": "keep", "foresail-replan-events": "delete"}
    assert run(sandbox, without, delete=True) == {"foresail-replan": "delete"}
    assert client.list_rules()["Rules"] == []
    assert run(sandbox, without, delete=True) == {}


def test_both_rules_on_the_accounts_own_bus(sandbox, tmp_path):
    assert run(sandbox, made(tmp_path, bus="default")) == BOTH
    assert len(sandbox.client("events").list_rules()["Rules"]) == 2


def alarm(name, value):
    return {
        "Source": "aws.cloudwatch", "DetailType": "CloudWatch Alarm State Change",
        "Detail": json.dumps({"alarmName": name, "state": {"value": value}}),
    }  # fmt: skip


def business(source, bus="capacity"):
    return {"Source": source, "DetailType": "orders", "Detail": "{}", "EventBusName": bus}


def test_only_alarms_of_foresail_and_the_named_sources_call_for_a_plan(sandbox, tmp_path):
    run(sandbox, made(tmp_path))
    sandbox.client("events").put_events(
        Entries=[
            alarm("foresail-shop/web/above-forecast", "ALARM"),
            alarm("foresail-shop/web/above-forecast", "OK"),
            alarm("disk-full", "ALARM"),
            business("com.example.orders"),
            business("com.example.other"),
        ]
    )
    sqs = sandbox.client("sqs")
    url = sqs.get_queue_url(QueueName="replan")["QueueUrl"]
    heard = []
    while rows := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        heard += [json.loads(row["Body"])["source"] for row in rows]
        for row in rows:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=row["ReceiptHandle"])
    assert sorted(heard) == ["aws.cloudwatch", "com.example.orders"]


def test_targets_of_others_on_the_rule_stay_and_keep_it(sandbox, tmp_path):
    run(sandbox, made(tmp_path))
    client = sandbox.client("events")
    client.put_targets(Rule="foresail-replan", Targets=[{"Id": "theirs", "Arn": QUEUE}])
    assert run(sandbox, made(tmp_path))["foresail-replan"] == "keep"
    with pytest.raises(InputError, match="targets that are not foresail's: theirs"):
        run(sandbox, made(tmp_path), delete=True)
    found = client.list_targets_by_rule(Rule="foresail-replan")["Targets"]
    assert {target["Id"] for target in found} == {"foresail", "theirs"}


def test_killed_between_rule_and_target_the_next_run_adds_it(sandbox, tmp_path):
    run(sandbox, made(tmp_path))
    client = sandbox.client("events")
    client.remove_targets(Rule="foresail-replan", Ids=["foresail"])
    assert run(sandbox, made(tmp_path))["foresail-replan"] == "update"
    assert len(client.list_targets_by_rule(Rule="foresail-replan")["Targets"]) == 1
    client.remove_targets(Rule="foresail-replan", Ids=["foresail"])  # killed while deleting
    assert run(sandbox, made(tmp_path), delete=True)["foresail-replan"] == "delete"


def test_a_bus_that_is_not_there_is_named(sandbox, tmp_path):
    with pytest.raises(AwsError, match="events:PutRule on foresail-replan-events"):
        run(sandbox, made(tmp_path, bus="nowhere"))


def test_nothing_to_call_is_told_with_the_key(sandbox, tmp_path):
    with pytest.raises(InputError, match="nothing says what a rule should call") as caught:
        run(sandbox, config(tmp_path))
    assert "events: {replan: {target: ARN}}" in caught.value.cure


@pytest.mark.parametrize(
    ("events", "says"),
    [
        ({"bus": "aws.events"}, "bus"),
        ({"bus": "a b"}, "bus"),
        ({"replan": {}}, "replan.target: required"),
        ({"replan": {"target": "my-function"}}, "replan.target"),
        ({"replan": {"target": QUEUE, "role": QUEUE}}, "replan.role"),
        ({"replan": {"target": QUEUE, "sources": ["aws.ec2"]}}, r"sources\[0\]"),
        ({"bsu": "default"}, "unknown key"),
    ],
)
def test_each_mistake_in_the_configuration_is_named(tmp_path, events, says):
    with pytest.raises(ConfigError, match=says) as caught:
        config(tmp_path, events=events)
    assert caught.value.cure
