"""Forecasts of AWS Auto Scaling's scaling plans, asked for as botocore's model has it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber

from foresail.aws import Aws
from foresail.discovery.plan_forecasts import plan_forecast
from foresail.errors import AwsError

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)
CALL = "get_scaling_plan_resource_forecast_data"
LOAD = {"PredefinedLoadMetricSpecification": {"PredefinedLoadMetricType": "ASGTotalCPUUtilization"}}


def plan(**instruction):
    one = {"ResourceId": "autoScalingGroup/web", **instruction}
    return {"ScalingPlanName": "shop", "ScalingPlanVersion": 1, "ScalingInstructions": [one]}


def asked(start, end):
    return {
        "ScalingPlanName": "shop",
        "ScalingPlanVersion": 1,
        "ServiceNamespace": "autoscaling",
        "ResourceId": "autoScalingGroup/web",
        "ScalableDimension": "autoscaling:autoScalingGroup:DesiredCapacity",
        "ForecastDataType": "CapacityForecast",
        "StartTime": start,
        "EndTime": end,
    }


@pytest.fixture
def stub():
    aws = Aws(region="us-east-1", sandbox=True)
    with Stubber(aws.client("autoscaling-plans")) as stubbed:
        yield aws, stubbed
        stubbed.assert_no_pending_responses()


def test_the_forecast_is_asked_for_week_by_week_and_put_in_order(stub):
    aws, stubbed = stub
    first = datetime(2026, 11, 10, 15, tzinfo=UTC)
    later = first + timedelta(days=7)
    points = [{"Timestamp": later - timedelta(hours=n), "Value": 9.0 - n} for n in (1, 2)]
    stubbed.add_response(CALL, {"Datapoints": points}, asked(first, later))
    stubbed.add_response(
        CALL, {"Datapoints": [{"Timestamp": later, "Value": 9.0}]}, asked(later, NOW)
    )
    found = plan_forecast(aws, plan(**LOAD), "web", NOW - timedelta(days=10), NOW)
    assert found.capacity.to_list() == [7, 8, 9]
    assert found.capacity.index[-1] == later
    assert found.buffer == timedelta(seconds=300)


def test_no_more_than_aws_keeps_is_asked_for(stub):
    aws, stubbed = stub
    asks = []
    for _ in range(8):
        stubbed.add_response(CALL, {"Datapoints": []})
    events = aws.client("autoscaling-plans").meta.events
    events.register("provide-client-params", lambda params, **_: asks.append(params))
    made = plan(**LOAD, ScheduledActionBufferTime=0)
    found = plan_forecast(aws, made, "web", NOW - timedelta(days=90), NOW)
    assert (found.capacity.empty, found.buffer) == (True, timedelta(0))
    assert NOW - min(ask["StartTime"] for ask in asks) <= timedelta(days=56)
    assert all(ask["EndTime"] - ask["StartTime"] <= timedelta(days=7) for ask in asks)


def test_a_group_that_the_plan_does_not_forecast_asks_nothing(stub):
    assert plan_forecast(stub[0], plan(), "web", NOW - timedelta(days=1), NOW) is None
    assert plan_forecast(stub[0], plan(**LOAD), "other", NOW - timedelta(days=1), NOW) is None


def test_a_missing_permission_names_the_action(stub):
    aws, stubbed = stub
    stubbed.add_client_error(CALL, "AccessDeniedException")
    with pytest.raises(AwsError, match="autoscaling-plans:GetScalingPlanResourceForecastData"):
        plan_forecast(aws, plan(**LOAD), "web", NOW - timedelta(days=1), NOW)
