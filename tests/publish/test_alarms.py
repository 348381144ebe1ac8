"""Alarms as they stand on AWS, and what their maths says of the metrics that are there."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from foresail.errors import AwsError, ConfigError, InputError
from foresail.publish.alarms import (
    alarm_writes,
    live_alarms,
    wanted_alarms,
    without_demand,
    write_alarms,
)
from foresail.publish.metrics import open_record, publish_forecasts
from foresail.sandbox import Sandbox
from publish.sample import METRIC, NOW, TOPIC, config, forecast, hours, points, store, tier

ABOVE, STALE = "foresail-shop/web/above-forecast", "foresail-shop/web/stale-forecast"


@pytest.fixture(scope="module")
def endpoint():
    with Sandbox(start=NOW) as running:
        yield running


@pytest.fixture
def sandbox(endpoint):
    client = endpoint.client("cloudwatch")
    names = [alarm["AlarmName"] for alarm in client.describe_alarms()["MetricAlarms"]]
    client.delete_alarms(AlarmNames=names)
    return endpoint


def run(sandbox, made, **options):
    writes = alarm_writes(made, sandbox.aws, **options)
    write_alarms(sandbox.aws, writes)
    return {write.name: write.operation for write in writes}


def alarms(sandbox):
    return live_alarms(sandbox.client("cloudwatch"), ["shop"])


def test_created_then_left_alone_then_changed_then_deleted(sandbox, tmp_path):
    made = config(tmp_path, publish={"alarms": {"notify": [TOPIC]}})
    assert run(sandbox, made) == {ABOVE: "create", STALE: "create"}
    assert run(sandbox, made) == {ABOVE: "keep", STALE: "keep"}
    assert alarms(sandbox)[ABOVE]["AlarmActions"] == [TOPIC]
    slower = config(tmp_path, publish={"alarms": {"notify": [TOPIC], "periods": 6}})
    assert run(sandbox, slower) == {ABOVE: "update", STALE: "keep"}
    assert alarms(sandbox)[ABOVE]["EvaluationPeriods"] == 6
    assert run(sandbox, slower, delete=True) == {ABOVE: "delete", STALE: "delete"}
    assert alarms(sandbox) == {}
    assert run(sandbox, slower, delete=True) == {}


def test_a_tier_that_is_gone_takes_its_alarms_with_it_and_nobody_elses(sandbox, tmp_path):
    client = sandbox.client("cloudwatch")
    theirs = ["nightly", "foresail-shop-eu/web/above-forecast", "foresail-shops/web/stale-forecast"]
    for name in theirs:
        client.put_metric_alarm(
            AlarmName=name, Namespace="App", MetricName="Errors", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
    run(sandbox, config(tmp_path, tiers=[tier(), tier("api")]))
    done = run(sandbox, config(tmp_path))
    assert {name for name, what in done.items() if what == "delete"} == {
        "foresail-shop/api/above-forecast", "foresail-shop/api/stale-forecast",
    }  # fmt: skip
    run(sandbox, config(tmp_path), delete=True)
    assert {a["AlarmName"] for a in client.describe_alarms()["MetricAlarms"]} == set(theirs)


def evaluated(sandbox, alarm, start, end):
    """Compute an alarm's maths from the metrics that CloudWatch holds."""
    values = {}
    for query in (one for one in alarm["Metrics"] if "MetricStat" in one):
        stat = query["MetricStat"]
        named = [(d["Name"], d["Value"]) for d in stat["Metric"]["Dimensions"]]
        space, metric = stat["Metric"]["Namespace"], stat["Metric"]["MetricName"]
        values[query["Id"]] = points(
            sandbox, metric, named, start, end,
            stat=stat["Stat"], period=stat["Period"], namespace=space,
        )  # fmt: skip
    functions = {
        "FILL": lambda series, value: series.reindex(
            pd.date_range(start, end, freq="5min", inclusive="left")
        ).fillna(value),
        "PERIOD": lambda _: 300,
        "MAX": lambda many: pd.concat(many, axis=1).max(axis=1),
    }
    [shown] = [one for one in alarm["Metrics"] if one.get("ReturnData")]
    return eval(shown["Expression"], functions, values)


def test_demand_above_the_published_band_is_what_goes_off(sandbox, tmp_path):
    made = config(tmp_path)
    store(made, forecast())
    publish_forecasts(made, sandbox.aws, open_record(made, sandbox.aws), NOW)
    start = NOW.replace(minute=0)
    rates = {0: 120, 5: 129, 10: 131, 15: 180, 20: 400}  # the band's edge is at 130 a second
    sandbox.client("cloudwatch").put_metric_data(
        Namespace=METRIC["namespace"],
        MetricData=[
            {
                "MetricName": "RequestCount",
                "Dimensions": [{"Name": n, "Value": v} for n, v in METRIC["dimensions"].items()],
                "Timestamp": start + timedelta(minutes=minute),
                "Value": 300.0 * rate,
            }
            for minute, rate in rates.items()
        ],
    )
    run(sandbox, made)
    alarm = alarms(sandbox)[ABOVE]
    excess = evaluated(sandbox, alarm, start, start + hours(1))
    assert excess.iloc[:5].tolist() == pytest.approx([-0.1, -0.01, 0.01, 0.5, 2.7])
    assert (excess.iloc[5:] == -1.3).all()  # silence is no demand here
    above = excess > alarm["Threshold"]
    assert above.rolling(alarm["DatapointsToAlarm"]).min().max() == 1
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"


def test_no_fresh_forecast_is_an_alarm_because_silence_counts(sandbox, tmp_path):
    made = config(tmp_path, publish={"alarms": {"stale_after": "2h"}})
    store(made, forecast(made=NOW - hours(5)))
    publish_forecasts(made, sandbox.aws, open_record(made, sandbox.aws), NOW)
    run(sandbox, made)
    alarm = alarms(sandbox)[STALE]
    assert (alarm["TreatMissingData"], alarm["Period"], alarm["EvaluationPeriods"]) == (
        "breaching", 3600, 2,
    )  # fmt: skip
    named = [(d["Name"], d["Value"]) for d in alarm["Dimensions"]]
    age = points(sandbox, alarm["MetricName"], named, NOW - hours(1), NOW + hours(1), period=3600)
    assert age.iloc[-1] > alarm["Threshold"] == 2


def test_of_two_signals_the_one_that_needs_most_counts(tmp_path):
    logins = {**METRIC, "metric": "Logins", "unit_capacity": "10 logins/s"}
    alarm = wanted_alarms(config(tmp_path, tiers=[tier(demand=[METRIC, logins])]))[ABOVE]
    [shown] = [one for one in alarm["Metrics"] if one["ReturnData"]]
    assert shown["Expression"] == (
        "MAX([(FILL(m0, 0) / PERIOD(m0) - b0) / 100, (FILL(m1, 0) / PERIOD(m1) - b1) / 10])"
    )
    assert len({one["Id"] for one in alarm["Metrics"]}) == len(alarm["Metrics"]) == 5


def test_utilisation_times_units_is_compared_not_utilisation(tmp_path):
    busy = {
        "namespace": "AWS/EC2", "metric": "CPUUtilization", "stat": "Average",
        "dimensions": {"AutoScalingGroupName": "shop-web"}, "scale_by": "capacity",
    }  # fmt: skip
    alarm = wanted_alarms(config(tmp_path, tiers=[tier(demand=busy, unit_capacity="100 %")]))[ABOVE]
    assert alarm["Metrics"][-1]["Expression"] == "(m0 * u0 - b0) / 100"
    units = next(one for one in alarm["Metrics"] if one["Id"] == "u0")
    assert units["MetricStat"]["Metric"]["MetricName"] == "GroupInServiceInstances"


def test_what_an_alarm_cannot_hold_is_told_before_the_first_write(sandbox, tmp_path):
    day = config(tmp_path, publish={"alarms": {"periods": 289}})
    with pytest.raises(InputError, match="289 periods of 5m are more than the day") as caught:
        run(sandbox, day)
    assert "periods: 288" in caught.value.cure
    many = [{**METRIC, "metric": f"M{n}"} for n in range(6)]
    with pytest.raises(InputError, match="would read 12 metrics; CloudWatch takes 10"):
        run(sandbox, config(tmp_path, tiers=[tier(), tier("api", demand=many)]))
    assert alarms(sandbox) == {}


def test_demand_that_cloudwatch_cannot_compute_is_told(tmp_path):
    learned = {"demand": [METRIC, {**METRIC, "metric": "Logins"}], "combine": "learned"}
    made = config(tmp_path, tiers=[tier(), tier("api", **learned)])
    assert without_demand(made) == ["shop/api"]
    assert set(wanted_alarms(made)) == {ABOVE, STALE, "foresail-shop/api/stale-forecast"}


@pytest.mark.parametrize(
    ("alarms", "says"),
    [
        ({"notify": ["arn:aws:autoscaling:us-east-1:123456789012:x"]}, r"notify\[0\]: .*not what"),
        ({"notify": [TOPIC] * 6}, "at most 5"),
        ({"quantile": 0.99}, "q0.99 is not published"),
        ({"periods": 0}, "periods"),
        ({"stale_after": "90m"}, "not whole hours"),
        ({"stale_after": "25h"}, "not whole hours"),
        ({"stael_after": "2h"}, "unknown key"),
    ],
)
def test_each_mistake_in_the_configuration_is_named(tmp_path, alarms, says):
    with pytest.raises(ConfigError, match=says) as caught:
        config(tmp_path, publish={"alarms": alarms})
    assert caught.value.cure


def test_denied_in_the_middle_is_named_and_the_next_run_finishes(sandbox, tmp_path, monkeypatch):
    from botocore.exceptions import ClientError

    made = config(tmp_path)
    writes = alarm_writes(made, sandbox.aws)
    real = type(sandbox.aws).client
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": ""}}, "PutMetricAlarm")

    def client(self, service):
        opened = real(self, service)

        def deny(params, **_):
            if STALE in str(params):
                raise denied

        opened.meta.events.register("before-call.cloudwatch.PutMetricAlarm", deny)
        return opened

    with monkeypatch.context() as broken:
        broken.setattr(type(sandbox.aws), "client", client)
        with pytest.raises(AwsError, match="no permission for cloudwatch:PutMetricAlarm"):
            write_alarms(sandbox.aws, writes)
    assert set(alarms(sandbox)) == {ABOVE}
    assert run(sandbox, made) == {ABOVE: "keep", STALE: "create"}
