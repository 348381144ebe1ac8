"""The storefront: its metrics follow from one demand, and what is planned has an effect."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from foresail.sandbox import Sandbox
from foresail.sandbox.storefront import build_storefront
from sandbox.rush import MINUTE, NOW, RUSH, demand, short


@pytest.fixture(scope="module")
def left_alone():
    """Two hours of the account without a plan: the log, and what CloudWatch shows."""
    with Sandbox(start=NOW) as sandbox:
        made = build_storefront(sandbox, demand())
        sandbox.advance(timedelta(hours=2))
        listed = sandbox.client("cloudwatch").get_paginator("list_metrics").paginate()
        yield sandbox, made, [m for page in listed for m in page["Metrics"]]


def values(sandbox, namespace, name, **dimensions):
    """Sums of a metric over five minutes, by time."""
    metric = {
        "Namespace": namespace, "MetricName": name,
        "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
    }  # fmt: skip
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Sum"}}
    [found] = sandbox.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=NOW - timedelta(days=1), EndTime=sandbox.clock.now
    )["MetricDataResults"]
    return pd.Series(found["Values"], index=pd.DatetimeIndex(found["Timestamps"])).sort_index()


def test_every_tier_has_metrics_by_aws_names(left_alone):
    _, _, metrics = left_alone
    namespaces = {m["Namespace"] for m in metrics}
    assert namespaces == {
        "AWS/CloudFront", "AWS/ApiGateway", "AWS/ApplicationELB", "AWS/EC2", "AWS/AutoScaling",
        "AWS/ECS", "ECS/ContainerInsights", "AWS/Lambda", "AWS/ElastiCache", "AWS/RDS",
        "AWS/DynamoDB", "AWS/Kinesis", "Storefront",
    }  # fmt: skip


def test_one_demand_runs_through_all_tiers(left_alone):
    sandbox, made, _ = left_alone
    where = {"DistributionId": made.names.distribution, "Region": "Global"}
    viewers = values(sandbox, "AWS/CloudFront", "Requests", **where)
    assert viewers.iloc[0] == 2000 * 300
    before = viewers.index < NOW + RUSH * MINUTE
    calls = values(sandbox, "AWS/Lambda", "Invocations", FunctionName="checkout")
    assert np.allclose(calls[before], 0.03 * viewers[before])
    reads = values(sandbox, "AWS/DynamoDB", "ConsumedReadCapacityUnits", TableName="carts")
    assert np.allclose(reads[before], 0.25 * 0.6 * viewers[before])
    balancer = made.names.load_balancer
    seen = values(sandbox, "AWS/ApplicationELB", "RequestCount", LoadBalancer=balancer)
    assert np.allclose(seen[before], 0.25 * viewers[before])
    # Some viewers get an error in the rush and try again: more arrives than the demand.
    assert viewers.max() > 1.03 * 4000 * 300


def test_a_rush_is_unserved_until_the_policies_have_caught_up(left_alone):
    sandbox, made, _ = left_alone
    log = made.log
    assert np.allclose(log["arrived"], log["served"] + log["unserved"])
    assert short(log, "cdn") > 0
    assert short(log[log["timestamp"] < NOW + RUSH * MINUTE], "cdn") == 0
    app = log[log["tier"] == "app"].set_index("timestamp")["units"]
    assert app.iloc[-1] > app.iloc[0]
    told = sandbox.client("application-autoscaling").describe_scaling_activities(
        ServiceNamespace="ecs", ResourceId="service/storefront/app"
    )["ScalingActivities"]
    assert told[-1]["Cause"] == "policy app-tracking"
    launched = sandbox.client("autoscaling").describe_scaling_activities(AutoScalingGroupName="web")
    assert launched["Activities"]


def test_each_scaled_tier_is_a_registered_target(left_alone):
    sandbox, _, _ = left_alone
    client = sandbox.client("application-autoscaling")
    found = [
        target["ResourceId"]
        for namespace in ("ecs", "lambda", "elasticache", "rds", "dynamodb")
        for target in client.describe_scalable_targets(ServiceNamespace=namespace)[
            "ScalableTargets"
        ]
    ]
    assert sorted(found) == [
        "cluster:orders", "function:checkout:live", "replication-group/catalog",
        "service/storefront/app", "table/carts", "table/carts",
    ]  # fmt: skip
