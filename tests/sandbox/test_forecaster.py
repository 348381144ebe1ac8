"""GetPredictiveScalingForecast: the sandbox's seasonal mean, for EC2 groups and ECS services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from botocore.exceptions import ClientError

from foresail.sandbox import Sandbox, create_group

NOW = datetime(2026, 10, 30, 12, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOP = NOW.replace(minute=0)
LABEL = "app/web/1/targetgroup/web/2"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, "web", min_size=2, max_size=20)
        times = pd.date_range(TOP - timedelta(days=3), TOP, freq="5min", inclusive="left")
        put(running, "AWS/EC2", "CPUUtilization", {"AutoScalingGroupName": "web"}, times, 30.0)
        units = times.hour % 4 + 1
        group = {"AutoScalingGroupName": "web"}
        put(running, "AWS/AutoScaling", "GroupInServiceInstances", group, times, units)
        balancer = {"LoadBalancer": "app/web/1"}
        put(running, "AWS/ApplicationELB", "RequestCount", balancer, times, 1000.0 * units)
        yield running


def put(sandbox, namespace, name, dimensions, times, values):
    named = [{"Name": k, "Value": v} for k, v in dimensions.items()]
    values = pd.Series(values, index=times)
    data = [
        {"MetricName": name, "Dimensions": named, "Timestamp": when, "Value": float(value)}
        for when, value in values.items()
    ]
    sandbox.cloudwatch.put({namespace: data})


def policy(sandbox, specification):
    sandbox.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName="web", PolicyName="ahead", PolicyType="PredictiveScaling",
        PredictiveScalingConfiguration={"MetricSpecifications": [specification]},
    )  # fmt: skip


def forecast(sandbox, start=TOP + HOUR, end=TOP + 5 * HOUR):
    return sandbox.client("autoscaling").get_predictive_scaling_forecast(
        AutoScalingGroupName="web", PolicyName="ahead", StartTime=start, EndTime=end
    )


def pair(kind, target, **label):
    metric = {"PredefinedMetricType": kind, **label}
    return {"TargetValue": target, "PredefinedMetricPairSpecification": metric}


def test_cpu_of_the_whole_group_by_the_hour(sandbox):
    policy(sandbox, pair("ASGCPUUtilization", 40.0))
    answer = forecast(sandbox)
    [load] = answer["LoadForecast"]
    assert load["Timestamps"] == [TOP + n * HOUR for n in (1, 2, 3, 4)]
    assert load["Values"] == [60.0, 90.0, 120.0, 30.0]  # 30 % on each of the units of the hour
    assert answer["CapacityForecast"]["Values"] == [2.0, 3.0, 3.0, 1.0]
    assert load["MetricSpecification"]["TargetValue"] == 40.0
    assert answer["UpdateTime"] == TOP


def test_requests_are_per_unit_and_minute(sandbox):
    policy(sandbox, pair("ALBRequestCount", 100.0, ResourceLabel=LABEL))
    answer = forecast(sandbox, NOW, NOW + HOUR)  # whole hours inside only
    assert answer["LoadForecast"][0]["Values"] == [24_000.0]
    assert answer["CapacityForecast"]["Values"] == [4.0]


def test_a_metric_of_ones_own(sandbox):
    metric = {
        "Namespace": "AWS/ApplicationELB", "MetricName": "RequestCount",
        "Dimensions": [{"Name": "LoadBalancer", "Value": "app/web/1"}],
    }  # fmt: skip
    query = {"Id": "load", "MetricStat": {"Metric": metric, "Stat": "Sum"}}
    scaling = {"PredefinedMetricType": "ASGAverageCPUUtilization"}
    policy(sandbox, {
        "TargetValue": 100.0, "PredefinedScalingMetricSpecification": scaling,
        "CustomizedLoadMetricSpecification": {"MetricDataQueries": [query]},
    })  # fmt: skip
    assert forecast(sandbox)["CapacityForecast"]["Values"] == [4.0, 6.0, 8.0, 2.0]


def test_what_cannot_be_answered(sandbox):
    policy(sandbox, pair("ASGCPUUtilization", 40.0))
    for start, end, says in (
        (TOP, TOP, "after StartTime"),
        (TOP, TOP + timedelta(days=3), "two days ahead"),
        (TOP - timedelta(days=31), TOP, "30 days"),
    ):
        with pytest.raises(ClientError, match=says):
            forecast(sandbox, start, end)
    policy(sandbox, pair("ASGNetworkIn", 1e6))
    with pytest.raises(ClientError, match="0 hours of data"):
        forecast(sandbox)
    with pytest.raises(ClientError, match="No predictive scaling policy"):
        sandbox.client("autoscaling").get_predictive_scaling_forecast(
            AutoScalingGroupName="web", PolicyName="none", StartTime=TOP, EndTime=TOP + HOUR
        )


def test_an_ecs_service_by_its_tasks(sandbox):
    ecs = sandbox.client("ecs")
    ecs.create_cluster(clusterName="shop")
    containers = [{"name": "app", "image": "app", "memory": 128}]
    ecs.register_task_definition(family="app", containerDefinitions=containers)
    ecs.create_service(cluster="shop", serviceName="app", taskDefinition="app", desiredCount=3)
    target = {
        "ServiceNamespace": "ecs", "ResourceId": "service/shop/app",
        "ScalableDimension": "ecs:service:DesiredCount",
    }  # fmt: skip
    where = {"ClusterName": "shop", "ServiceName": "app"}
    times = pd.date_range(TOP - timedelta(days=2), TOP, freq="5min", inclusive="left")
    put(sandbox, "AWS/ECS", "CPUUtilization", where, times, 40.0)
    put(sandbox, "ECS/ContainerInsights", "RunningTaskCount", where, times, 3.0)
    client = sandbox.client("application-autoscaling")
    client.register_scalable_target(**target, MinCapacity=1, MaxCapacity=9)
    client.put_scaling_policy(
        **target, PolicyName="ahead", PolicyType="PredictiveScaling",
        PredictiveScalingPolicyConfiguration={
            "MetricSpecifications": [pair("ECSServiceCPUUtilization", 50.0)]
        },
    )  # fmt: skip
    answer = client.get_predictive_scaling_forecast(
        **target, PolicyName="ahead", StartTime=TOP, EndTime=TOP + 48 * HOUR
    )
    assert answer["LoadForecast"][0]["Values"] == [120.0] * 48
    assert answer["CapacityForecast"]["Values"] == [3.0] * 48
