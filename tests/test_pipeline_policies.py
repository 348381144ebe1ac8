"""Policies through the whole job: config -> plan -> apply -> read-back -> rollback."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from botocore.stub import Stubber

from foresail.changes.names import owned_settings
from foresail.changes.planfile import read_plan
from foresail.config import parse_config
from foresail.errors import InputError
from foresail.operations import apply_all, rollback_all, rollback_plan, status_of
from foresail.permissions import PULL
from foresail.pipeline import plan_all
from foresail.pipeline.strategy import strategy_of
from foresail.pipeline.tiers import tiers
from foresail.sandbox import Sandbox, create_group
from foresail.targets.base import scheduled
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup
from foresail.targets.policies import iam_of_policies
from recorder import Recorder

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)
BALANCER = "app/web/50dc6c495c0c9188"
POLICIES = {
    "target_tracking": {"metric": "cpu", "target": 60, "warmup": "measured"},
    "step": {"metric": "cpu", "scale_out": {"threshold": 80, "change": 4}},
    "predictive": {"metric": "cpu", "target": 60, "mode": "forecast_and_scale"},
    "warm_pool": {"min": 1, "max": 30},
}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, "web", min_size=2, max_size=40)
        times = pd.date_range("2026-11-10T15:00Z", NOW, freq="5min", inclusive="left")
        share = (times.hour * 60 + times.minute) / 1440
        values = 600 - 500 * np.cos(share * 2 * np.pi)
        where = {"LoadBalancer": BALANCER}
        publish(running, "AWS/ApplicationELB", "RequestCount", where, times, values * 300)
        publish(running, "AWS/EC2", "CPUUtilization", {"AutoScalingGroupName": "web"},
                times, values / 12)  # fmt: skip
        publish(running, "AWS/AutoScaling", "GroupInServiceInstances",
                {"AutoScalingGroupName": "web"}, times, values * 0 + 12)  # fmt: skip
        yield running


def publish(sandbox, namespace, metric, where, times, values):
    dimensions = [{"Name": n, "Value": v} for n, v in where.items()]
    data = [
        {"MetricName": metric, "Timestamp": t, "Value": float(v), "Dimensions": dimensions}
        for t, v in zip(times, values, strict=True)
    ]
    for at in range(0, len(data), 1000):
        sandbox.client("cloudwatch").put_metric_data(
            Namespace=namespace, MetricData=data[at : at + 1000]
        )


def config(store, **tier):
    plain = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": {
            "namespace": "AWS/ApplicationELB",
            "metric": "RequestCount",
            "dimensions": {"LoadBalancer": BALANCER},
        },
        "unit_capacity": "100 requests/s",
        "min": 2,
        "max": 40,
        "guardrails": {"increase": "2000%"},
        **tier,
    }
    services = [{"name": "shop", "tiers": [plain]}]
    data = {"store": str(store), "history": "10d", "horizon": "24h", "services": services}
    return parse_config(data, source="test")


@pytest.fixture(autouse=True)
def clean(sandbox):
    yield
    target = AutoScalingGroup(sandbox.aws)
    live = target.read("web")
    target.delete("web", [a.name for a in live.actions])
    target.settings.delete("web", owned_settings(live))


def test_policies_are_planned_written_read_back_and_rolled_back(sandbox, tmp_path):
    told = config(tmp_path, policies=POLICIES)
    plan, _ = plan_all(told, sandbox.aws, NOW)
    plan.write(tmp_path / "plan.json")
    plan = read_plan(tmp_path / "plan.json")
    assert len(plan.tiers[0].wanted) == len(scheduled(plan.tiers[0].wanted)) + 4
    apply_all(told, plan, sandbox.aws, lambda: NOW)
    again, _ = plan_all(told, sandbox.aws, NOW)
    assert not again.has_changes
    [row] = status_of(told, sandbox.aws, NOW)
    assert row.drift.pending == ()
    assert len(row.to_json()["owned_settings"]) == 4
    [tracking] = [s for s in owned_settings(row.live) if s.name.endswith("tracking")]
    sandbox.client("autoscaling").delete_policy(PolicyName=tracking.name)
    [row] = status_of(told, sandbox.aws, NOW)
    assert [(c.operation, c.name) for c in row.drift.pending] == [("create", tracking.name)]
    assert any("missing" in line and "track ASG" in line for line in row.lines())
    rollback_all(told, sandbox.aws, rollback_plan(told, sandbox.aws, NOW), lambda: NOW)
    assert owned_settings(AutoScalingGroup(sandbox.aws).read("web")) == ()


def test_policies_taken_out_of_the_configuration_are_deleted(sandbox, tmp_path):
    told = config(tmp_path, policies=POLICIES)
    apply_all(told, plan_all(told, sandbox.aws, NOW)[0], sandbox.aws, lambda: NOW)
    without = config(tmp_path)
    plan, _ = plan_all(without, sandbox.aws, NOW)
    assert {c.operation for c in plan.tiers[0].changes(NOW).pending if c.before
            and c.before.kind != "scheduled-action"} == {"delete"}  # fmt: skip
    apply_all(without, plan, sandbox.aws, lambda: NOW)
    assert owned_settings(AutoScalingGroup(sandbox.aws).read("web")) == ()


def test_desired_capacity_is_set_only_where_no_policy_will_follow_the_floor(sandbox, tmp_path):
    def desired(**tier):
        plan, _ = plan_all(config(tmp_path, **tier), sandbox.aws, NOW)
        return {a.desired_capacity is not None for a in scheduled(plan.tiers[0].wanted)}

    assert desired() == {True}
    assert desired(policies={"target_tracking": POLICIES["target_tracking"]}) == {False}
    assert desired(policies={"predictive": POLICIES["predictive"]}) == {True}


def test_calls_are_those_that_the_iam_policies_allow(sandbox, tmp_path):
    recorder = Recorder(sandbox.aws)
    told = config(tmp_path, policies=POLICIES)
    cls = AutoScalingGroup
    more = iam_of_policies(cls)
    reads = {*PULL, *cls.iam_read, *more.reads}
    plan, _ = plan_all(told, recorder, NOW)
    apply_all(told, plan, recorder, lambda: NOW)
    plan_all(told, recorder, NOW)
    rollback_all(told, recorder, rollback_plan(told, recorder, NOW), lambda: NOW)
    forecasts = {"autoscaling:GetPredictiveScalingForecast"}  # of foresail strategy
    assert recorder.taken() == {*reads, *cls.iam_write, *more.writes} - forecasts


def test_a_warm_pool_of_others_stops_the_plan(sandbox, tmp_path):
    client = sandbox.client("autoscaling")
    client.put_warm_pool(AutoScalingGroupName="web", MinSize=1)
    with pytest.raises(InputError, match="warm pool that foresail did not make"):
        plan_all(config(tmp_path, policies={"warm_pool": {"min": 2}}), sandbox.aws, NOW)
    client.delete_warm_pool(AutoScalingGroupName="web")


def test_a_standing_predictive_policys_forecast_is_held_against_foresails(sandbox, tmp_path):
    client = sandbox.client("autoscaling")
    client.put_scaling_policy(
        AutoScalingGroupName="web", PolicyName="theirs", PolicyType="PredictiveScaling",
        PredictiveScalingConfiguration={
            "MetricSpecifications": [
                {
                    "TargetValue": 60.0,
                    "PredefinedMetricPairSpecification": {
                        "PredefinedMetricType": "ASGCPUUtilization"
                    },
                }
            ]
        },
    )  # fmt: skip
    [tier] = tiers(config(tmp_path))
    aws = sandbox.aws
    with Stubber(aws.client("autoscaling-plans")) as stub:
        answer_plan(stub, hours=40)
        made = strategy_of(tier, aws, NOW, slo=0.8, limit=0.01, aws_plan="shop")
    client.delete_policy(PolicyName="theirs")
    assert {o.strategy for o in made.comparison.outcomes} == {
        "tracking", "predictive", "scheduled", "hybrid",
    }  # fmt: skip
    duel = made.duels["theirs"]
    assert (duel.aws.unit_hours > 0, duel.foresail.unit_hours > 0) == (True, True)
    assert duel.end <= pd.Timestamp(NOW)
    assert made.adopt
    plan = made.duels["shop"]
    assert plan.end <= pd.Timestamp(NOW) and plan.end - plan.start <= pd.Timedelta("40h")
    assert plan.aws.unit_hours > plan.foresail.unit_hours > 0  # 30 units at each hour are many


def answer_plan(stub, hours):
    """Let AWS Auto Scaling answer a plan that forecasts 30 units of web for the last hours."""
    load = {"PredefinedLoadMetricType": "ASGTotalCPUUtilization"}
    tracked = {
        "PredefinedScalingMetricSpecification": {
            "PredefinedScalingMetricType": "ASGAverageCPUUtilization"
        },
        "TargetValue": 60.0,
    }
    one = {
        "ServiceNamespace": "autoscaling", "ResourceId": "autoScalingGroup/web",
        "ScalableDimension": "autoscaling:autoScalingGroup:DesiredCapacity",
        "MinCapacity": 2, "MaxCapacity": 40, "TargetTrackingConfigurations": [tracked],
        "PredefinedLoadMetricSpecification": load,
    }  # fmt: skip
    plan = {
        "ScalingPlanName": "shop", "ScalingPlanVersion": 1, "ApplicationSource": {},
        "ScalingInstructions": [one], "StatusCode": "Active",
    }  # fmt: skip
    stub.add_response("describe_scaling_plans", {"ScalingPlans": [plan]})
    last = NOW.replace(minute=0)
    points = [{"Timestamp": last - timedelta(hours=n), "Value": 30.0} for n in range(hours)]
    for told in ([], points):
        stub.add_response("get_scaling_plan_resource_forecast_data", {"Datapoints": told})


def test_a_forecast_that_cannot_be_had_leaves_the_comparison_standing(sandbox, tmp_path):
    client = sandbox.client("autoscaling")
    client.put_scaling_policy(
        AutoScalingGroupName="web", PolicyName="unknown", PolicyType="PredictiveScaling",
        PredictiveScalingConfiguration={
            "MetricSpecifications": [
                {
                    "TargetValue": 60.0,
                    "PredefinedMetricPairSpecification": {"PredefinedMetricType": "ASGNetworkIn"},
                }
            ]
        },
    )  # fmt: skip
    [tier] = tiers(config(tmp_path))
    made = strategy_of(tier, sandbox.aws, NOW, slo=0.8, limit=0.01)
    client.delete_policy(PolicyName="unknown")
    assert isinstance(made.duels["unknown"], str)
    assert len(made.comparison.outcomes) == 4
