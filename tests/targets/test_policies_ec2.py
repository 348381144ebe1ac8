"""Policies, alarms and warm pools of EC2 groups, from foresail.yaml to AWS and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber

from foresail.changes.apply import Writer
from foresail.changes.names import name_for, other_settings, owned_settings, prefix
from foresail.errors import AwsError, InputError
from foresail.policies.items import ScalingPolicy, WarmPool
from foresail.policies.normal import normal, normal_pool
from foresail.sandbox import Sandbox, create_group
from foresail.store.opening import folder_store
from foresail.targets.base import ScheduledAction
from foresail.targets.ec2_auto_scaling_group import AutoScalingGroup
from foresail.targets.policies_ec2 import TAG

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GROUP = "web"
MINE = prefix(GROUP)
TRACKING = ScalingPolicy(
    f"{MINE}tracking",
    "TargetTrackingScaling",
    normal(
        {
            "EstimatedInstanceWarmup": 300,
            "TargetTrackingConfiguration": {
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ASGAverageCPUUtilization"
                },
                "TargetValue": 60.0,
            },
        }
    ),
)
STEP = ScalingPolicy(
    f"{MINE}step-out",
    "StepScaling",
    normal(
        {
            "AdjustmentType": "ChangeInCapacity",
            "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 2}],
        }
    ),
    {
        "TreatMissingData": "missing",
        "Namespace": "AWS/EC2",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "AutoScalingGroupName", "Value": GROUP}],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 70,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    },
)
POOL = WarmPool(f"{MINE}warm-pool", normal_pool({"MinSize": 2, "MaxGroupPreparedCapacity": 9}))


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        create_group(running, GROUP, min_size=2, max_size=60, target_tracking=70)
        yield running


@pytest.fixture
def target(sandbox):
    made = AutoScalingGroup(sandbox.aws)
    made.settings.delete(GROUP, owned_settings(made.read(GROUP)))
    return made


def write(target, tmp_path, wanted):
    journal = folder_store(tmp_path).journal
    writer = Writer(target, journal, "plan", "apply", "us-east-1", lambda: NOW)
    return writer.write(target.read(GROUP), wanted)


def test_what_is_written_reads_back_and_others_policies_stay(target, tmp_path):
    before = other_settings(target.read(GROUP))
    _, after = write(target, tmp_path, (TRACKING, STEP, POOL))
    assert set(map(str, owned_settings(after))) == set(map(str, (TRACKING, STEP, POOL)))
    assert other_settings(after) == before
    assert [one.name for one in before] == ["web-cpu"]
    assert write(target, tmp_path, (TRACKING, STEP, POOL))[0] is None
    _, after = write(target, tmp_path, ())
    assert (owned_settings(after), other_settings(after)) == ((), before)


def test_an_alarm_goes_before_its_policy_and_comes_after_it(target, tmp_path):
    calls = []
    for client in (target.client, target.settings.alarms.client):
        client.meta.events.register(
            "before-call", lambda model, **_: calls.append(model.name), unique_id="note"
        )
    write(target, tmp_path, (STEP,))
    write(target, tmp_path, ())
    for client in (target.client, target.settings.alarms.client):
        client.meta.events.unregister("before-call", unique_id="note")
    writes = [c for c in calls if not c.startswith("Describe")]
    assert writes == ["PutScalingPolicy", "PutMetricAlarm", "DeleteAlarms", "DeletePolicy"]


def test_an_alarm_that_drives_something_else_is_put_again(target, tmp_path):
    write(target, tmp_path, (STEP,))
    target.settings.alarms.put(STEP.name, "arn:aws:sns:us-east-1:123456789012:page", STEP.alarm)
    [found] = owned_settings(target.read(GROUP))
    assert found.alarm is None
    run, after = write(target, tmp_path, (STEP,))
    assert run is not None
    assert owned_settings(after) == (STEP,)


def test_a_warm_pool_of_others_is_neither_changed_nor_deleted(target, tmp_path):
    target.client.put_warm_pool(AutoScalingGroupName=GROUP, MinSize=1)
    theirs = other_settings(target.read(GROUP))[-1]
    assert theirs.name == "warm-pool"
    with pytest.raises(InputError, match="warm pool that foresail did not make") as caught:
        write(target, tmp_path, (POOL,))
    assert "delete-warm-pool" in str(caught.value)
    write(target, tmp_path, (TRACKING,))
    write(target, tmp_path, ())
    assert other_settings(target.read(GROUP))[-1] == theirs
    target.client.delete_warm_pool(AutoScalingGroupName=GROUP)


def test_a_mark_that_is_left_alone_is_taken_away(target, tmp_path):
    write(target, tmp_path, (POOL,))
    target.client.delete_warm_pool(AutoScalingGroupName=GROUP)
    [mark] = owned_settings(target.read(GROUP))
    assert mark == WarmPool(POOL.name, {})
    _, after = write(target, tmp_path, ())
    assert owned_settings(after) == ()


def test_gone_already_is_no_failure_and_a_refusal_names_the_policy(target):
    assert target.settings.delete(GROUP, (TRACKING, STEP, POOL)) == {}
    with Stubber(target.client) as stub:
        stub.add_client_error("put_scaling_policy", "ValidationError", "No such metric")
        stub.add_response("put_scaling_policy", {"PolicyARN": "arn:x"})
        failed = target.settings.put(
            GROUP, (TRACKING, ScalingPolicy(f"{MINE}b", TRACKING.policy_type, TRACKING.settings))
        )
    assert failed == {TRACKING.name: "ValidationError: No such metric"}


def test_a_missing_permission_stops_the_run_and_is_named(target):
    with Stubber(target.client) as stub:
        stub.add_client_error("create_or_update_tags", "AccessDenied", "no")
        with pytest.raises(AwsError, match="no permission for autoscaling:CreateOrUpdateTags"):
            target.settings.put(GROUP, (POOL,))


def described(**group):
    row = {
        "AutoScalingGroupName": GROUP,
        "MinSize": 1,
        "MaxSize": 9,
        "DesiredCapacity": 1,
        "DefaultCooldown": 300,
        "AvailabilityZones": ["us-east-1a"],
        "HealthCheckType": "EC2",
        "CreatedTime": NOW,
        **group,
    }
    return {"AutoScalingGroups": [row]}


def read(target, group, policies):
    with Stubber(target.client) as stub:
        stub.add_response("describe_auto_scaling_groups", described(**group))
        stub.add_response("describe_policies", {"ScalingPolicies": policies})
        stub.add_response("describe_scheduled_actions", {"ScheduledUpdateGroupActions": []})
        return target.read(GROUP)


def test_a_pool_that_is_being_deleted_is_gone(target):
    pool = {"MinSize": 2, "PoolState": "Stopped", "Status": "PendingDelete"}
    assert read(target, {"WarmPoolConfiguration": pool}, []).settings == ()
    mark = [{"Key": TAG, "Value": POOL.name}]
    live = read(target, {"WarmPoolConfiguration": pool, "Tags": mark}, [])
    assert live.settings == (WarmPool(POOL.name, {}),)


def test_a_policy_that_is_switched_off_is_a_drift_and_does_not_count_as_reacting(target):
    row = {
        "PolicyName": TRACKING.name,
        "PolicyType": TRACKING.policy_type,
        "PolicyARN": "arn:x",
        "Enabled": False,
        **TRACKING.settings,
    }
    live = read(target, {}, [row])
    assert live.dynamic_policies == ()
    assert live.settings != (TRACKING,)
    assert read(target, {}, [{**row, "Enabled": True}]).settings == (TRACKING,)


def test_lifecycle_hooks_of_launches_are_told_with_their_timeout(target):
    assert target.settings.cautions(GROUP) == ()
    hooks = [
        {
            "LifecycleHookName": name,
            "AutoScalingGroupName": GROUP,
            "LifecycleTransition": f"autoscaling:EC2_INSTANCE_{what}",
            "HeartbeatTimeout": 900,
        }
        for name, what in (("warm-cache", "LAUNCHING"), ("drain", "TERMINATING"))
    ]
    with Stubber(target.client) as stub:
        stub.add_response("describe_lifecycle_hooks", {"LifecycleHooks": hooks})
        [told] = target.settings.cautions(GROUP)
    assert "warm-cache of web may keep a launch waiting for 900 s" in told


def test_forecasts_are_asked_for_by_thirty_days_and_joined_in_order(target):
    start, end = NOW - timedelta(days=40), NOW
    half = start + timedelta(days=30)
    asked = {"AutoScalingGroupName": GROUP, "PolicyName": "theirs"}
    with Stubber(target.client) as stub:
        for since, until, units in ((start, half, 3.0), (half, end, 5.0)):
            answer = {
                "LoadForecast": [],
                "CapacityForecast": {"Timestamps": [since], "Values": [units]},
                "UpdateTime": NOW,
            }
            stub.add_response(
                "get_predictive_scaling_forecast",
                answer,
                {**asked, "StartTime": since, "EndTime": until},
            )
        told = target.settings.forecast(GROUP, "theirs", start, end)
    assert list(told.index) == [start, half]
    assert list(told) == [3.0, 5.0]
    assert str(told.index.tz) == "UTC"


def test_actions_and_policies_of_one_plan_are_written_together(target, tmp_path):
    start = NOW + timedelta(minutes=30)
    action = ScheduledAction(name_for(GROUP, start, ()), start=start, min_size=3)
    _, after = write(target, tmp_path, (action, TRACKING))
    assert (after.actions, owned_settings(after)) == ((action,), (TRACKING,))
    write(target, tmp_path, ())
