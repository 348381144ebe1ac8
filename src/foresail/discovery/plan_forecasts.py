"""What a scaling plan of AWS Auto Scaling forecast for a group of EC2 instances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresail.aws import aws_errors

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM = ("autoscaling-plans:GetScalingPlanResourceForecastData",)
LONGEST = timedelta(days=7)  # between StartTime and EndTime
OLDEST = timedelta(days=55)  # AWS: 56 days; starts are rounded down to the hour
_KINDS = ("Predefined", "Customized")  # of the load metric, which predictive scaling needs
BUFFER = timedelta(seconds=300)  # of ScheduledActionBufferTime, where the plan names none
_DIMENSION = "autoscaling:autoScalingGroup:DesiredCapacity"  # the only one with forecasts


@dataclass(frozen=True, slots=True)
class PlanForecast:
    """Capacity that a scaling plan forecast: units by hour (UTC), and how early it launches."""

    capacity: pd.Series
    buffer: timedelta


def plan_forecast(
    aws: Aws, plan: Mapping[str, Any], group: str, start: datetime, end: datetime
) -> PlanForecast | None:
    """Read a plan's forecast for a group over ``[start, end)``; None where it makes none.

    Parameters
    ----------
    plan
        As DescribeScalingPlans answers it.
    group
        Name of an EC2 Auto Scaling group.
    start, end
        Aware times; at most 55 days back are asked for.

    Raises
    ------
    AwsError
        As `foresail.aws.aws_errors`.
    """
    resource = f"autoScalingGroup/{group}"
    instructions = {one["ResourceId"]: one for one in plan["ScalingInstructions"]}
    instruction = instructions.get(resource, {})
    if not any(f"{kind}LoadMetricSpecification" in instruction for kind in _KINDS):
        return None
    since = max(start, end - OLDEST).replace(minute=0, second=0, microsecond=0)
    known = dict(_points(aws, plan, resource, since, end))
    index = pd.DatetimeIndex(pd.to_datetime(list(known), utc=True))
    capacity = pd.Series(list(known.values()), index=index, dtype="float64").sort_index()
    early = instruction.get("ScheduledActionBufferTime")
    return PlanForecast(capacity, BUFFER if early is None else timedelta(seconds=early))


def _points(
    aws: Aws, plan: Mapping[str, Any], resource: str, start: datetime, end: datetime
) -> Iterator[tuple[datetime, float]]:
    """Ask week by week: the call has no paginator, and no more than that for its answer."""
    client = aws.client("autoscaling-plans")
    while start < end:
        until = min(start + LONGEST, end)
        with aws_errors(IAM[0], resource):
            answer = client.get_scaling_plan_resource_forecast_data(
                ScalingPlanName=plan["ScalingPlanName"],
                ScalingPlanVersion=plan["ScalingPlanVersion"],
                ServiceNamespace="autoscaling",
                ResourceId=resource,
                ScalableDimension=_DIMENSION,
                ForecastDataType="CapacityForecast",
                StartTime=start,
                EndTime=until,
            )
        yield from ((point["Timestamp"], point["Value"]) for point in answer["Datapoints"])
        start = until
