"""What AWS's predictive scaling forecast: GetPredictiveScalingForecast, which has no paginator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from foresail.aws import aws_errors

if TYPE_CHECKING:
    import pandas as pd

LONGEST = timedelta(days=30)  # between StartTime and EndTime
OLDEST = timedelta(days=365)


def capacity_forecast(
    client: Any, action: str, resource: dict[str, str], policy: str, start: datetime, end: datetime
) -> pd.Series:
    """Ask for the capacity that a predictive policy forecast.

    Parameters
    ----------
    client
        Of ``autoscaling`` or ``application-autoscaling``.
    action
        IAM name of the call.
    resource
        How the service names the target.
    policy
        PolicyName.
    start, end
        Aware times; whole hours in ``[start, end)`` are asked for, at most a year back.

    Returns
    -------
    Series
        Units by hour (UTC), in order; empty where AWS had no forecast.

    Raises
    ------
    AwsError
        As `foresail.aws.aws_errors`.
    """
    import pandas as pd

    known: dict[datetime, float] = {}
    for since, until in _windows(max(start, end - OLDEST), end):
        with aws_errors(action, policy):
            answer = client.get_predictive_scaling_forecast(
                **resource, PolicyName=policy, StartTime=since, EndTime=until
            )
        told = answer["CapacityForecast"]
        known |= dict(zip(told["Timestamps"], told["Values"], strict=True))
    index = pd.DatetimeIndex(pd.to_datetime(list(known), utc=True))
    return pd.Series(list(known.values()), index=index, dtype="float64").sort_index()


def _windows(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    since = start.replace(minute=0, second=0, microsecond=0)
    while since < end:
        yield since, min(since + LONGEST, end)
        since += LONGEST
