"""Tiers become scaling instructions that AWS Auto Scaling takes; what it does not take is refused.

The instructions are held against botocore's own model: types, required keys and enumerations.
"""

from __future__ import annotations

import botocore.session
import pytest
from botocore.validate import ParamValidator

from foresail.config import parse_config
from foresail.errors import ConfigError
from foresail.policies.instructions import application_source, comparable, instruction
from foresail.policies.scaling_plan import imported

MODEL = botocore.session.get_session().get_service_model("autoscaling-plans")
LABEL = "app/shop/50dc6c495c0c9188/targetgroup/web/943f017f100becff"
CPU = {
    "namespace": "AWS/EC2",
    "metric": "CPUUtilization",
    "dimensions": {"AutoScalingGroupName": "web"},
    "stat": "Average",
    "scale_by": "capacity",
}
READS = {"namespace": "AWS/DynamoDB", "metric": "ConsumedReadCapacityUnits", "stat": "Sum"}
GROUP = {"type": "ec2-auto-scaling-group", "name": "web"}
TABLE = {"type": "dynamodb-table-read", "name": "table/orders"}
SERVICE = {"type": "ecs-service", "name": "service/shop/api"}
LOAD = {"id": "m1", "namespace": "Shop", "metric": "Orders", "stat": "Sum"}


def service(*tiers, **more):
    application = {"tags": {"app": ["shop"]}}
    said = {"name": "shop", "prefer": "scaling-plan", "application": application}
    config = parse_config({"services": [{**said, "tiers": list(tiers), **more}]}, source="test")
    return config.services[0]


def tier(target=GROUP, demand=CPU, unit_capacity="100 %", **more):
    said = {"name": "one", "target": target, "demand": demand, "unit_capacity": unit_capacity}
    return {**said, "min": 2, "max": 40, **more}


def said(**more):
    return instruction(service(tier(**more)).tiers[0])


def tracked(row):
    return row["TargetTrackingConfigurations"][0]


def enums(shape, value, path=""):
    """Yield what is no word of AWS's enumerations."""
    if shape.type_name == "structure":
        for key, inner in value.items():
            yield from enums(shape.members[key], inner, f"{path}.{key}")
    elif shape.type_name == "list":
        for inner in value:
            yield from enums(shape.member, inner, path)
    elif getattr(shape, "enum", None) and value not in shape.enum:
        yield f"{path}: {value}"


def assert_aws_takes(row):
    shape = MODEL.shape_for("ScalingInstruction")
    assert not ParamValidator().validate(row, shape).has_errors()
    assert not list(enums(shape, row))
    assert row.get("ScheduledActionBufferTime", 0) < 3600


def tracking(metric="cpu", target=60, **more):
    return {"target_tracking": {"metric": metric, "target": target, **more}}


def predictive(target=60, **more):
    return {"predictive": {"metric": "cpu", "target": target, **more}}


MANY = [
    {},
    {"policies": {**tracking(), **predictive()}, "lead_time": "3h"},
    {"policies": predictive(mode="forecast_and_scale", max_capacity={"increase": "0%"})},
    {"policies": tracking("requests_per_target", 900, resource_label=LABEL, warmup="measured")},
    {"policies": tracking([{**LOAD, "stat": "Average"}], 9, disable_scale_in=True)},
    {"target": SERVICE, "policies": tracking("memory", scale_in_cooldown="5m")},
    {"target": TABLE, "demand": READS, "unit_capacity": "1 units/s"},
    {
        "target": {"type": "dynamodb-index-write", "name": "table/orders/index/by-day"},
        "demand": {**READS, "metric": "ConsumedWriteCapacityUnits"},
        "unit_capacity": "1 units/s",
    },
    {
        "target": {"type": "aurora-replicas", "name": "cluster:orders"},
        "policies": tracking("connections", 400),
    },
    {
        "target": {
            "type": "spot-fleet",
            "name": "spot-fleet-request/sfr-73fbd2ce-aa30-494c-8788-1cee4a5e0e1f",
        },
        "policies": tracking(),
    },
]


@pytest.mark.parametrize("more", MANY)
def test_aws_takes_every_instruction(more):
    assert_aws_takes(said(**more))


def test_without_policies_the_utilization_is_kept():
    row = said(utilization=0.6)
    assert tracked(row)["TargetValue"] == 60
    assert row["ResourceId"] == "autoScalingGroup/web"
    assert (row["MinCapacity"], row["MaxCapacity"]) == (2, 40)
    assert "PredictiveScalingMode" not in row
    table = said(target=TABLE, demand=READS, unit_capacity="1 units/s", utilization=0.75)
    assert tracked(table)["TargetValue"] == 75


def test_predictive_scaling_launches_the_lead_time_ahead():
    row = said(policies={**tracking(), **predictive()}, lead_time="12m")
    assert row["ScheduledActionBufferTime"] == 720
    assert row["PredictiveScalingMode"] == "ForecastOnly"
    assert row["DisableDynamicScaling"] is False


def test_predictive_alone_tracks_nothing():
    row = said(policies=predictive(max_capacity={"increase": "10%"}))
    assert row["DisableDynamicScaling"] is True
    assert tracked(row)["TargetValue"] == 60
    assert row["PredictiveScalingMaxCapacityBuffer"] == 10


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"policies": {**tracking(target=50), **predictive(60)}}, "one scaling metric and target"),
        ({"policies": tracking("cpu_high_resolution")}, "no metric cpu_high_resolution"),
        ({"policies": tracking([{**LOAD, "stat": "p95"}], 5)}, "no percentiles"),
        ({"target": SERVICE, "policies": predictive()}, "predicts EC2 groups only"),
        ({"target": SERVICE, "demand": {**CPU, "metric": "Jobs"}}, "cannot track"),
        (
            {"target": TABLE, "demand": READS, "unit_capacity": "1 units/s", "utilization": 0.95},
            "no utilization of 95",
        ),
    ],
)
def test_what_a_plan_cannot_say_is_refused_by_name(more, why):
    with pytest.raises(ConfigError, match=why) as caught:
        said(**more)
    assert str(caught.value).startswith("one: ")
    assert caught.value.cure


def test_a_load_of_ones_own_is_a_sum():
    pair = {"load": [LOAD], "scaling": [{**LOAD, "stat": "Average"}]}
    row = said(policies={"predictive": {"metric": pair, "target": 9}})
    assert row["CustomizedLoadMetricSpecification"]["Statistic"] == "Sum"
    pair["load"] = [{**LOAD, "stat": "Average"}]
    with pytest.raises(ConfigError, match="no Average of a load"):
        said(policies={"predictive": {"metric": pair, "target": 9}})


def test_a_plan_read_back_is_the_same_with_defaults_and_in_any_order():
    rows = [said(), said(target=TABLE, demand=READS, unit_capacity="1 units/s")]
    source = application_source(service(tier()).application)
    filled = [
        {
            **row,
            "ScalingPolicyUpdateBehavior": "KeepExternalPolicies",
            "DisableDynamicScaling": False,
        }
        for row in reversed(rows)
    ]
    assert comparable(source, rows) == comparable(source, filled)
    assert comparable(source, rows) != comparable(
        source, [{**filled[0], "MaxCapacity": 7}, rows[0]]
    )
    assert comparable(source, rows) != comparable({}, rows)


def test_what_is_written_is_imported_as_it_was():
    more = {"policies": {**tracking(), **predictive(buffer="10m")}, "utilization": 0.6}
    back = imported({"ScalingInstructions": [said(**more)]})
    assert not back.left_out
    again = service({**back.tiers[0], "name": "one"}).tiers[0]
    assert instruction(again) == said(**more)


@pytest.mark.parametrize(
    ("tiers", "more", "why"),
    [
        ([tier()], {"application": None}, "needs the application"),
        ([tier()], {"application": {}}, "one stack, or tags"),
        ([tier()], {"application": {"stack": "shop"}}, "application.stack"),
        ([tier()], {"prefer": "schedule"}, "application is of a scaling plan"),
        ([tier()], {"prefer": "plan"}, "write schedule"),
        (
            [tier(target={"type": "lambda-provisioned-concurrency", "name": "function:a:live"})],
            {},
            "takes no lambda-provisioned-concurrency",
        ),
        ([tier(policies={"warm_pool": {"min": 1}})], {}, "has no warm_pool"),
    ],
)
def test_a_service_that_no_plan_takes_is_refused(tiers, more, why):
    with pytest.raises(ConfigError, match=why):
        service(*tiers, **more)
