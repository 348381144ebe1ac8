"""Signals of every kind, from CloudWatch to demand, plan and `foresail signals`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import foresail.cli.signals
from foresail.cli import app
from foresail.config import parse_config
from foresail.errors import InputError
from foresail.pipeline import plan_all, pull_demand, tiers
from foresail.pipeline.pulling import pull_tier
from foresail.pipeline.survey import survey_signals
from foresail.sandbox import Sandbox, create_group
from recorder import Recorder

NOW = datetime(2026, 11, 20, 15, 2, tzinfo=UTC)
END = pd.Timestamp("2026-11-20 15:00", tz="UTC")
DAYS, DAY, LEAD = 9, 288, 18
LOAD = {"namespace": "Shop", "metric": "Orders"}
HITS = {"namespace": "Shop", "metric": "Hits", "stat": "Average"}
SIGN_UPS = {"namespace": "Shop", "metric": "SignUps", "stat": "Average"}  # as if it were seconds
SLOW = {"kind": "latency", "slo": "1s", "load": LOAD, "latency": SIGN_UPS}
GIB = 2.0**30
GROUP = {"AutoScalingGroupName": "web"}
KINDS = {
    "expression": {
        "expression": "orders * (1 - hits / 100)",
        "metrics": {"orders": LOAD, "hits": HITS},
    },
    "cloudfront": {"distribution": "E2"},
    "queue": {"queue": "jobs", "drain": "5m"},
    "connections": {"instance": "db", "max_connections": 100},
    "lambda": {"function": "pay"},
    "kinesis": {"stream": "clicks"},
    "dynamodb": {"table": "orders", "access": "write"},
    "elasticache": {"nodes": ["c-001", "c-002", "c-003"]},
}  # fmt: skip


def publish(sandbox, namespace, metric, values, dimensions=None):
    """Put one value for each five minutes that ended by 15:00."""
    named = [{"Name": n, "Value": v} for n, v in (dimensions or {}).items()]
    start = END - len(values) * pd.Timedelta("5min")
    rows = [
        {
            "MetricName": metric,
            "Dimensions": named,
            "Timestamp": (start + at * pd.Timedelta("5min")).to_pydatetime(),
            "Value": float(value),
        }
        for at, value in enumerate(values)
    ]
    client = sandbox.client("cloudwatch")
    for at in range(0, len(rows), 500):
        client.put_metric_data(Namespace=namespace, MetricData=rows[at : at + 500])


def config(tmp_path, demand, **tier):
    plain = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": demand,
        "unit_capacity": "1 orders/s",
        "min": 1,
        "max": 40,
        "guardrails": {"increase": "5000%"},
    }
    services = [{"name": "shop", "tiers": [{**plain, **tier}]}]
    data = {"store": str(tmp_path / "store"), "history": f"{DAYS}d", "horizon": "24h"}
    return parse_config({**data, "services": services}, source="test")


def shop():
    """Orders per five minutes that follow sign-ups by 90 minutes."""
    rng = np.random.default_rng(0)
    count = DAYS * DAY
    mood = rng.normal(0, 0.17, count + LEAD)
    for at in range(1, len(mood)):
        mood[at] += 0.92 * mood[at - 1]
    steps = np.arange(count + LEAD)
    season = 1 - 0.7 * np.cos(steps * 2 * np.pi / DAY)
    sign_ups = rng.poisson(200 * season * np.exp(mood))[LEAD:]
    return 3000 * season[LEAD:] * np.exp(0.9 * mood[:count]), sign_ups


@pytest.fixture(scope="module")
def sandbox():
    orders, sign_ups = shop()
    few = DAYS * DAY
    with Sandbox(start=NOW) as running:
        create_group(running, "web", min_size=1, max_size=40, desired=8, target_tracking=70)
        publish(running, "Shop", "Orders", orders)
        publish(running, "Shop", "SignUps", sign_ups)
        publish(running, "AWS/RDS", "FreeStorageSpace", (60 - np.arange(few) / DAY * 2) * GIB,
                {"DBInstanceIdentifier": "db"})  # fmt: skip
        units = np.ceil(orders / 1000)
        publish(running, "AWS/AutoScaling", "GroupInServiceInstances", units, GROUP)
        publish(running, "AWS/EC2", "CPUUtilization", orders / 900 / units * 15, GROUP)
        yield running


@pytest.fixture(scope="module")
def kinds(sandbox):
    """A day of the metrics of each kind, at values that are easy to work out."""

    def steady(namespace, metric, value, **where):
        publish(sandbox, namespace, metric, [value] * DAY, where)

    cdn = {"DistributionId": "E2", "Region": "Global"}
    steady("AWS/CloudFront", "Requests", 3000, **cdn)
    steady("AWS/CloudFront", "CacheHitRate", 80, **cdn)
    steady("Shop", "Hits", 100)
    steady("AWS/SQS", "NumberOfMessagesSent", 600, QueueName="jobs")
    steady("AWS/SQS", "ApproximateNumberOfMessagesVisible", 300, QueueName="jobs")
    steady("AWS/RDS", "DatabaseConnections", 50, DBInstanceIdentifier="db")
    steady("AWS/Lambda", "Invocations", 6000, FunctionName="pay")
    steady("AWS/Lambda", "Duration", 250, FunctionName="pay")
    publish(sandbox, "AWS/Lambda", "Throttles", [0] * 100 + [5] * 188, {"FunctionName": "pay"})
    steady("AWS/Kinesis", "IncomingBytes", 3e8, StreamName="clicks")
    steady("AWS/Kinesis", "IncomingRecords", 900000, StreamName="clicks")
    steady("AWS/DynamoDB", "ConsumedWriteCapacityUnits", 3000, TableName="orders")
    steady("AWS/ElastiCache", "EngineCPUUtilization", 30, CacheClusterId="c-001")
    steady("AWS/ElastiCache", "EngineCPUUtilization", 40, CacheClusterId="c-002")
    return sandbox


def test_each_kind_is_pulled_in_one_stream_and_computed(kinds, tmp_path):
    demand = [{"kind": kind, **given} for kind, given in KINDS.items()]
    [tier] = tiers(config(tmp_path, demand))
    calls = []

    class Counted(Recorder):
        def note(self, model, params, **_):
            calls.append(params)

    found = pull_demand(tier, Counted(kinds.aws), NOW)
    assert len(calls) == DAYS  # one call a day of history, whatever the number of metrics
    last = found.groupby("series").last()
    expected = {
        "expression": 0, "cloudfront-E2": 2, "queue-jobs": 3, "connections-db": 50,
        "lambda-pay": 5, "kinesis-clicks": 3, "dynamodb-orders-write": 10, "elasticache-c-001": 70,
    }  # fmt: skip
    got = {name.removeprefix("shop/web/"): value for name, value in last["value"].items()}
    assert got == pytest.approx(expected)
    hidden = found[found["censored"]].groupby("series").size().to_dict()
    assert hidden == {"shop/web/lambda-pay": 188}


def test_a_metric_that_two_signals_share_is_asked_for_once(kinds, tmp_path):
    [tier] = tiers(config(tmp_path, [{"kind": "expression", **KINDS["expression"]}, LOAD]))
    told = []
    found = pull_tier(tier, kinds.aws, NOW, told.append)
    assert set(found.demand["series"]) == {"shop/web/expression", "shop/web/Orders"}
    assert "5 metrics" in told[0]


@pytest.mark.parametrize(
    ("demand", "says"),
    [
        ({"kind": "queue", "queue": "nowhere"}, "no data for AWS/SQS NumberOfMessagesSent"),
        ({"kind": "elasticache", "nodes": ["gone-1"]}, "never known at the same time"),
        (SLOW, "latency is always above the SLO"),
    ],
)  # fmt: skip
def test_a_signal_without_an_answer_is_told(kinds, tmp_path, demand, says):
    [tier] = tiers(config(tmp_path, demand))
    with pytest.raises(InputError, match=says):
        pull_demand(tier, kinds.aws, NOW)


def test_a_latency_that_cannot_tell_is_left_out_beside_others(kinds, tmp_path):
    [tier] = tiers(config(tmp_path, [LOAD, SLOW]))
    found = pull_tier(tier, kinds.aws, NOW)
    assert found.demand["series"].unique().tolist() == ["shop/web/Orders"]
    assert "latency-SignUps is left out: latency is always above" in found.notes[0]


def test_signals_are_combined_by_what_the_fleet_showed(sandbox, tmp_path):
    both = [{**LOAD, "unit_capacity": "1 orders/s"}, {**LOAD, "metric": "SignUps"}]
    [tier] = tiers(config(tmp_path, both, combine="learned"))
    found = pull_tier(tier, sandbox.aws, NOW)
    assert found.demand["series"].unique().tolist() == ["shop/web/combined"]
    weights = found.learned.weights
    assert weights["shop/web/Orders"] == pytest.approx(300 * 15 / 100 / 900, rel=0.02)
    assert weights["shop/web/SignUps"] < 0.01
    _, [planned] = plan_all(config(tmp_path, both, combine="learned"), sandbox.aws, NOW)
    assert any("signals are combined as" in note for note in planned.plan.about["notes"])


LED = {"leading": [{"namespace": "Shop", "metric": "SignUps", "within": "6h"}]}


def test_a_plan_follows_what_runs_ahead_and_calls_nothing_more(sandbox, tmp_path):
    recorder = Recorder(sandbox.aws)
    _, [planned] = plan_all(config(tmp_path, LOAD, **LED), recorder, NOW)
    assert [c for c in recorder.taken() if c.startswith("cloudwatch:")] == [
        "cloudwatch:GetMetricData"
    ]
    _, [plain] = plan_all(config(tmp_path, LOAD), sandbox.aws, NOW)
    [note] = planned.plan.about["notes"]
    assert "corrects the forecast of shop/web/Orders: runs ahead by 90 min" in note
    ahead = planned.forecast.frame["q0.5"] / plain.forecast.frame["q0.5"]
    assert (ahead.iloc[:LEAD] != 1).any()
    assert (ahead.iloc[LEAD:] == 1).all()


def test_a_leading_or_storage_metric_without_data_is_a_note_and_the_plan_goes_on(sandbox, tmp_path):
    silent = {"namespace": "Shop", "metric": "Nothing", "within": "6h"}
    storage = {"instance": "gone", "allocated": "100 GiB"}
    made = config(tmp_path, LOAD, leading=[silent, *LED["leading"]], storage=storage)
    _, [planned] = plan_all(made, sandbox.aws, NOW)
    notes = "\n".join(planned.plan.about["notes"])
    assert "leading/Nothing is left out: no data for Shop Nothing" in notes
    assert "storage is left out: no data for AWS/RDS FreeStorageSpace" in notes
    assert "SignUps corrects the forecast" in notes
    [surveyed] = survey_signals(made, sandbox.aws, NOW)
    assert surveyed.storage is None
    assert [one.leading for one in surveyed.leading] == ["SignUps"]


def test_foresail_signals_tells_it_to_people_and_scripts(sandbox, tmp_path, monkeypatch):
    storage = {"instance": "db", "allocated": "100 GiB", "max_allocated": "200 GiB"}
    made = config(tmp_path, LOAD, **LED, storage=storage)
    monkeypatch.setattr(foresail.cli.signals, "load", lambda _: made)
    monkeypatch.setattr(foresail.cli.signals, "connect", lambda _: sandbox.aws)
    monkeypatch.setattr(foresail.cli.signals, "clock", lambda: NOW)
    shown = CliRunner().invoke(app, ["signals", "--json"])
    assert shown.exit_code == 0, shown.output
    [one] = json.loads(shown.stdout)
    [signal], [led] = one["signals"], one["leading"]
    assert (signal["series"], signal["needed_most"]) == ("shop/web/Orders", 1)
    assert signal["correlation"] > 0.99
    assert (led["lead_minutes"], led["used"]) == (90, True)
    assert led["p_value"] < 0.01 and led["pinball_ratio"] < 0.9
    used = one["storage"]["used"] / GIB
    assert used == pytest.approx(40 + 2 * DAYS, abs=0.1)
    assert one["storage"]["days"]["0.5"] == pytest.approx((180 - used) / 2, rel=0.05)
    told = CliRunner().invoke(app, ["signals", "--service", "shop"]).stdout
    assert "SignUps corrects shop/web/Orders: runs ahead by 90 min" in told
    assert "storage: 58.0 of 200 GiB in use, +2.00 GiB a day: 90% in 61 to 61 days" in told


def test_a_service_that_is_not_there_is_told(sandbox, tmp_path, monkeypatch):
    monkeypatch.setattr(foresail.cli.signals, "load", lambda _: config(tmp_path, LOAD))
    monkeypatch.setattr(foresail.cli.signals, "connect", lambda _: sandbox.aws)
    failed = CliRunner().invoke(app, ["signals", "--service", "nowhere"])
    assert isinstance(failed.exception, InputError)


def test_the_history_of_another_region_is_asked_for_there(tmp_path):
    made = config(tmp_path, {"kind": "cloudfront", "distribution": "E2"})
    made = made.model_copy(update={"region": "eu-west-1", "history": timedelta(days=2)})
    with Sandbox(start=NOW) as running:
        where = {"DistributionId": "E2", "Region": "Global"}
        publish(running, "AWS/CloudFront", "Requests", [600] * DAY, where)
        publish(running, "AWS/CloudFront", "CacheHitRate", [50] * DAY, where)
        [tier] = tiers(made)
        found = pull_demand(tier, running.aws, NOW)
    assert found["value"].unique().tolist() == [1]
