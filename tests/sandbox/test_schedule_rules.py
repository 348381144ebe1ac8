"""What AWS refuses of a schedule, the sandbox refuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from foresail.sandbox import Sandbox
from sandbox.schedules import NOW, create


@pytest.fixture(scope="module")
def client():
    with Sandbox(start=NOW) as running:
        yield running.client("scheduler")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "a b"}, "Name"),
        ({"name": "n" * 65}, "Name"),
        ({"ScheduleExpression": "at(2026-10-30T11:59:00)"}, "in the past"),
        ({"ScheduleExpression": "cron(0 7 * * *)"}, "Invalid Schedule Expression"),
        ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "no time zone"),
        ({"FlexibleTimeWindow": {"Mode": "MAYBE"}}, "OFF or FLEXIBLE"),
        ({"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}}, "MaximumWindowInMinutes"),
        ({"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}}, "MaximumWindow"),
        ({"Target": {"RoleArn": "foresail"}}, "RoleArn"),
        ({"Target": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q"}}, "no universal target"),
        ({"Target": {"Input": "{"}}, "RequestJson"),
        ({"Target": {"RetryPolicy": {"MaximumRetryAttempts": 186}}}, "185"),
        ({"call": "kinesis:describeStream"}, "only reads"),
        ({"call": "kinesis:updateShards"}, "no such API action"),
        ({"call": "kinesiz:updateShardCount"}, "no such API action"),
        ({"given": {"Stream": "clicks"}}, "no field"),
        ({"StartDate": NOW - timedelta(hours=1)}, "StartDate"),
        ({"EndDate": NOW}, "EndDate"),
    ],
)
def test_refused_as_aws_does(client, fields, says):
    with pytest.raises(ClientError, match=says) as caught:
        create(client, **fields)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert client.list_schedules()["Schedules"] == []


def test_a_name_is_taken_once_and_its_group_must_be_there(client):
    create(client)
    with pytest.raises(ClientError) as caught:
        create(client)
    assert caught.value.response["Error"]["Code"] == "ConflictException"
    with pytest.raises(ClientError) as caught:
        create(client, "b", GroupName="none")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    client.delete_schedule(Name="up")
