"""From ``policies:`` to what AWS takes; every request is one that botocore's model accepts."""

from __future__ import annotations

from datetime import timedelta

import botocore.session
import pytest
from botocore.validate import ParamValidator

from foresail.config import parse_config
from foresail.policies.compile import compile_policies, notes_on
from foresail.policies.items import ScalingPolicy, WarmPool
from foresail.policies.normal import normal

EC2, ECS = "ec2-auto-scaling-group", "ecs-service"
NAMES = {EC2: "web", ECS: "service/shop/web"}
LABEL = "app/shop/50dc6c495c0c9188/targetgroup/web/943f017f100becff"
LOAD = [{"id": "m1", "namespace": "Shop", "metric": "Orders", "stat": "Sum"}]
SCALING = [
    *LOAD,
    {"id": "m2", "namespace": "AWS/AutoScaling", "metric": "GroupInServiceInstances"},
    {"id": "e1", "expression": "m1 / m2"},
]


def tier(type_name, policies):
    row = {
        "name": "web",
        "target": {"type": type_name, "name": NAMES[type_name]},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"},
        "unit_capacity": "100 requests/s",
        "max": 60,
        "policies": policies,
    }
    data = {"services": [{"name": "shop", "tiers": [row]}]}
    return parse_config(data, source="test").services[0].tiers[0]


def made(type_name, *, lead=timedelta(minutes=10), **policies):
    return compile_policies(
        tier(type_name, policies).policies,
        type_name=type_name,
        target_name=NAMES[type_name],
        prefix="foresail-web-",
        lead=lead,
    )


def assert_taken(type_name, policy):
    """Hold a request against AWS's own model: member names and types."""
    service = "autoscaling" if type_name == EC2 else "application-autoscaling"
    models = botocore.session.get_session()
    shape = models.get_service_model(service).operation_model("PutScalingPolicy").input_shape
    where = {
        EC2: {"AutoScalingGroupName": "web"},
        ECS: {
            "ServiceNamespace": "ecs",
            "ResourceId": "service/shop/web",
            "ScalableDimension": "ecs:service:DesiredCount",
        },
    }[type_name]
    request = {"PolicyName": policy.name, "PolicyType": policy.policy_type, **policy.settings}
    report = ParamValidator().validate({**where, **request}, shape)
    assert not report.has_errors(), report.generate_report()
    if policy.alarm is not None:
        alarms = models.get_service_model("cloudwatch").operation_model("PutMetricAlarm")
        alarm = {"AlarmName": policy.name, **policy.alarm}
        assert not ParamValidator().validate(alarm, alarms.input_shape).has_errors()


STEP = {
    "metric": "cpu",
    "adjustment": "percent",
    "least_change": 2,
    "scale_out": {
        "threshold": 70,
        "steps": [{"lower": 15, "change": 50}, {"lower": 0, "upper": 15, "change": 10}],
    },
    "scale_in": {"threshold": 30, "periods": 15, "change": -10},
}


@pytest.mark.parametrize("type_name", [EC2, ECS])
@pytest.mark.parametrize(
    "policies",
    [
        {"target_tracking": {"metric": "cpu", "target": 60, "disable_scale_in": True}},
        {
            "target_tracking": {
                "metric": "requests_per_target",
                "resource_label": LABEL,
                "target": 900,
            }
        },
        {"target_tracking": {"metric": SCALING, "target": 12.5}},
        {"step": STEP},
        {"step": {**STEP, "metric": [{**LOAD[0], "stat": "p95"}]}},
        {"predictive": {"metric": "cpu", "target": 60, "max_capacity": {"increase": "10%"}}},
        {"predictive": {"metric": "requests", "resource_label": LABEL, "target": 900}},
        {"predictive": {"metric": {"load": LOAD, "scaling": SCALING}, "target": 5}},
        {"predictive": {"metric": {"load": LOAD, "scaling": "cpu"}, "target": 5}},
    ],
)
def test_every_policy_is_one_that_the_service_takes_and_is_in_normal_form(type_name, policies):
    found = made(type_name, **policies)
    assert found
    for policy in found:
        assert_taken(type_name, policy)
        assert normal(policy.settings) == policy.settings


def test_measured_is_the_lead_time_and_only_the_buffer_has_a_limit():
    lead = timedelta(minutes=70)
    tracking, predictive = made(
        EC2,
        lead=lead,
        target_tracking={"metric": "cpu", "target": 60, "warmup": "measured"},
        predictive={"metric": "cpu", "target": 60},
    )
    assert tracking.settings["EstimatedInstanceWarmup"] == 4200
    assert predictive.settings["PredictiveScalingConfiguration"]["SchedulingBufferTime"] == 3599
    wanted = tier(EC2, {"predictive": {"metric": "cpu", "target": 60}}).policies
    assert "70 min is more than AWS lets" in notes_on(wanted, lead)[0]
    assert notes_on(wanted, timedelta(minutes=10)) == []


def test_increase_max_capacity_has_a_buffer_and_honor_has_none():
    raising = {"metric": "cpu", "target": 60, "max_capacity": {"increase": "10%"}}
    [policy] = made(EC2, predictive=raising)
    body = policy.settings["PredictiveScalingConfiguration"]
    assert (body["MaxCapacityBreachBehavior"], body["MaxCapacityBuffer"]) == (
        "IncreaseMaxCapacity",
        10,
    )
    [policy] = made(EC2, predictive={"metric": "cpu", "target": 60})
    assert "MaxCapacityBuffer" not in policy.settings["PredictiveScalingConfiguration"]


def test_a_step_policy_has_an_alarm_for_each_side():
    out, into = made(EC2, step=STEP)
    assert (out.name, into.name) == ("foresail-web-step-out", "foresail-web-step-in")
    assert [s["ScalingAdjustment"] for s in out.settings["StepAdjustments"]] == [10, 50]
    assert into.settings["StepAdjustments"] == [
        {"MetricIntervalUpperBound": 0, "ScalingAdjustment": -10}
    ]
    assert (out.alarm["ComparisonOperator"], out.alarm["Threshold"]) == (
        "GreaterThanOrEqualToThreshold",
        70,
    )
    assert (into.alarm["EvaluationPeriods"], into.alarm["Threshold"]) == (15, 30)
    assert out.alarm["Dimensions"] == [{"Name": "AutoScalingGroupName", "Value": "web"}]


def test_only_the_last_of_several_queries_returns_data_and_a_single_one_says_nothing():
    pair = {"metric": {"load": LOAD, "scaling": SCALING}, "target": 5}
    [policy] = made(EC2, predictive=pair)
    [spec] = policy.settings["PredictiveScalingConfiguration"]["MetricSpecifications"]
    scaling = spec["CustomizedScalingMetricSpecification"]["MetricDataQueries"]
    assert [query["ReturnData"] for query in scaling] == [False, False, True]
    load = spec["CustomizedLoadMetricSpecification"]["MetricDataQueries"]
    assert ["ReturnData" in query for query in load] == [False]


def test_a_warm_pool_without_a_bound_follows_the_maximum():
    [pool] = made(EC2, warm_pool={"min": 2, "state": "hibernated", "reuse": True})
    assert isinstance(pool, WarmPool)
    assert pool.settings == {
        "MinSize": 2,
        "PoolState": "Hibernated",
        "MaxGroupPreparedCapacity": -1,
        "InstanceReusePolicy": {"ReuseOnScaleIn": True},
    }


def test_people_are_told_what_each_does():
    found = made(
        EC2,
        target_tracking={"metric": "cpu", "target": 60, "disable_scale_in": True},
        step=STEP,
        predictive={"metric": "cpu", "target": 55, "mode": "forecast_and_scale"},
        warm_pool={"min": 2, "max": 9},
    )
    assert [item.sizes() for item in found] == [
        "track ASGAverageCPUUtilization at 60, scale-out only",
        "steps +10, +50 % when CPUUtilization >= 70",
        "steps -10 % when CPUUtilization <= 30",
        "forecast and scale: ASGCPUUtilization at 55, 600 s ahead",
        "warm pool, stopped, 2 or more, up to 9 prepared",
    ]


def test_items_read_back_as_they_were_written():
    from foresail.targets.base import item_from_json

    for item in made(EC2, step=STEP, warm_pool={"min": 1}):
        assert item_from_json(item.to_json()) == item
    plain = ScalingPolicy("theirs", "SimpleScaling", {"ScalingAdjustment": 2})
    assert item_from_json(plain.to_json()) == plain
    assert plain.sizes() == "SimpleScaling of 2"
