"""What the fleets did is told as activities; a warm pool makes launches quick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from foresail.sandbox import Fleet, Sandbox, create_group, seed_history

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def fleet(start=NOW, values=(100,) * 24):
    times = pd.date_range(start, periods=len(values), freq="5min")
    series = pd.Series([float(v) for v in values], index=times)
    boots = {"boot_time": 8 * MINUTE, "warm_boot_time": 2 * MINUTE}
    return Fleet("web", "app/web/1", series, 5 * MINUTE, 100.0, **boots)


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, "web", min_size=2, max_size=20)
        yield running


def activities(sandbox, **fields):
    client = sandbox.client("autoscaling")
    pages = client.get_paginator("describe_scaling_activities").paginate(
        AutoScalingGroupName="web", **fields
    )
    return [row for page in pages for row in page["Activities"]]


def want(sandbox, count):
    sandbox.client("autoscaling").set_desired_capacity(
        AutoScalingGroupName="web", DesiredCapacity=count
    )


def test_activities_tell_how_long_units_took_to_boot(sandbox):
    sandbox.add_fleet(fleet())
    want(sandbox, 5)
    sandbox.advance(4 * MINUTE)
    assert {row["StatusCode"] for row in activities(sandbox)} == {"PreInService"}
    want(sandbox, 4)  # the unit that is furthest from service is stopped
    sandbox.advance(16 * MINUTE)
    want(sandbox, 3)
    sandbox.advance(MINUTE)
    told = [
        (row["Description"].split()[0], row["StatusCode"], row["EndTime"] - row["StartTime"])
        for row in activities(sandbox, PaginationConfig={"PageSize": 1})
    ]
    assert told[0] == ("Terminating", "Successful", 0 * MINUTE)  # newest first
    assert sorted(told[1:]) == [
        ("Launching", "Cancelled", 4 * MINUTE),
        *[("Launching", "Successful", 8 * MINUTE)] * 2,
    ]


def test_a_seeded_history_has_its_activities(sandbox):
    sandbox.client("autoscaling").put_scaling_policy(
        AutoScalingGroupName="web", PolicyName="cpu", PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            "TargetValue": 50.0,
        },
    )  # fmt: skip
    past = fleet(NOW - timedelta(hours=2), [100] * 12 + [400] * 12)
    sandbox.add_fleet(past)
    seed_history(sandbox, past)
    launched = [row for row in activities(sandbox) if row["Description"].startswith("Launching")]
    assert launched
    assert all(row["StartTime"] < NOW for row in launched)


def test_units_of_a_warm_pool_are_in_service_sooner_and_the_pool_fills_again(sandbox):
    sandbox.client("autoscaling").put_warm_pool(
        AutoScalingGroupName="web", MinSize=2, MaxGroupPreparedCapacity=4
    )
    sandbox.add_fleet(fleet())
    sandbox.advance(9 * MINUTE)  # the pool needs a boot to fill
    want(sandbox, 5)
    sandbox.advance(11 * MINUTE)
    log = sandbox.log("web").set_index("timestamp")
    units = [log["in_service"][NOW + m * MINUTE] for m in (9, 10, 11, 16, 17)]
    assert units == [2, 2, 4, 4, 5]  # two from the pool after 2 minutes, one cold after 8
    assert [log["warm"][NOW + m * MINUTE] for m in (7, 8, 9, 16, 17)] == [0, 2, 0, 0, 2]
    pool = sandbox.client("autoscaling").describe_warm_pool(AutoScalingGroupName="web")
    assert pool["WarmPoolConfiguration"]["MinSize"] == 2
