"""Time passes: due actions run, units boot, target tracking reacts, metrics follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from foresail.errors import InputError
from foresail.sandbox import Fleet, Sandbox, create_group

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)


def fleet(values, group="web", **options):
    times = pd.date_range(NOW, periods=len(values), freq="5min")
    series = pd.Series([float(v) for v in values], index=times)
    options = {"boot_time": timedelta(minutes=4), **options}
    return Fleet(group, "app/web/1", series, timedelta(minutes=5), 100.0, **options)


@pytest.fixture
def sandbox():
    with Sandbox(start=NOW) as running:
        yield running


def put(sandbox, name, **fields):
    sandbox.client("autoscaling").put_scheduled_update_group_action(
        AutoScalingGroupName="web", ScheduledActionName=name, **fields
    )


def test_an_action_lifts_the_floor_units_boot_and_the_action_is_gone(sandbox):
    create_group(sandbox, "web", min_size=2, max_size=20)
    sandbox.add_fleet(fleet([100] * 12))
    put(sandbox, "up", StartTime=NOW + timedelta(minutes=10), MinSize=5)
    sandbox.advance(timedelta(minutes=30))
    log = sandbox.log("web").set_index("timestamp")
    assert list(log["in_service"]) == [2] * 14 + [5] * 16
    assert list(log["launching"]) == [0] * 10 + [3] * 4 + [0] * 16
    assert (log["in_service"] + log["launching"]).sum() / 60 == pytest.approx(
        (10 * 2 + 20 * 5) / 60
    )
    listed = sandbox.client("autoscaling").describe_scheduled_actions()
    assert listed["ScheduledUpdateGroupActions"] == []
    assert list(sandbox.executed["name"]) == ["up"]


def test_sizes_follow_aws(sandbox):
    create_group(sandbox, "web", min_size=2, max_size=20, desired=10)
    sandbox.add_fleet(fleet([0] * 12))
    put(sandbox, "cap", StartTime=NOW + timedelta(minutes=5), MaxSize=6)
    put(sandbox, "wish", StartTime=NOW + timedelta(minutes=10), DesiredCapacity=1)
    sandbox.advance(timedelta(minutes=20))
    assert list(sandbox.executed["desired"]) == [6, 2]
    assert list(sandbox.executed["min_size"]) == [2, 2]


def test_recurring_actions_keep_local_time_over_the_dst_change(sandbox):
    create_group(sandbox, "web", min_size=2, max_size=20)
    put(sandbox, "morning", Recurrence="0 9 * * *", TimeZone="America/New_York", MinSize=3)
    sandbox.advance(timedelta(days=3))
    hours = [t.hour for t in sandbox.executed["timestamp"]]
    assert hours == [13, 13, 14]  # DST ends on 1 November


def test_suspended_actions_are_skipped_and_not_caught_up(sandbox):
    create_group(sandbox, "web", min_size=2, max_size=20)
    put(sandbox, "up", StartTime=NOW + timedelta(minutes=5), MinSize=5)
    client = sandbox.client("autoscaling")
    client.suspend_processes(AutoScalingGroupName="web", ScalingProcesses=["ScheduledActions"])
    sandbox.advance(timedelta(minutes=10))
    client.resume_processes(AutoScalingGroupName="web", ScalingProcesses=["ScheduledActions"])
    sandbox.advance(timedelta(minutes=10))
    assert sandbox.executed.empty


def test_target_tracking_scales_out_after_three_minutes_and_in_after_fifteen(sandbox):
    create_group(sandbox, "web", min_size=2, max_size=20, target_tracking=50)
    sandbox.add_fleet(fleet([200] * 6 + [40] * 12))
    sandbox.advance(timedelta(minutes=90))
    log = sandbox.log("web")
    # 200 requests/s on 2 units is 100 %: at 50 % it takes 4, asked for in the third minute.
    assert list(log["desired"][:5]) == [2, 2, 2, 4, 4]
    assert log["in_service"][7] == 4
    calm = 30  # minutes until demand falls
    assert log["desired"][calm + 14] == 4
    assert log["desired"][calm + 15] == 2


def test_metrics_say_what_was_played(sandbox):
    create_group(sandbox, "web", min_size=2, max_size=20)
    sandbox.add_fleet(fleet([100, 0, 150]))
    sandbox.advance(timedelta(minutes=15))
    seen = {}
    for namespace, name, dimension, value, stat in (
        ("AWS/ApplicationELB", "RequestCount", "LoadBalancer", "app/web/1", "Sum"),
        ("AWS/EC2", "CPUUtilization", "AutoScalingGroupName", "web", "Average"),
        ("AWS/AutoScaling", "GroupInServiceInstances", "AutoScalingGroupName", "web", "Average"),
    ):
        metric = {
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{"Name": dimension, "Value": value}],
        }
        query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 300, "Stat": stat}}
        answer = sandbox.client("cloudwatch").get_metric_data(
            MetricDataQueries=[query], StartTime=NOW, EndTime=NOW + timedelta(hours=1),
            ScanBy="TimestampAscending",
        )  # fmt: skip
        result = answer["MetricDataResults"][0]
        minutes = [int((t - NOW).total_seconds() / 60) for t in result["Timestamps"]]
        seen[name] = dict(zip(minutes, result["Values"], strict=True))
    assert seen["RequestCount"] == {0: 30000.0, 10: 45000.0}  # silent without requests
    assert seen["CPUUtilization"] == {0: 50.0, 5: 0.0, 10: 75.0}
    assert seen["GroupInServiceInstances"] == {0: 2.0, 5: 2.0, 10: 2.0}


def test_metric_pages_are_small_when_asked_and_too_fine_a_period_is_empty(sandbox):
    client = sandbox.client("cloudwatch")
    data = [
        {"MetricName": "m", "Timestamp": NOW - timedelta(minutes=n), "Value": float(n)}
        for n in range(50)
    ]
    client.put_metric_data(Namespace="App", MetricData=data)
    metric = {"Namespace": "App", "MetricName": "m", "Dimensions": []}
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}
    ask = {"MetricDataQueries": [query], "StartTime": NOW - timedelta(hours=1), "EndTime": NOW}
    pages, token = [], {}
    while True:
        page = client.get_metric_data(**ask, MaxDatapoints=20, **token)
        pages.append(page["MetricDataResults"][0]["Values"])
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert [len(p) for p in pages] == [20, 20, 9]
    assert pages[0][:2] == [1.0, 2.0]  # newest first, as AWS does unless asked otherwise
    old = client.get_metric_data(**{**ask, "StartTime": NOW - timedelta(days=20)})
    assert old["MetricDataResults"][0]["Values"] == []
    assert [m["MetricName"] for m in client.list_metrics(Namespace="App")["Metrics"]] == ["m"]


def test_a_fleet_needs_its_group(sandbox):
    with pytest.raises(InputError, match="no Auto Scaling group 'web'"):
        sandbox.add_fleet(fleet([1]))


def test_moto_is_as_it_was_after_the_sandbox():
    from moto.autoscaling.models import AutoScalingBackend

    before = AutoScalingBackend.set_desired_capacity
    with Sandbox(start=NOW):
        assert AutoScalingBackend.set_desired_capacity is not before
    assert AutoScalingBackend.set_desired_capacity is before
