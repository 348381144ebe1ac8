"""A scaling plan of AWS becomes a configuration that foresail reads."""

from __future__ import annotations

import pytest
import yaml
from botocore.stub import Stubber
from typer.testing import CliRunner

from foresail.aws import Aws
from foresail.cli import app
from foresail.config import parse_config
from foresail.errors import AwsError
from foresail.policies.scaling_plan import imported

LABEL = "app/shop/50dc6c495c0c9188/targetgroup/web/943f017f100becff"


def tracked(metric, target, **more):
    spec = {"PredefinedScalingMetricType": metric}
    if metric == "ALBRequestCountPerTarget":
        spec["ResourceLabel"] = LABEL
    return {"PredefinedScalingMetricSpecification": spec, "TargetValue": target, **more}


def instruction(namespace, resource, dimension, *configurations, **more):
    return {
        "ServiceNamespace": namespace,
        "ResourceId": resource,
        "ScalableDimension": dimension,
        "MinCapacity": 2,
        "MaxCapacity": 40,
        "TargetTrackingConfigurations": list(configurations),
        **more,
    }


GROUP = ("autoscaling", "autoScalingGroup/web", "autoscaling:autoScalingGroup:DesiredCapacity")
PLAN = {
    "ScalingPlanName": "shop",
    "ScalingPlanVersion": 1,
    "ApplicationSource": {"TagFilters": [{"Key": "app", "Values": ["shop"]}]},
    "StatusCode": "Active",
    "ScalingInstructions": [
        instruction(
            *GROUP,
            tracked("ASGAverageCPUUtilization", 50.0, EstimatedInstanceWarmup=240),
            tracked("ASGAverageNetworkIn", 1e6),
            PredefinedLoadMetricSpecification={
                "PredefinedLoadMetricType": "ASGTotalCPUUtilization"
            },
            PredictiveScalingMode="ForecastOnly",
            PredictiveScalingMaxCapacityBehavior="SetMaxCapacityAboveForecastCapacity",
            PredictiveScalingMaxCapacityBuffer=10,
            ScheduledActionBufferTime=600,
        ),
        instruction(
            "ecs", "service/shop/api", "ecs:service:DesiredCount",
            tracked("ALBRequestCountPerTarget", 4200.0, ScaleInCooldown=300, DisableScaleIn=True),
        ),
        instruction(
            "dynamodb", "table/orders", "dynamodb:table:ReadCapacityUnits",
            tracked("DynamoDBReadCapacityUtilization", 70.0),
        ),
        instruction(
            "rds", "cluster:shop", "rds:cluster:ReadReplicaCount",
            tracked("RDSReaderAverageCPUUtilization", 60.0),
        ),
    ],
}  # fmt: skip


def test_each_instruction_is_a_tier_that_is_read_back():
    found = imported(PLAN)
    data = {"services": [{"name": "shop", "tiers": list(found.tiers)}]}
    web, api, orders = parse_config(data, source="test").services[0].tiers
    assert (web.target.name, web.min, web.max, web.utilization) == ("web", 2, 40, 0.5)
    assert web.demand[0].scale_by == "capacity"
    assert web.policies.target_tracking.warmup.total_seconds() == 240
    assert web.policies.predictive.mode == "forecast_only"
    assert web.policies.predictive.max_capacity.increase == 0.1
    assert api.policies.target_tracking.disable_scale_in
    assert api.unit_capacity.amount * api.utilization * 60 == pytest.approx(4200)
    assert api.demand[0].dimensions["TargetGroup"] == "targetgroup/web/943f017f100becff"
    assert (orders.name, orders.demand[0].metric) == ("orders-read", "ConsumedReadCapacityUnits")


def test_what_cannot_be_said_is_told():
    left = imported(PLAN).left_out
    assert any("autoScalingGroup/web: 1 more tracked metric" in line for line in left)
    assert any("cluster:shop: no demand can be told from cpu" in line for line in left)


def test_a_plan_without_dynamic_scaling_has_no_policies():
    still = instruction(
        *GROUP, tracked("ASGAverageCPUUtilization", 50.0), DisableDynamicScaling=True
    )
    [tier] = imported({**PLAN, "ScalingInstructions": [still]}).tiers
    assert "policies" not in tier


@pytest.fixture
def stub(monkeypatch):
    client = Aws(region="us-east-1").client("autoscaling-plans")
    monkeypatch.setattr(Aws, "client", lambda *_: client)
    with Stubber(client) as stubbed:
        yield stubbed


def test_the_command_prints_yaml_and_what_it_left_out(stub):
    stub.add_response(
        "describe_scaling_plans", {"ScalingPlans": [PLAN]}, {"ScalingPlanNames": ["shop"]}
    )
    done = CliRunner().invoke(app, ["import-plan", "shop", "--region", "us-east-1"])
    assert done.exit_code == 0, done.output
    assert "# left out: cluster:shop" in done.output
    read = parse_config(yaml.safe_load(done.output), source="printed")
    assert [tier.name for tier in read.services[0].tiers] == ["web", "api", "orders-read"]


def test_a_plan_that_is_not_there_is_told(stub):
    stub.add_response("describe_scaling_plans", {"ScalingPlans": []})
    done = CliRunner().invoke(app, ["import-plan", "none"])
    assert isinstance(done.exception, AwsError)
    assert "no scaling plan 'none' in us-east-1" in str(done.exception)
