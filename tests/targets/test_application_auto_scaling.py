"""An ECS service from configuration to rollback on the sandbox, killed at every call in turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from botocore.stub import Stubber

from foresail import operations
from foresail.aws import Aws
from foresail.changes.floor import Floor
from foresail.changes.names import name_for, owned
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import parse_config
from foresail.errors import ApplyError, AwsError, ConfigError, InputError
from foresail.pipeline import plan_all, tiers
from foresail.sandbox import Sandbox
from foresail.targets.base import ScheduledAction, by_time
from foresail.targets.ecs_service import EcsService
from recorder import assert_policies_are_what_is_called

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)
SERVICE = "service/shop/web"
ECS = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
RESOURCE = {**ECS, "ResourceId": SERVICE}
BALANCER = "app/web/50dc6c495c0c9188"
FLOOR = 2


def config(store, **tier):
    plain = {
        "name": "web",
        "target": {"type": "ecs-service", "name": SERVICE},
        "demand": {
            "namespace": "AWS/ApplicationELB",
            "metric": "RequestCount",
            "dimensions": {"LoadBalancer": BALANCER},
        },
        "unit_capacity": "100 requests/s",
        "min": FLOOR,
        "max": 40,
        "guardrails": {"increase": "2000%"},
    }
    services = [{"name": "shop", "tiers": [{**plain, **tier}]}]
    data = {"store": str(store), "history": "7d", "horizon": "24h", "services": services}
    return parse_config(data, source="test")


def publish(sandbox, namespace, metric, dimensions, values):
    data = [
        {"MetricName": metric, "Timestamp": when, "Value": float(value),
         "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions.items()]}
        for when, value in values.items()
    ]  # fmt: skip
    for at in range(0, len(data), 1000):
        sandbox.client("cloudwatch").put_metric_data(
            Namespace=namespace, MetricData=data[at : at + 1000]
        )


def wave():
    times = pd.date_range("2026-11-13T15:00Z", NOW, freq="5min", inclusive="left")
    share = (times.hour * 60 + times.minute) / 1440
    return pd.Series(600 - 500 * np.cos(share * 2 * np.pi), index=times)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        ecs = running.client("ecs")
        ecs.create_cluster(clusterName="shop")
        ecs.register_task_definition(
            family="web", containerDefinitions=[{"name": "web", "image": "web", "memory": 128}]
        )
        ecs.create_service(cluster="shop", serviceName="web", taskDefinition="web", desiredCount=3)
        publish(
            running, "AWS/ApplicationELB", "RequestCount", {"LoadBalancer": BALANCER}, wave() * 300
        )
        yield running


@pytest.fixture
def client(sandbox):
    """A client, with the service registered anew: bounds, a policy, no scheduled actions."""
    made = sandbox.client("application-autoscaling")
    made.register_scalable_target(**RESOURCE, MinCapacity=FLOOR, MaxCapacity=40)
    made.put_scaling_policy(
        **RESOURCE, PolicyName="cpu", PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 70.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
        },
    )  # fmt: skip
    yield made
    made.deregister_scalable_target(**RESOURCE)
    for action in described(made):
        made.delete_scheduled_action(**RESOURCE, ScheduledActionName=action)


def described(client):
    """Everything that AWS says of the actions, by name, but when they were created."""
    rows = client.describe_scheduled_actions(**RESOURCE)["ScheduledActions"]
    for row in rows:
        del row["CreationTime"]
    return {row["ScheduledActionName"]: row for row in rows}


def theirs(client, name="nightly", schedule="cron(0 0/2 ? * MON-FRI *)", zone="Asia/Kolkata"):
    client.put_scheduled_action(
        **RESOURCE, ScheduledActionName=name, Schedule=schedule, Timezone=zone,
        ScalableTargetAction={"MinCapacity": 1, "MaxCapacity": 40},
    )  # fmt: skip


def test_plan_apply_again_status_rollback(sandbox, client, tmp_path):
    theirs(client)
    before = described(client)
    made = config(tmp_path)
    plan, [planned] = plan_all(made, sandbox.aws, NOW)
    [tier] = plan.tiers
    assert planned.needed["needed"].max() > 10
    assert all(a.desired_capacity is None and a.max_size is None for a in tier.wanted)
    [warning] = tier.changes(NOW).warnings
    assert (
        "nightly (not foresail's) also sets min 1, max 40 at cron(0 0/2 ? * MON-FRI *)" in warning
    )
    operations.apply_all(made, plan, sandbox.aws, lambda: NOW)
    after = described(client)
    assert {n: after.pop(n) for n in before} == before
    assert {
        n: (r["Schedule"], r["Timezone"], r["ScalableTargetAction"]) for n, r in after.items()
    } == {
        a.name: (f"at({a.start:%Y-%m-%dT%H:%M:%S})", "UTC", {"MinCapacity": a.min_size})
        for a in tier.wanted
    }
    again, _ = plan_all(made, sandbox.aws, NOW + timedelta(seconds=40))
    assert not again.has_changes
    [status] = operations.status_of(made, sandbox.aws, NOW)
    assert status.lines()[0] == f"shop/web -> {SERVICE}: min 2, max 40"
    assert (status.drift.pending, len(owned(status.live))) == ((), len(tier.wanted))
    steps = operations.rollback_plan(made, sandbox.aws, NOW)
    operations.rollback_all(made, sandbox.aws, steps, lambda: NOW)
    assert described(client) == before


def test_iam_policies_are_what_is_called(sandbox, client, tmp_path):
    assert_policies_are_what_is_called(config(tmp_path), sandbox.aws, NOW)


def test_a_plan_keeps_clear_of_the_minutes_of_others(sandbox, client, tmp_path):
    theirs(client, "hourly", "cron(0 * ? * * *)", "Europe/Berlin")
    theirs(client, "once", f"at({NOW + timedelta(hours=2):%Y-%m-%dT%H:31:00})", "UTC")
    theirs(client, "often", "rate(7 minutes)")
    plan, _ = plan_all(config(tmp_path), sandbox.aws, NOW)
    starts = [a.start for a in plan.tiers[0].wanted]
    assert all(start.minute != 0 for start in starts)
    assert NOW.replace(minute=31) + timedelta(hours=2) not in starts


def test_without_a_policy_no_desired_is_set_and_the_warning_says_what_lacks(
    sandbox, client, tmp_path
):
    client.delete_scaling_policy(**RESOURCE, PolicyName="cpu")
    plan, _ = plan_all(config(tmp_path), sandbox.aws, NOW)
    assert all(a.desired_capacity is None for a in plan.tiers[0].wanted)
    [warning] = plan.tiers[0].changes(NOW).warnings
    assert "nothing scales in when the floor falls" in warning
    assert "desired" not in warning


def test_suspended_scheduled_scaling_is_warned_about(sandbox, client, tmp_path):
    state = {"ScheduledScalingSuspended": True, "DynamicScalingInSuspended": False}
    client.register_scalable_target(**RESOURCE, SuspendedState=state)
    plan, _ = plan_all(config(tmp_path), sandbox.aws, NOW)
    [warning] = plan.tiers[0].changes(NOW).warnings
    assert "ScheduledScaling" in warning
    assert "no scheduled action will run" in warning


def test_cpu_times_running_tasks_is_demand(sandbox, client, tmp_path):
    where = {"ClusterName": "shop", "ServiceName": "web"}
    tasks = wave() / 50
    publish(sandbox, "ECS/ContainerInsights", "RunningTaskCount", where, tasks)
    publish(sandbox, "AWS/ECS", "CPUUtilization", where, tasks * 0 + 50)
    demand = {
        "namespace": "AWS/ECS", "metric": "CPUUtilization", "dimensions": where,
        "stat": "Average", "scale_by": "capacity",
    }  # fmt: skip
    made = config(tmp_path, demand=demand, unit_capacity="100 %")
    _, [planned] = plan_all(made, sandbox.aws, NOW)
    demand = planned.demand.set_index("timestamp")["value"]
    assert np.allclose(demand, 50 * tasks[demand.index])


def test_a_service_that_is_not_registered_names_the_cure(sandbox, client):
    with pytest.raises(AwsError, match="no scalable target") as caught:
        EcsService(sandbox.aws).read("service/shop/api")
    assert "register-scalable-target --service-namespace ecs" in caught.value.cure
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["web", "shop/web", "service/shop", "service/shop/a:b", "table/t"])
def test_an_impossible_name_is_refused_before_aws_is_asked(tmp_path, name):
    made = config(tmp_path, target={"type": "ecs-service", "name": name})
    with pytest.raises(ConfigError, match="no resource id of ecs-service") as caught:
        tiers(made)
    assert "service/CLUSTER/SERVICE" in caught.value.cure


def test_schedules_of_others_are_read_as_they_are_written(sandbox, client):
    theirs(client, "zoned", "at(2026-12-01T09:30:00)", "America/New_York")
    theirs(client, "cron")
    client.put_scheduled_action(
        **RESOURCE, ScheduledActionName="rate", Schedule="rate(2 hours)",
        StartTime=NOW, EndTime=NOW + timedelta(days=9), ScalableTargetAction={"MaxCapacity": 9},
    )  # fmt: skip
    theirs(client, "joda", "at(2026-12-01T09:30:00)", "US/Pacific-New")
    read = {a.name: a for a in EcsService(sandbox.aws).read(SERVICE).actions}
    assert read["zoned"] == ScheduledAction(
        "zoned", start=datetime(2026, 12, 1, 14, 30, tzinfo=UTC), min_size=1, max_size=40
    )
    assert (read["cron"].recurrence, read["cron"].time_zone) == (
        "cron(0 0/2 ? * MON-FRI *)", "Asia/Kolkata",
    )  # fmt: skip
    assert read["rate"] == ScheduledAction(
        "rate", start=NOW, end=NOW + timedelta(days=9), recurrence="rate(2 hours)", max_size=9
    )
    assert read["joda"].one_off_start is None


def test_what_is_written_is_read_back(sandbox, client):
    target = EcsService(sandbox.aws)
    start = NOW + timedelta(hours=3)
    actions = (
        ScheduledAction("floor", start=start, min_size=0),
        ScheduledAction("both", start=start + timedelta(minutes=1), min_size=4, max_size=9),
        ScheduledAction("ours", recurrence="cron(0 7 * * ? *)", time_zone="UTC", min_size=3),
    )
    assert target.put(SERVICE, actions) == {}
    assert target.read(SERVICE).actions == tuple(by_time(actions))
    assert target.delete(SERVICE, ["floor", "gone", "both", "ours"]) == {}
    assert target.read(SERVICE).actions == ()


@pytest.mark.parametrize("name", ["a:b", "a/b", "a|b", " a", "a ", "", "x" * 257, "a\nb"])
def test_a_name_that_aws_would_refuse_is_not_sent(sandbox, client, name):
    target = EcsService(sandbox.aws)
    assert list(target.put(SERVICE, [ScheduledAction(name, start=NOW, min_size=1)])) == [name]
    assert target.read(SERVICE).actions == ()


@pytest.fixture
def stubbed():
    """A target whose answers a test lays out: what AWS refuses and moto does not."""
    target = EcsService(Aws(region="us-east-1", sandbox=True))
    with Stubber(target.client) as stub:
        yield target, stub
        stub.assert_no_pending_responses()


def test_what_aws_refuses_of_some_actions_is_answered_by_name(stubbed):
    target, stub = stubbed
    stub.add_client_error("put_scheduled_action", "LimitExceededException", "200 at most")
    stub.add_response("put_scheduled_action", {})
    stub.add_client_error("put_scheduled_action", "ConcurrentUpdateException", "busy")
    actions = [ScheduledAction(n, start=NOW, min_size=1) for n in ("one", "two", "three")]
    assert target.put(SERVICE, actions) == {
        "one": "LimitExceededException: 200 at most",
        "three": "ConcurrentUpdateException: busy",
    }


def test_a_missing_permission_stops_the_run_and_is_named(stubbed):
    target, stub = stubbed
    stub.add_response("put_scheduled_action", {})
    stub.add_client_error("put_scheduled_action", "AccessDeniedException", "no")
    actions = [ScheduledAction(n, start=NOW, min_size=1) for n in ("one", "two", "three")]
    with pytest.raises(AwsError, match="no permission for application-autoscaling:PutScheduled"):
        target.put(SERVICE, actions)


def test_what_is_gone_counts_as_deleted(stubbed):
    target, stub = stubbed
    stub.add_client_error("delete_scheduled_action", "ObjectNotFoundException", "no such action")
    stub.add_client_error("delete_scheduled_action", "ValidationException", "no")
    assert target.delete(SERVICE, ["gone", "kept"]) == {"kept": "ValidationException: no"}


def test_actions_and_policies_are_read_page_by_page(stubbed):
    target, stub = stubbed
    bounds = {**RESOURCE, "MinCapacity": 1, "MaxCapacity": 9, "RoleARN": "r", "CreationTime": NOW}
    action = {**RESOURCE, "ScheduledActionARN": "a", "CreationTime": NOW,
              "Schedule": "at(2026-12-01T00:00:00)"}  # fmt: skip
    policy = {**RESOURCE, "PolicyARN": "p", "CreationTime": NOW}
    stub.add_response("describe_scalable_targets", {"ScalableTargets": [bounds]})
    kinds = [("t", "PredictiveScaling"), (None, "StepScaling")]
    for token, kind in kinds:
        more = {"NextToken": token} if token else {}
        row = {**policy, "PolicyName": kind.lower(), "PolicyType": kind}
        stub.add_response("describe_scaling_policies", {"ScalingPolicies": [row], **more})
    pages = [
        ("t", {**action, "ScheduledActionName": "b"}),
        (None, {**action, "ScheduledActionName": "a"}),
    ]
    for token, row in pages:
        more = {"NextToken": token} if token else {}
        stub.add_response("describe_scheduled_actions", {"ScheduledActions": [row], **more})
    live = target.read(SERVICE)
    assert [a.name for a in live.actions] == ["a", "b"]
    assert live.dynamic_policies == ("stepscaling",)
    assert live.predictive_policies == ("predictivescaling",)


class Killed(BaseException):
    """The process died here."""


MINUTES = [NOW + timedelta(minutes=m) for m in range(140)]


def schedule(*steps):
    starts = [(NOW + timedelta(minutes=m), size) for m, size in steps]
    return tuple(
        ScheduledAction(name_for(SERVICE, start, ()), start=start, min_size=size)
        for start, size in starts
    )


NEW = schedule((10, 6), (15, 3), (25, 8), (31, 9), (50, 2))
BEFORE = {"nothing": (), "a schedule": schedule((10, 4), (20, 9), (31, 5), (45, 3))}


class Job:
    """One service, one journal, and what an operator can do with them."""

    def __init__(self, target, client, store, old):
        self.target, self.client = target, client
        self.config = config(store)
        self.target.delete(SERVICE, [a.name for a in self.target.read(SERVICE).actions])
        self.target.put(SERVICE, old)
        theirs(client)
        self.before = described(client)
        planned = TierPlan("shop", "web", self.target.read(SERVICE), NEW, {}, (), {}, "us-east-1")
        self.plan = PlanFile(NOW, "us-east-1", self.config.digest(), (planned,))

    def apply(self):
        operations.apply_all(self.config, self.plan, None, lambda: NOW)

    def rollback(self):
        steps = operations.rollback_plan(self.config, None, NOW)
        operations.rollback_all(self.config, None, steps, lambda: NOW)

    def run(self, job, monkeypatch, event=None, hook=None):
        """Run a job; a hook may see each of its calls."""
        for module in (operations.opening, import_module("foresail.pipeline.tiers")):
            monkeypatch.setattr(module, "open_target", lambda *_: self.target)
        events, name = self.target.client.meta.events, f"{event}-call.application-auto-scaling"
        if hook:
            events.register(name, hook)
        try:
            job()
        finally:
            if hook:
                events.unregister(name, hook)

    def count(self, job, monkeypatch):
        seen = []
        self.run(job, monkeypatch, "before", lambda **_: seen.append(1))
        return len(seen)

    def killed(self, job, monkeypatch, number, moment):
        calls = iter(range(10_000))

        def die(**_):
            if next(calls) == number:
                raise Killed

        with pytest.raises(Killed):
            self.run(job, monkeypatch, moment, die)

    def assert_covered(self, old, call):
        floor, *both = (Floor.of(FLOOR, s) for s in (owned(self.read()), old, NEW))
        short = [t for t in MINUTES if floor.at(t) < min(f.at(t) for f in both)]
        assert not short, f"under the floor after call {call}: {short[:3]}"

    def read(self):
        return self.target.read(SERVICE)


@pytest.fixture(scope="module")
def target(sandbox):
    return EcsService(sandbox.aws)


both_moments = pytest.mark.parametrize("moment", ["before", "after"])
every_start = pytest.mark.parametrize("old", BEFORE.values(), ids=BEFORE.keys())


@both_moments
@every_start
def test_apply_killed_at_any_call_resumes(target, client, tmp_path, monkeypatch, old, moment):
    first = Job(target, client, tmp_path / "count", old)
    calls = first.count(first.apply, monkeypatch)
    assert calls >= 3 + len(NEW) + 3
    for call in range(calls):
        job = Job(target, client, tmp_path / str(call), old)
        job.killed(job.apply, monkeypatch, call, moment)
        job.assert_covered(old, call)
        job.run(job.apply, monkeypatch)
        assert owned(job.read()) == tuple(by_time(NEW)), call
        assert described(client)["nightly"] == job.before["nightly"]


@both_moments
@every_start
def test_rollback_killed_at_any_call_resumes(target, client, tmp_path, monkeypatch, old, moment):
    def applied(name):
        job = Job(target, client, tmp_path / name, old)
        job.run(job.apply, monkeypatch)
        return job

    first = applied("count")
    for call in range(first.count(first.rollback, monkeypatch)):
        job = applied(str(call))
        job.killed(job.rollback, monkeypatch, call, moment)
        job.assert_covered(old, call)
        job.run(job.rollback, monkeypatch)
        assert described(client) == job.before, call


def test_a_target_deregistered_between_plan_and_apply(target, client, tmp_path, monkeypatch):
    job = Job(target, client, tmp_path, ())
    client.deregister_scalable_target(**RESOURCE)
    with pytest.raises(InputError, match="no scalable target"):
        job.run(job.apply, monkeypatch)
    client.register_scalable_target(**RESOURCE, MinCapacity=FLOOR, MaxCapacity=40)


def test_a_refusal_in_the_middle_is_resumed(target, client, tmp_path, monkeypatch):
    job = Job(target, client, tmp_path, ())
    puts = iter(range(10_000))

    def deny(model, **_):
        if model.name == "PutScheduledAction" and next(puts) == 2:
            response = type("Response", (), {"status_code": 400, "headers": {}})()
            return response, {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
        return None

    with pytest.raises(ApplyError, match=r"no permission for .*PutScheduledAction.*a part was"):
        job.run(job.apply, monkeypatch, "before", deny)
    assert len(owned(job.read())) == 2
    job.run(job.apply, monkeypatch)
    assert owned(job.read()) == tuple(by_time(NEW))
