"""What AWS answers and what was asked compare equal when they mean the same."""

from __future__ import annotations

from foresail.policies.normal import normal, normal_alarm, normal_pool


def test_defaults_that_aws_fills_in_are_no_difference():
    asked = {"TargetTrackingConfiguration": {"TargetValue": 60.0}}
    told = {
        "StepAdjustments": [],
        "TargetTrackingConfiguration": {"TargetValue": 60, "DisableScaleIn": False},
        "PredictiveScalingConfiguration": {},
    }
    assert normal(asked) == normal(told)


def test_the_order_of_dimensions_means_nothing_and_that_of_steps_does():
    def tracking(*names):
        where = [{"Name": name, "Value": "x"} for name in names]
        metric = {"Namespace": "A", "MetricName": "B", "Dimensions": where}
        spec = {"CustomizedMetricSpecification": metric, "TargetValue": 1}
        return normal({"TargetTrackingConfiguration": spec})

    def stepped(*changes):
        return normal({"StepAdjustments": [{"ScalingAdjustment": c} for c in changes]})

    assert tracking("b", "a") == tracking("a", "b")
    assert stepped(1, 2) != stepped(2, 1)


def test_a_bound_of_zero_and_a_false_are_kept():
    [step] = normal(
        {"StepAdjustments": [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]}
    )["StepAdjustments"]
    assert step["MetricIntervalLowerBound"] == 0
    off = normal({"TargetTrackingConfiguration": {"TargetValue": 1, "DisableScaleIn": True}})
    assert off != normal({"TargetTrackingConfiguration": {"TargetValue": 1}})


def test_a_minute_is_the_period_of_a_tracked_metric_that_names_none():
    def with_period(**given):
        stat = {"Metric": {"Namespace": "A", "MetricName": "B"}, "Stat": "Sum", **given}
        queries = [{"Id": "m1", "MetricStat": stat}]
        return normal(
            {
                "TargetTrackingConfiguration": {
                    "CustomizedMetricSpecification": {"Metrics": queries},
                    "TargetValue": 1,
                }
            }
        )

    assert with_period(Period=60) == with_period()
    assert with_period(Period=10) != with_period()


def test_pools_and_alarms_compare_without_what_only_aws_says():
    asked = {"MinSize": 0, "PoolState": "Stopped"}
    assert normal_pool({**asked, "Status": "Active"}) == normal_pool({})
    alarm = {"MetricName": "CPUUtilization", "Threshold": 70}
    told = {**alarm, "Threshold": 70.0, "AlarmName": "x", "StateValue": "OK", "Metrics": []}
    assert normal_alarm(alarm) == normal_alarm({**told, "TreatMissingData": "missing"})
