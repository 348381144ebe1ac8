"""What AWS refuses, the sandbox refuses, over HTTP and boto3."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from foresail.sandbox import Sandbox, create_group

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def running():
    with Sandbox(start=NOW) as sandbox:
        for name in ("web", "api"):
            create_group(sandbox, name, min_size=2, max_size=20)
        yield sandbox


@pytest.fixture
def client(running):
    made = running.client("autoscaling")
    running.clock.now = NOW
    pages = list(made.get_paginator("describe_scheduled_actions").paginate())
    for action in [a for page in pages for a in page["ScheduledUpdateGroupActions"]]:
        made.delete_scheduled_action(
            AutoScalingGroupName=action["AutoScalingGroupName"],
            ScheduledActionName=action["ScheduledActionName"],
        )
    return made


def put(client, name="a", group="web", **fields):
    fields = {"StartTime": NOW + timedelta(hours=1), "MinSize": 4, **fields}
    given = {k: v for k, v in fields.items() if v is not None}
    client.put_scheduled_update_group_action(
        AutoScalingGroupName=group, ScheduledActionName=name, **given
    )


@pytest.mark.parametrize(
    ("fields", "code", "says"),
    [
        ({"group": "nope"}, "ValidationError", "not found"),
        ({"StartTime": NOW - timedelta(minutes=1)}, "ValidationError", "in the past"),
        ({"StartTime": None, "Recurrence": "every day"}, "ValidationError", "recurrence"),
        ({"StartTime": None, "Recurrence": "61 * * * *"}, "ValidationError", "recurrence"),
        ({"StartTime": None, "Recurrence": "0 0 12 * * *"}, "ValidationError", "recurrence"),
        ({"StartTime": None}, "ValidationError", "StartTime or Recurrence"),
        ({"MinSize": None}, "ValidationError", "At least one"),
        ({"MinSize": 9, "MaxSize": 3}, "ValidationError", "MinSize"),
        ({"TimeZone": "Mars/Olympus"}, "ValidationError", "time zone"),
        ({"name": "n" * 256}, "ValidationError", "255"),
    ],
)
def test_refused_as_aws_does(client, fields, code, says):
    with pytest.raises(ClientError, match=says) as caught:
        put(client, **fields)
    assert caught.value.response["Error"]["Code"] == code
    assert client.describe_scheduled_actions()["ScheduledUpdateGroupActions"] == []


def test_no_two_actions_of_a_group_start_in_one_minute(client):
    put(client, "a")
    put(client, "a", MinSize=5)  # the same name is an update
    put(client, "a", group="api")  # names belong to a group
    with pytest.raises(ClientError, match="already exists") as caught:
        put(client, "b", StartTime=NOW + timedelta(hours=1, seconds=30))
    assert caught.value.response["Error"]["Code"] == "AlreadyExists"


def test_a_batch_answers_what_failed_and_takes_fifty(client):
    actions = [
        {"ScheduledActionName": f"a{n}", "StartTime": NOW + timedelta(minutes=n), "MinSize": n % 3}
        for n in range(51)
    ]
    batch = client.batch_put_scheduled_update_group_action
    with pytest.raises(ClientError, match="50"):
        batch(AutoScalingGroupName="web", ScheduledUpdateGroupActions=actions)
    failed = batch(AutoScalingGroupName="web", ScheduledUpdateGroupActions=actions[:50])
    assert [f["ScheduledActionName"] for f in failed["FailedScheduledUpdateGroupActions"]] == ["a0"]
    gone = client.batch_delete_scheduled_action(
        AutoScalingGroupName="web", ScheduledActionNames=["a1", "ghost"]
    )
    assert [f["ScheduledActionName"] for f in gone["FailedScheduledActions"]] == ["ghost"]


def test_the_quota_is_125_and_lists_come_in_pages(client):
    for n in range(125):
        put(client, f"a{n}", StartTime=NOW + timedelta(minutes=n + 1))
    with pytest.raises(ClientError) as caught:
        put(client, "one more", StartTime=NOW + timedelta(hours=9))
    assert caught.value.response["Error"]["Code"] == "LimitExceeded"
    pages = list(client.get_paginator("describe_scheduled_actions").paginate())
    assert [len(p["ScheduledUpdateGroupActions"]) for p in pages] == [50, 50, 25]
    some = client.describe_scheduled_actions(
        StartTime=NOW + timedelta(minutes=10), EndTime=NOW + timedelta(minutes=12)
    )
    assert len(some["ScheduledUpdateGroupActions"]) == 3


def test_unset_is_never_zero(client):
    put(client, MinSize=0)
    [action] = client.describe_scheduled_actions()["ScheduledUpdateGroupActions"]
    assert (action["MinSize"], action.get("MaxSize"), action.get("DesiredCapacity")) == (
        0,
        None,
        None,
    )


def test_desired_outside_the_bounds_is_refused(client):
    with pytest.raises(ClientError, match="not between"):
        client.set_desired_capacity(AutoScalingGroupName="web", DesiredCapacity=99)
