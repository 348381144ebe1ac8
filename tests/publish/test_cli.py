"""From foresail.yaml to what AWS shows: plan, apply, status and publish as a person types them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from foresail.cli import app
from foresail.config import load_config
from foresail.errors import AwsError, InputError
from foresail.sandbox import Fleet, Sandbox, create_group, seed_history
from foresail.store.opening import folder_store
from foresail.store.records import Delete
from publish.sample import METRIC, TOPIC, forecast, points

QUEUE = "arn:aws:sqs:us-east-1:123456789012:heard"
BALANCER = METRIC["dimensions"]["LoadBalancer"]
HIGH = (("Service", "shop"), ("Tier", "web"), ("Signal", "RequestCount"), ("Quantile", "0.95"))
CONFIG = {
    "history": "7d",
    "horizon": "24h",
    "publish": {"alarms": {"notify": [TOPIC]}},
    "events": {"bus": "capacity", "replan": {"target": QUEUE}},
    "parameters": {"prefix": "/foresail/shop"},
    "services": [
        {
            "name": "shop",
            "tiers": [
                {
                    "name": "web",
                    "target": {"type": "ec2-auto-scaling-group", "name": "web"},
                    "demand": METRIC,
                    "unit_capacity": "100 requests/s",
                    "min": 2,
                    "max": 40,
                    "guardrails": {"increase": "2000%", "min_trust": 0},
                }
            ],
        }
    ],
}


@pytest.fixture(scope="module")
def sandbox():
    now = datetime.now(UTC)
    first = pd.Timestamp(now).floor("D") - pd.Timedelta(days=8)
    times = pd.date_range(first, periods=11 * 288, freq="5min")
    wave = 600 - 500 * np.cos(np.arange(len(times)) * 2 * np.pi / 288)
    with Sandbox(start=now) as running:
        create_group(running, "web", min_size=2, max_size=40, desired=8, target_tracking=70)
        fleet = Fleet("web", BALANCER, pd.Series(wave, index=times), timedelta(minutes=5), 100.0)
        running.add_fleet(fleet)
        seed_history(running, fleet)
        running.client("sqs").create_queue(QueueName="heard")
        events = running.client("events")
        events.create_event_bus(Name="capacity")
        events.put_rule(Name="all", EventBusName="capacity", EventPattern='{"source":["foresail"]}')
        events.put_targets(Rule="all", EventBusName="capacity", Targets=[{"Id": "q", "Arn": QUEUE}])
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("published")
    (made / "foresail.yaml").write_text(yaml.safe_dump(CONFIG))
    return made


@pytest.fixture
def run(sandbox, folder, monkeypatch):
    """Run a command in the folder against the sandbox; its errors are raised."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)

    def invoke(*words):
        done = CliRunner().invoke(app, words)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return invoke


@pytest.fixture
def heard(sandbox):
    """Events that arrived on the bus since last asked."""
    sqs = sandbox.client("sqs")
    url = sqs.get_queue_url(QueueName="heard")["QueueUrl"]

    def take():
        found = []
        while rows := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(row["Body"]) for row in rows]
            for row in rows:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=row["ReceiptHandle"])
        return found

    return take


@pytest.fixture(scope="module")
def planned(sandbox, folder):
    """The first plan of all, which the tests share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
        done = CliRunner().invoke(app, ["plan", "--out", "plan.json", "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_a_plan_keeps_its_forecast_and_tells_of_itself(planned, folder, heard):
    [event] = [e for e in heard() if e["detail-type"] == "plan.made"]
    assert event["detail"]["plan"] == planned["id"]
    kept = folder_store(load_config(folder / "foresail.yaml").store).forecasts.read("shop", "web")
    facts = kept.facts
    assert (facts.plan_id, facts.resource_kind, facts.horizon_hours) == (
        planned["id"],
        "compute",
        24,
    )
    assert facts.pattern in ("seasonal", "cyclical")
    assert facts.current_demand == pytest.approx(kept.frame["q0.5"].iloc[0], rel=0.15)
    assert facts.predicted_demand == pytest.approx(1100, rel=0.15)
    assert 16 <= facts.recommended_capacity <= 40
    assert (kept.frame["planned_floor"] >= kept.frame["needed_units"]).all()
    assert {"q0.1", "q0.5", "q0.9", "q0.95"} <= set(kept.frame.columns)
    assert len(kept.frame) == 288


def test_publish_writes_metrics_once(planned, run, sandbox):
    shown = run("publish", "--json")
    [row] = json.loads(shown.stdout)
    assert (row["tier"], row["forecast"]) == ("shop/web", f"{planned['id']}-shop-web")
    assert row["points"] > 100
    assert json.loads(run("publish", "--json").stdout)[0]["points"] <= 2
    now = datetime.now(UTC)
    seen = points(
        sandbox, "ForecastDemand", HIGH, now - timedelta(hours=1), now + timedelta(hours=3)
    )
    assert 22 <= len(seen) <= 26


def test_apply_tells_of_itself_and_leaves_a_summary(planned, run, heard, sandbox):
    run("apply", "plan.json", "--auto-approve")
    [event] = [e for e in heard() if e["detail-type"] == "plan.applied"]
    assert (event["detail"]["plan"], event["detail"]["tier"]) == (planned["id"], "web")
    assert event["detail"]["created"] > 3
    stands = sandbox.client("ssm").get_parameter(Name="/foresail/shop/plan")["Parameter"]
    assert json.loads(stands["Value"])["plan"] == planned["id"]
    client = sandbox.client("autoscaling")
    actions = client.describe_scheduled_actions(AutoScalingGroupName="web")
    name = actions["ScheduledUpdateGroupActions"][2]["ScheduledActionName"]
    client.delete_scheduled_action(AutoScalingGroupName="web", ScheduledActionName=name)
    run("status")
    [event] = [e for e in heard() if e["detail-type"] == "drift"]
    assert [one["name"] for one in event["detail"]["actions"]] == [name]


def test_alarms_dashboard_and_rule_in_one_run_then_unchanged_then_gone(run, sandbox):
    things = ("--alarms", "--dashboard", "--replan-rule")
    assert "4 would be written, 0 unchanged" in run("publish", *things, "--dry-run").stdout
    cloudwatch = sandbox.client("cloudwatch")
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    rows = json.loads(run("publish", *things, "--json").stdout)
    assert [row["operation"] for row in rows] == ["create"] * 4
    # The dashboard was written after the alarms, so it shows them already.
    assert "0 written, 4 unchanged" in run("publish", *things).stdout
    run("publish", *things, "--delete")
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    assert "nothing of foresail's" in run("publish", "--dashboard", "--delete").stdout


def test_health_has_alarms_and_a_dashboard(run, sandbox):
    assert "7 would be written, 0 unchanged" in run("publish", "--health", "--dry-run").stdout
    kinds = [row["kind"] for row in json.loads(run("publish", "--health", "--json").stdout)]
    assert kinds == ["alarm"] * 6 + ["dashboard"]
    assert "0 written, 7 unchanged" in run("publish", "--health").stdout
    board = sandbox.client("cloudwatch").get_dashboard(DashboardName="foresail-_health")
    assert board["DashboardBody"].count("foresail-health:shop/") == 6
    run("publish", "--health", "--delete")
    assert "nothing of foresail's" in run("publish", "--health", "--delete").stdout


def test_a_failing_bus_warns_and_the_run_goes_on(planned, run, folder, sandbox):
    other = {**CONFIG, "events": {"bus": "capacity"}, "parameters": None}
    (folder / "denied.yaml").write_text(yaml.safe_dump(other))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("foresail.publish.events.MOST_BYTES", 10)
        done = run("status", "--config", "denied.yaml")
    assert done.exit_code == 0
    assert "warning: event drift was not sent" in done.stderr


def test_demand_that_left_the_forecast_before_is_an_anomaly(planned, run, folder, heard):
    store_of = folder_store(load_config(folder / "foresail.yaml").store)
    for record in store_of.records.query("forecast/shop/web"):
        store_of.records.write(Delete(record.partition, record.sort))
    low = forecast(made=datetime.now(UTC) - timedelta(hours=2), scale=0.01)
    store_of.forecasts.write(low)
    heard()
    run("plan", "--json")
    kinds = {event["detail-type"]: event["detail"] for event in heard()}
    assert set(kinds) == {"plan.made", "anomaly"}
    assert (kinds["anomaly"]["side"], kinds["anomaly"]["forecast"]) == ("above", low.facts.id)
    assert kinds["anomaly"]["demand"] > 90
    run("plan", "--json")  # the forecast that was made since has no surprise yet
    assert [event["detail-type"] for event in heard()] == ["plan.made"]


def test_a_configuration_in_parameter_store_serves_every_command(run, folder):
    pushed = run("config", "push", "foresail.yaml", "ssm:/foresail/shop")
    assert "created, version 1" in pushed.stdout
    shown = run("iam", "--read-only", "--config", "ssm:/foresail/shop:1")
    assert "autoscaling:DescribeAutoScalingGroups" in shown.stdout
    with pytest.raises(AwsError, match="ssm:/foresail/shop:7: "):
        run("status", "--config", "ssm:/foresail/shop:7")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--delete",), "--delete of what"),
        (("--dry-run",), "--dry-run of what"),
        (("--service", "shpo"), "no service 'shpo'"),
        (("--alarms", "--service", "shpo"), "no service 'shpo'"),
    ],
)
def test_what_cannot_be_done_is_told(run, words, says):
    with pytest.raises(InputError, match=says) as caught:
        run("publish", *words)
    assert caught.value.cure
