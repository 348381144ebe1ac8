"""EventBridge Scheduler in the sandbox: calls are made when they are due."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from foresail.sandbox import Sandbox
from sandbox.schedules import DOUBLE, MINUTE, NOW, SDK, create


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        running.client("kinesis").create_stream(StreamName="clicks", ShardCount=2)
        yield running


@pytest.fixture
def client(sandbox):
    return sandbox.client("scheduler")


def shards(sandbox):
    stream = sandbox.client("kinesis").describe_stream_summary(StreamName="clicks")
    return stream["StreamDescriptionSummary"]["OpenShardCount"]


def test_a_call_is_made_when_due_and_a_finished_schedule_deletes_itself(sandbox, client):
    create(client, ActionAfterCompletion="DELETE")
    create(client, "kept", given={**DOUBLE, "TargetShardCount": 8},
           ScheduleExpression="at(2026-10-30T14:10:00)",
           ScheduleExpressionTimezone="Europe/Kyiv")  # fmt: skip
    sandbox.advance(5 * MINUTE)
    assert shards(sandbox) == 2
    sandbox.advance(10 * MINUTE)  # 14:10 in Kyiv is 12:10 UTC
    assert shards(sandbox) == 8
    assert [s["Name"] for s in client.list_schedules()["Schedules"]] == ["kept"]
    calls = sandbox.scheduler_calls
    assert list(calls["schedule"]) == ["up", "kept"]
    assert list(calls["timestamp"]) == [NOW + 5 * MINUTE, NOW + 10 * MINUTE]
    assert set(calls["error"]) == {""}


def test_a_disabled_schedule_makes_no_call_and_an_update_counts(sandbox, client):
    create(client, State="DISABLED")
    sandbox.advance(10 * MINUTE)
    assert sandbox.scheduler_calls.empty
    found = client.get_schedule(Name="up")
    fields = {k: found[k] for k in ("Name", "FlexibleTimeWindow", "Target")}
    client.update_schedule(
        **fields, ScheduleExpression="at(2026-10-30T12:20:00)", ActionAfterCompletion="DELETE"
    )
    sandbox.advance(20 * MINUTE)
    assert shards(sandbox) == 4
    assert client.list_schedules()["Schedules"] == []


def test_recurring_schedules_run_until_their_end(sandbox, client):
    create(client, ScheduleExpression="rate(10 minutes)", StartDate=NOW + 5 * MINUTE,
           EndDate=NOW + 30 * MINUTE, ActionAfterCompletion="DELETE")  # fmt: skip
    sandbox.advance(timedelta(hours=1))
    minutes = [int((t - NOW) / MINUTE) for t in sandbox.scheduler_calls["timestamp"]]
    assert minutes == [5, 15, 25]
    assert client.list_schedules()["Schedules"] == []


def test_a_deleted_schedule_runs_no_more(sandbox, client):
    create(client)
    client.delete_schedule(Name="up")
    sandbox.advance(10 * MINUTE)
    assert shards(sandbox) == 2


def test_what_aws_refuses_is_kept_and_goes_to_the_dead_letter_queue(sandbox, client):
    sqs = sandbox.client("sqs")
    queue = sqs.create_queue(QueueName="dead")["QueueUrl"]
    given = {**DOUBLE, "TargetShardCount": 40}
    dead = {"DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:123456789012:dead"}}
    create(client, given=given, Target=dead)
    sandbox.advance(10 * MINUTE)
    [error] = sandbox.scheduler_calls["error"]
    assert error.startswith("InvalidArgumentException")
    [message] = sqs.receive_message(QueueUrl=queue, MessageAttributeNames=["All"])["Messages"]
    assert json.loads(message["Body"]) == given
    told = {k: v["StringValue"] for k, v in message["MessageAttributes"].items()}
    assert told["ERROR_CODE"] == "InvalidArgumentException"
    assert told["TARGET_ARN"] == SDK + "kinesis:updateShardCount"


def test_names_of_services_and_members_as_the_aws_sdk_writes_them(sandbox, client):
    plans = sandbox.client("apigateway")
    plan = plans.create_usage_plan(name="shop", throttle={"rateLimit": 10.0, "burstLimit": 20})
    operation = {"Op": "replace", "Path": "/throttle/rateLimit", "Value": "50"}
    create(client, call="apigateway:updateUsagePlan",
           given={"UsagePlanId": plan["id"], "PatchOperations": [operation]})  # fmt: skip
    target = {
        "ServiceNamespace": "neptune", "ResourceId": "cluster:graph",
        "ScalableDimension": "neptune:cluster:ReadReplicaCount", "MinCapacity": 1, "MaxCapacity": 2,
    }  # fmt: skip
    create(client, "register", "applicationautoscaling:registerScalableTarget", target)
    sandbox.advance(10 * MINUTE)
    assert set(sandbox.scheduler_calls["error"]) == {""}
    assert plans.get_usage_plan(usagePlanId=plan["id"])["throttle"]["rateLimit"] == 50.0
