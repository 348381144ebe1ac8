"""Scaling out of Application Auto Scaling's targets: told apart by the size before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from discovery.sample import Scripted
from foresail.discovery.scalable_activities import scale_outs
from foresail.errors import AwsError

AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
WHERE = ("ecs", "ecs:service:DesiredCount", "service/shop/web")


def activity(number, size, took=60, code="Successful"):
    start = AT + timedelta(hours=number)
    return {
        "ActivityId": str(number), "ServiceNamespace": WHERE[0], "ScalableDimension": WHERE[1],
        "ResourceId": WHERE[2], "Description": f"Setting desired count to {size}.", "Cause": "x",
        "StartTime": start, "EndTime": start + timedelta(seconds=took), "StatusCode": code,
    }  # fmt: skip


def outs(*pages):
    aws = Scripted()
    for number, page in enumerate(pages):
        more = {"NextToken": str(number)} if number < len(pages) - 1 else {}
        answer = {"ScalingActivities": page, **more}
        aws.expect("application-autoscaling", "describe_scaling_activities", answer)
    found = scale_outs(aws, *WHERE)
    aws.assert_all_asked()
    return [(launch.start.hour - 12, launch.took) for launch in found]


def test_only_rises_count_in_order_of_time_over_pages():
    newest = [activity(4, 9, took=300), activity(3, 2)]
    oldest = [activity(2, 6, took=120), activity(1, 4, took=90), activity(0, 3)]
    assert outs(newest, oldest) == [
        (1, timedelta(seconds=90)),
        (2, timedelta(seconds=120)),
        (4, timedelta(seconds=300)),
    ]


def test_a_rise_that_failed_is_a_launch_without_a_time_and_moves_no_size():
    rows = [activity(0, 2), activity(1, 5, code="Failed"), activity(2, 4), activity(3, 4)]
    assert outs(rows) == [(1, None), (2, timedelta(seconds=60))]


@pytest.mark.parametrize("code", ["Overridden", "InProgress", "Pending"])
def test_what_was_overridden_or_goes_on_counts_nowhere(code):
    assert outs([activity(0, 2), activity(1, 5, code=code)]) == []


def test_a_missing_permission_is_named():
    aws = Scripted()
    aws.refuse("application-autoscaling", "describe_scaling_activities", "AccessDeniedException")
    with pytest.raises(AwsError, match="application-autoscaling:DescribeScalingActivities"):
        scale_outs(aws, *WHERE)
