"""Schedules of calls: what is written, read back, refused, and found again after a cut."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from foresail import operations
from foresail.aws import Aws
from foresail.changes.changeset import diff
from foresail.changes.names import name_for, owned, prefix
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import parse_config
from foresail.errors import ApplyError, AwsError, ConfigError, InputError
from foresail.sandbox import Sandbox
from foresail.targets.base import ScheduledAction, by_time
from foresail.targets.registry import open_target
from foresail.targets.scheduler import schedule_name
from targets.resources import QUEUE, ROLE, SCHEDULER, cluster, database, stage

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)
STREAM = "clicks"


def config(store, **scheduler):
    tier = {
        "name": "stream", "target": {"type": "kinesis-shards", "name": STREAM},
        "demand": {"namespace": "AWS/Kinesis", "metric": "IncomingRecords"},
        "unit_capacity": "1000 records/s", "min": 2, "max": 40,
    }  # fmt: skip
    data = {"store": str(store), "services": [{"name": "shop", "tiers": [tier]}]}
    return parse_config({**data, "scheduler": {**SCHEDULER, **scheduler}}, source="test")


def action(hours, size):
    start = NOW + timedelta(hours=hours)
    return ScheduledAction(name_for(STREAM, start, ()), start=start, min_size=size)


TWO = (action(1, 3), action(2, 2))


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        running.client("kinesis").create_stream(StreamName=STREAM, ShardCount=2)
        yield running


@pytest.fixture
def target(sandbox, tmp_path):
    made = open_target("kinesis-shards", sandbox.aws, config(tmp_path).scheduler)
    yield made
    made.delete(STREAM, [one.name for one in made.read(STREAM).actions])


def schedules(target, group="foresail"):
    names = [one["Name"] for one in target.client.list_schedules(GroupName=group)["Schedules"]]
    return {name: target.client.get_schedule(Name=name, GroupName=group) for name in names}


def test_a_schedule_calls_once_with_its_role_and_tells_failures(target):
    assert target.put(STREAM, TWO[:1]) == {}
    [row] = schedules(target).values()
    assert row["ScheduleExpression"] == "at(2026-11-20T16:02:00)"
    assert row["ScheduleExpressionTimezone"] == "UTC"
    assert row["FlexibleTimeWindow"]["Mode"] == "OFF"
    assert row["ActionAfterCompletion"] == "DELETE"
    assert row["Description"] == TWO[0].name
    assert row["Target"]["RoleArn"] == ROLE
    assert row["Target"]["DeadLetterConfig"] == {"Arn": QUEUE}
    assert row["Target"]["RetryPolicy"] == {
        "MaximumEventAgeInSeconds": 1800, "MaximumRetryAttempts": 20,
    }  # fmt: skip
    assert json.loads(row["Target"]["Input"]) == {
        "StreamName": STREAM, "TargetShardCount": 3, "ScalingType": "UNIFORM_SCALING",
    }  # fmt: skip


def test_what_is_written_is_read_back_changed_and_deleted(target):
    assert target.put(STREAM, TWO) == {}
    assert target.read(STREAM).actions == TWO
    higher = ScheduledAction(TWO[0].name, start=TWO[0].start, min_size=4)
    assert target.put(STREAM, [higher]) == {}
    assert target.read(STREAM).actions == (higher, TWO[1])
    assert target.delete(STREAM, [TWO[0].name, "gone"]) == {}
    assert target.read(STREAM).actions == TWO[1:]


def test_other_targets_and_other_groups_are_left_alone(target, sandbox, tmp_path):
    sandbox.client("kinesis").create_stream(StreamName="clicks-2", ShardCount=1)
    target.put("clicks-2", [action(1, 2)])
    target.put(STREAM, TWO)
    aside = open_target("kinesis-shards", sandbox.aws, config(tmp_path, group="other").scheduler)
    assert aside.read(STREAM).actions == ()
    assert target.read(STREAM).actions == TWO
    target.delete(STREAM, [one.name for one in TWO])
    assert len(target.read("clicks-2").actions) == 1
    target.delete("clicks-2", [action(1, 2).name])


@pytest.mark.parametrize(
    "change",
    [
        {"State": "DISABLED"},
        {"Target": {"RoleArn": "arn:aws:iam::123456789012:role/another"}},
        {"Target": {"Input": json.dumps({"StreamName": "other", "TargetShardCount": 3})}},
        {"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": "{}"}},
    ],
)
def test_a_schedule_that_somebody_changed_shows_as_a_difference(target, change):
    target.put(STREAM, TWO[:1])
    [row] = schedules(target).values()
    kept = ("Name", "GroupName", "Description", "ScheduleExpression", "FlexibleTimeWindow")
    changed = {
        **{key: row[key] for key in kept},
        "Target": row["Target"] | change.pop("Target", {}),
    }
    target.client.update_schedule(**changed, **change)
    [found] = target.read(STREAM).actions
    assert (found.name, found.start, found.min_size) == (TWO[0].name, TWO[0].start, None)


@pytest.mark.parametrize(
    "wrong",
    [
        ScheduledAction("no-time", min_size=2),
        ScheduledAction("no-size", start=NOW),
        ScheduledAction("again", start=NOW, min_size=2, recurrence="cron(0 7 * * ? *)"),
    ],
)
def test_what_no_schedule_can_say_is_refused_by_name(target, wrong):
    assert list(target.put(STREAM, [wrong])) == [wrong.name]


def test_without_a_role_the_cure_says_how_to_make_it(sandbox):
    with pytest.raises(ConfigError, match="scheduler: required, but not there") as caught:
        open_target("kinesis-shards", sandbox.aws)
    assert "kinesis:UpdateShardCount" in caught.value.cure
    assert "sqs:SendMessage" in caught.value.cure
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("key", "value", "cure"),
    [
        ("role", "mine", "arn:aws:iam::123456789012:role/"),
        ("dead_letter", "mine", "arn:aws:sqs:us-east-1:123456789012:"),
        ("group", "two words", "64 letters"),
        ("queue", QUEUE, "known keys here"),
    ],
)
def test_a_mistake_in_the_configuration_is_told(tmp_path, key, value, cure):
    with pytest.raises(ConfigError, match=f"scheduler.{key}") as caught:
        config(tmp_path, **{key: value})
    assert cure in caught.value.cure


def test_no_policy_is_missed_where_the_call_sets_the_capacity(target):
    live = target.read(STREAM)
    assert diff(live, TWO, now=NOW).warnings == ()


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200), st.datetimes())
def test_names_fit_and_differ(target, other, when):
    one = schedule_name("kinesis-shards", target, name_for(target, when.replace(tzinfo=UTC), ()))
    assert len(one) <= 64
    assert set(one) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert one.startswith("foresail-")
    twin = schedule_name("rds-storage", target, name_for(target, when.replace(tzinfo=UTC), ()))
    more = schedule_name("kinesis-shards", target, f"{prefix(target)}{other}")
    assert len({one, twin, more}) == 3


def test_an_on_demand_stream_is_left_alone_with_advice(target, sandbox):
    sandbox.client("kinesis").create_stream(
        StreamName="free", StreamModeDetails={"StreamMode": "ON_DEMAND"}
    )
    with pytest.raises(AwsError, match="on demand: it follows twice its 30-day peak") as caught:
        target.read("free")
    assert "leave it out" in caught.value.cure


def test_a_stream_that_is_not_there_is_named(target):
    with pytest.raises(AwsError, match="kinesis:DescribeStreamSummary on nowhere"):
        target.read("nowhere")


def test_an_aurora_cluster_of_a_fixed_size_names_its_ways_out(sandbox, tmp_path):
    login = {"MasterUsername": "admin", "MasterUserPassword": "not-a-secret"}
    sandbox.client("rds").create_db_cluster(
        DBClusterIdentifier="fixed", Engine="aurora-postgresql", **login
    )
    target = open_target("aurora-serverless-capacity", sandbox.aws, config(tmp_path).scheduler)
    with pytest.raises(AwsError, match="its size is fixed") as caught:
        target.read("fixed")
    assert "--serverless-v2-scaling-configuration" in caught.value.cure
    assert "aurora-replicas" in caught.value.cure


def test_the_range_of_a_cluster_keeps_its_ceiling(sandbox, tmp_path):
    target = open_target("aurora-serverless-capacity", sandbox.aws, config(tmp_path).scheduler)
    live = target.read(cluster(sandbox))
    assert (live.min_size, live.max_size) == (2, 64)
    said = target.params("basket", 8)["ServerlessV2ScalingConfiguration"]
    assert said == {"MinCapacity": 8.0, "MaxCapacity": 64.0}


def test_storage_stops_below_its_own_autoscaling(sandbox, tmp_path):
    target = open_target("rds-storage", sandbox.aws, config(tmp_path).scheduler)
    name = database(sandbox)
    assert target.read(name).max_size == 65_536
    sandbox.client("rds").modify_db_instance(DBInstanceIdentifier=name, MaxAllocatedStorage=110)
    assert target.read(name).max_size == 100


def test_the_burst_keeps_its_ratio_to_the_rate(sandbox, tmp_path):
    target = open_target("apigateway-stage", sandbox.aws, config(tmp_path).scheduler)
    name = stage(sandbox)
    assert target.read(name).min_size == 2
    values = [one["value"] for one in target.params(name, 101)["patchOperations"]]
    assert values == ["101", "152"]


def test_a_stage_without_a_throttle_tells_how_to_set_one(sandbox, tmp_path):
    target = open_target("apigateway-stage", sandbox.aws, config(tmp_path).scheduler)
    api, _ = stage(sandbox, throttled=False).split("/")
    with pytest.raises(AwsError, match="no throttle of its own") as caught:
        target.read(f"{api}/prod")
    assert f"--rest-api-id {api} --stage-name prod" in caught.value.cure


def test_a_balancer_gives_its_reservation_back(sandbox, tmp_path):
    target = open_target("elb-capacity-units", sandbox.aws, config(tmp_path).scheduler)
    for size in (0, 300):
        assert target.size_of(target.params("arn", size)) == size
    assert target.params("arn", 0) == {"LoadBalancerArn": "arn", "ResetCapacityReservation": True}


def stubbed_cache(stub, limits):
    cache = {"ServerlessCacheName": "carts", "CacheUsageLimits": limits}
    stub.add_response(
        "describe_serverless_caches", {"ServerlessCaches": [cache]},
        {"ServerlessCacheName": "carts"},
    )  # fmt: skip


def test_a_serverless_cache_keeps_its_other_limits(tmp_path):
    """By Stubber, since moto knows no serverless caches."""
    limits = {
        "DataStorage": {"Maximum": 50, "Unit": "GB"},
        "ECPUPerSecond": {"Minimum": 2000, "Maximum": 90_000},
    }
    aws = Aws(region="us-east-1", sandbox=True)
    target = open_target("elasticache-serverless-minimum", aws, config(tmp_path).scheduler)
    start = NOW + timedelta(hours=1)
    with Stubber(target.resource) as caches, Stubber(target.client) as schedules:
        stubbed_cache(caches, limits)
        schedules.add_response("get_schedule_group", {})
        schedules.add_response("create_schedule", {"ScheduleArn": "arn"})
        assert target.put("carts", [ScheduledAction("one", start=start, min_size=5000)]) == {}
        asked = target.params("carts", 5000)["CacheUsageLimits"]
        assert asked["DataStorage"] == limits["DataStorage"]
        assert asked["ECPUPerSecond"] == {"Minimum": 5000, "Maximum": 90_000}
        row = {
            "Name": "s", "Description": "one", "State": "ENABLED",
            "ScheduleExpression": "at(2026-11-20T16:02:00)", "ScheduleExpressionTimezone": "UTC",
            "Target": target._target("carts", 5000),
        }  # fmt: skip
        stubbed_cache(caches, limits)
        schedules.add_response("list_schedules", {"Schedules": [{"Name": "s"}]})
        schedules.add_response("get_schedule", row)
        live = target.read("carts")
        assert (live.min_size, live.max_size) == (2000, 90_000)
        assert live.actions == (ScheduledAction("one", start=start, min_size=5000),)


@pytest.fixture
def stubbed(tmp_path):
    """A target whose answers a test lays out: what AWS refuses and moto does not."""
    target = open_target(
        "kinesis-shards", Aws(region="us-east-1", sandbox=True), config(tmp_path).scheduler
    )
    with Stubber(target.client) as stub, Stubber(target.resource) as stream:
        summary = {
            "StreamName": STREAM, "StreamARN": "arn:aws:kinesis:::stream/x",
            "StreamStatus": "ACTIVE", "RetentionPeriodHours": 24, "StreamCreationTimestamp": NOW,
            "EnhancedMonitoring": [], "OpenShardCount": 2,
        }  # fmt: skip
        stream.add_response("describe_stream_summary", {"StreamDescriptionSummary": summary})
        yield target, stub
        stub.assert_no_pending_responses()


def test_what_aws_refuses_of_some_schedules_is_answered_by_name(stubbed):
    target, stub = stubbed
    stub.add_response("get_schedule_group", {})
    stub.add_client_error("create_schedule", "ServiceQuotaExceededException", "too many")
    stub.add_client_error("create_schedule", "ConflictException", "exists")
    stub.add_client_error("update_schedule", "ConflictException", "being changed")
    assert target.put(STREAM, TWO) == {
        TWO[0].name: "ServiceQuotaExceededException: too many",
        TWO[1].name: "ConflictException: being changed",
    }


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "no permission for scheduler:CreateSchedule"),
        ("ThrottlingException", "AWS throttled scheduler:CreateSchedule"),
    ],
)
def test_a_denial_or_throttling_stops_the_run_and_is_named(stubbed, code, said):
    target, stub = stubbed
    stub.add_response("get_schedule_group", {})
    stub.add_response("create_schedule", {"ScheduleArn": "arn"})
    stub.add_client_error("create_schedule", code, "no")
    with pytest.raises(AwsError, match=said):
        target.put(STREAM, TWO)


def test_a_group_that_cannot_be_made_stops_the_run(stubbed):
    target, stub = stubbed
    stub.add_client_error("get_schedule_group", "ResourceNotFoundException", "none")
    stub.add_client_error("create_schedule_group", "ServiceQuotaExceededException", "500 at most")
    with pytest.raises(AwsError, match="schedule group 'foresail' cannot be made: ServiceQuota"):
        target.put(STREAM, TWO)


def test_schedules_are_read_page_by_page_and_one_that_ran_is_no_more(stubbed):
    target, stub = stubbed
    stub.add_response("list_schedules", {"Schedules": [{"Name": "a"}], "NextToken": "t"})
    stub.add_response("list_schedules", {"Schedules": [{"Name": "b"}]})
    stub.add_client_error("get_schedule", "ResourceNotFoundException", "ran")
    stub.add_response(
        "get_schedule",
        {
            "Name": "b", "Description": "one", "State": "ENABLED",
            "ScheduleExpression": "at(2026-11-21T01:00:00)",
            "ScheduleExpressionTimezone": "Asia/Kolkata", "Target": target._target(STREAM, 3),
        },
    )  # fmt: skip
    [found] = target.read(STREAM).actions
    assert found == ScheduledAction(
        "one", start=datetime(2026, 11, 20, 19, 30, tzinfo=UTC), min_size=3
    )


class Job:
    """One stream, one journal: apply and what may come in between."""

    def __init__(self, target, store, monkeypatch):
        self.target, self.config = target, config(store)
        monkeypatch.setattr(operations.opening, "open_target", lambda *_: target)
        planned = TierPlan("shop", "stream", target.read(STREAM), TWO, {}, (), {}, "us-east-1")
        self.plan = PlanFile(NOW, "us-east-1", self.config.digest(), (planned,))

    def apply(self):
        operations.apply_all(self.config, self.plan, None, lambda: NOW)


def test_a_denial_in_the_middle_is_resumed(target, tmp_path, monkeypatch):
    job = Job(target, tmp_path, monkeypatch)
    creates = iter(range(10_000))

    def deny(model, **_):
        if model.name == "CreateSchedule" and next(creates) == 1:
            response = type("Response", (), {"status_code": 403, "headers": {}})()
            return response, {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
        return None

    target.client.meta.events.register("before-call.scheduler", deny)
    with pytest.raises(ApplyError, match=r"no permission for .*CreateSchedule.*a part was"):
        job.apply()
    target.client.meta.events.unregister("before-call.scheduler", deny)
    assert len(owned(target.read(STREAM))) == 1
    job.apply()
    assert owned(target.read(STREAM)) == tuple(by_time(TWO))


def test_a_stream_deleted_between_plan_and_apply(target, tmp_path, monkeypatch, sandbox):
    job = Job(target, tmp_path, monkeypatch)
    kinesis = sandbox.client("kinesis")
    kinesis.delete_stream(StreamName=STREAM)
    with pytest.raises(InputError, match="kinesis:DescribeStreamSummary on clicks"):
        job.apply()
    assert schedules(target) == {}
    kinesis.create_stream(StreamName=STREAM, ShardCount=2)
