"""The storefront with a plan for every tier, and demands that it can or cannot play."""

from __future__ import annotations

import json
from datetime import timedelta

import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.sandbox import Sandbox
from foresail.sandbox.storefront import build_storefront, make_demand
from sandbox.rush import MINUTE, NOW, RUSH, demand, short


def raise_floors(sandbox):
    """Floors for the rush, in time: the database and the cache first."""
    scaling = sandbox.client("application-autoscaling")
    plan = (
        ("rds", "cluster:orders", "rds:cluster:ReadReplicaCount", 5, 5),
        ("elasticache", "replication-group/catalog",
         "elasticache:replication-group:NodeGroups", 4, 8),
        ("ecs", "service/storefront/app", "ecs:service:DesiredCount", 30, 30),
        ("dynamodb", "table/carts", "dynamodb:table:ReadCapacityUnits", 900, 30),
        ("dynamodb", "table/carts", "dynamodb:table:WriteCapacityUnits", 360, 30),
    )  # fmt: skip
    for namespace, resource, dimension, floor, minute in plan:
        scaling.put_scheduled_action(
            ServiceNamespace=namespace, ResourceId=resource, ScalableDimension=dimension,
            ScheduledActionName="rush", Schedule=f"at({NOW + minute * MINUTE:%Y-%m-%dT%H:%M:%S})",
            ScalableTargetAction={"MinCapacity": floor},
        )  # fmt: skip
    sandbox.client("autoscaling").put_scheduled_update_group_action(
        AutoScalingGroupName="web", ScheduledActionName="rush", StartTime=NOW + 25 * MINUTE,
        MinSize=18,
    )  # fmt: skip
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:kinesis:updateShardCount",
        "RoleArn": "arn:aws:iam::123456789012:role/foresail",
        "Input": json.dumps(
            {"StreamName": "clicks", "TargetShardCount": 7, "ScalingType": "UNIFORM_SCALING"}
        ),
    }
    sandbox.client("scheduler").create_schedule(
        Name="rush", ScheduleExpression=f"at({NOW + 30 * MINUTE:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"}, Target=target,
    )  # fmt: skip


def test_a_plan_for_all_tiers_serves_the_rush():
    with Sandbox(start=NOW) as sandbox:
        made = build_storefront(sandbox, demand())
        raise_floors(sandbox)
        sandbox.advance(timedelta(hours=1))
        log = made.log.set_index("timestamp")
        assert list(sandbox.scheduler_calls["error"]) == [""]
    assert short(made.log, "cdn", RUSH) == 0
    assert short(made.log, "clicks", RUSH) == 0
    units = {t: log[log["tier"] == t]["units"] for t in ("orders", "app", "catalog")}
    # Units are in service when they have booted, not when they are asked for.
    assert units["orders"][NOW + 14 * MINUTE] < 5
    assert units["orders"][NOW + 15 * MINUTE] == 5
    assert units["catalog"][NOW + 20 * MINUTE] == 4
    assert units["app"][NOW + 32 * MINUTE] == 30


def test_the_demand_made_is_the_same_again_and_positive():
    made = make_demand(NOW)
    pd.testing.assert_series_equal(made, make_demand(NOW))
    assert made.min() > 0
    assert made.index[0] == pd.Timestamp(NOW) - timedelta(days=14)


@pytest.mark.parametrize(
    ("times", "says"),
    [
        (pd.date_range("2026-10-29", periods=9, freq="5min"), "zoned times"),
        (pd.date_range("2026-10-29", periods=9, freq="1min", tz="UTC"), "five minutes"),
        (pd.date_range("2026-11-01", periods=9, freq="5min", tz="UTC"), "no history"),
    ],
)
def test_a_demand_that_cannot_be_played_is_refused_before_anything_is_made(times, says):
    with Sandbox(start=NOW) as sandbox:
        with pytest.raises(InputError, match=says):
            build_storefront(sandbox, pd.Series(1.0, index=times))
        groups = sandbox.client("autoscaling").describe_auto_scaling_groups()
        assert groups["AutoScalingGroups"] == []
