"""foresail's own health: what its line says, its alarms and its dashboard on the sandbox."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from foresail.logs import bind_run
from foresail.publish.alarms import alarm_writes, write_alarms
from foresail.publish.dashboards import write_dashboards
from foresail.publish.health import ServiceRun, health_of, report_health
from foresail.publish.health_alarms import (
    PREFIX,
    health_alarm_writes,
    wanted_health_alarms,
    watches,
)
from foresail.publish.health_dashboard import NAME, health_dashboard_body, health_dashboard_writes
from foresail.sandbox import Sandbox
from foresail.score.accuracy import SignalScore
from foresail.score.capacity import Capacity, Usage
from foresail.score.modes import Mode
from foresail.score.score import Score
from foresail.score.windows import Window
from foresail.store.opening import folder_store
from foresail.store.records import Put
from publish.sample import NOW, TOPIC, config, forecast, tier
from publish.test_emf import check

RUN = ServiceRun("shop", "applied", 12.5, calls=40, throttled=2)


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(start=NOW) as running:
        yield running


def score(tier="web", coverage=0.8, short=12.0):
    usage = {"actual": Usage(10.0, short, 0.0, 1.0)}
    signal = SignalScore(
        "RequestCount", 288, 1.0, {"q0.9": 0.1}, {"q0.9": coverage}, pit=(), bias=0.0, by_lead={}
    )
    window = Window(NOW - timedelta(days=1), NOW)
    capacity = Capacity(1440.0, 5.0, 3.0, usage, ())
    return Score("shop", tier, window, ("p1",), 0.9, 0.7, 0.8, (signal,), capacity)


def health(made, now=NOW):
    return health_of(folder_store(made.store, lambda: now), made.services[0], now)


def test_a_new_service_has_no_health_yet(tmp_path):
    made = config(tmp_path)
    found = health(made)
    assert (found.plan_age, found.coverage, found.unmet_minutes) == (None, None, None)
    assert found.unplanned == ("web",) and not found.demoted and not found.lease_held


def test_of_several_tiers_the_worst_counts(tmp_path):
    made = config(tmp_path, tiers=[tier(), tier("api")])
    store = folder_store(made.store, lambda: NOW)
    store.forecasts.write(forecast(NOW - timedelta(minutes=5)))
    store.forecasts.write(forecast(NOW - timedelta(minutes=90), tier="api", confidence=0.4))
    for one in (score(coverage=0.95), score("api", coverage=0.6, short=3.0)):
        store.records.write(Put(f"score/shop/{one.tier}", one.window.key, one.to_json()))
    store.records.write(Put("mode", "shop", Mode(True, "bad", NOW, drifts=("ratio",)).to_json()))
    store.leases.acquire("service/shop", "host", timedelta(minutes=5))
    found = health(made)
    assert found.plan_age == timedelta(minutes=90)
    assert found.trust == 0.4
    assert (found.coverage, found.shortfall) == (0.6, pytest.approx(0.3))
    assert found.unmet_minutes == 15.0
    assert (found.demoted, found.drifts, found.lease_held) == (True, 1, True)


def test_a_run_leaves_a_line_for_each_service_and_one_for_itself(tmp_path, sandbox):
    other = tier(target={"type": "ec2-auto-scaling-group", "name": "mail"})
    pair = [{"name": "shop", "tiers": [tier()]}, {"name": "mail", "tiers": [other]}]
    out = tmp_path / "health.log"
    made = config(tmp_path, services=pair, monitoring={"file": str(out)})
    store = folder_store(made.store, lambda: NOW)
    store.forecasts.write(forecast(NOW - timedelta(minutes=5)))
    runs = [RUN, ServiceRun("mail", "failed", 1.0)]
    with bind_run("run-2"):
        assert report_health(made, sandbox.aws, store, runs, NOW) == []
    shop, mail, whole = map(check, out.read_text().splitlines())
    assert (shop["Service"], shop["Outcome"], shop["Runs"]) == ("shop", "applied", 1)
    assert (shop["PlanAgeMinutes"], shop["AwsCalls"], shop["AwsCallsThrottled"]) == (5, 40, 2)
    assert (shop["run"], shop["ForecastTrust"], shop["Demoted"]) == ("run-2", 0.9, 0)
    assert (mail["Outcome"], mail["unplanned"]) == ("failed", ["web"])
    assert "PlanAgeMinutes" not in mail
    assert (whole["Services"], whole["ServicesFailed"], whole["AllRunSeconds"]) == (2, 1, 13.5)
    assert whole["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]


def test_without_a_place_nothing_is_written_and_a_bad_one_is_a_warning(tmp_path, sandbox, capsys):
    made = config(tmp_path)
    store = folder_store(made.store, lambda: NOW)
    assert report_health(made, sandbox.aws, store, [RUN], NOW) == []
    assert capsys.readouterr().out == ""
    bad = config(tmp_path, monitoring={"log_group": "/foresail/none"})
    [warning] = report_health(bad, sandbox.aws, store, [RUN], NOW)
    assert "health was not reported" in warning and "create-log-group" in warning


def test_each_alarm_watches_a_metric_that_is_written(tmp_path, sandbox):
    out = tmp_path / "health.log"
    made = config(tmp_path, monitoring={"file": str(out)})
    store = folder_store(made.store, lambda: NOW)
    store.forecasts.write(forecast())
    store.records.write(Put("score/shop/web", score().window.key, score().to_json()))
    run = replace(RUN, state="failed")
    report_health(made, sandbox.aws, store, [run], NOW)
    said = json.loads(out.read_text().splitlines()[0])
    written = {
        (metric["Name"], *sorted((n, said[n]) for n in one["Dimensions"][0]))
        for one in said["_aws"]["CloudWatchMetrics"]
        for metric in one["Metrics"]
    }
    for alarm in wanted_health_alarms(made).values():
        named = sorted((one["Name"], one["Value"]) for one in alarm["Dimensions"])
        assert (alarm["MetricName"], *named) in written


def test_silence_is_heard_where_a_stopped_foresail_has_to_be(tmp_path):
    made = wanted_health_alarms(config(tmp_path))
    missing = {name.split("/")[1]: alarm["TreatMissingData"] for name, alarm in made.items()}
    assert missing["no-fresh-plan"] == "breaching"
    assert set(missing) == {watch.about for watch in watches(timedelta(hours=3))}
    stale = made[f"{PREFIX}shop/no-fresh-plan"]
    assert (stale["Threshold"], stale["EvaluationPeriods"]) == (180.0, 3)


def test_each_alarm_says_what_to_do_within_what_cloudwatch_takes(tmp_path):
    long = [{"name": "s" * 64, "tiers": [tier()]}]
    for name, alarm in wanted_health_alarms(config(tmp_path, services=long)).items():
        assert len(name) <= 255
        assert len(alarm["AlarmDescription"]) <= 1024
        assert "What to do: " in alarm["AlarmDescription"]
        assert f"(docs/operations.md#{name.split('/')[1]})" in alarm["AlarmDescription"]
        assert alarm["EvaluationPeriods"] * alarm["Period"] <= 86_400


def run(sandbox, made, **options):
    alarms = health_alarm_writes(made, sandbox.aws, **options)
    write_alarms(sandbox.aws, alarms)
    boards = health_dashboard_writes(made, sandbox.aws, delete=options.get("delete", False))
    write_dashboards(sandbox.aws, boards)
    return {write.operation for write in (*alarms, *boards)}


def test_written_where_they_differ_and_only_what_is_foresails_own(tmp_path, sandbox):
    client = sandbox.client("cloudwatch")
    made = config(tmp_path, publish={"alarms": {"notify": [TOPIC]}})
    write_alarms(sandbox.aws, alarm_writes(made, sandbox.aws))
    other = {"AlarmName": f"{PREFIX}mail/drift", "MetricName": "x", "Namespace": "x", "Period": 60,
             "EvaluationPeriods": 1, "Threshold": 1, "Statistic": "Sum",
             "ComparisonOperator": "GreaterThanThreshold"}  # fmt: skip
    client.put_metric_alarm(**other)
    assert [run(sandbox, made), run(sandbox, made)] == [{"create"}, {"keep"}]
    assert {write.operation for write in alarm_writes(made, sandbox.aws)} == {"keep"}
    stale = config(tmp_path, publish={"alarms": {"notify": [TOPIC], "stale_after": "5h"}})
    assert run(sandbox, stale) == {"keep", "update"}
    assert run(sandbox, stale, delete=True) == {"delete"}
    left = {one["AlarmName"] for one in client.describe_alarms()["MetricAlarms"]}
    assert left == {f"{PREFIX}mail/drift", "foresail-shop/web/above-forecast",
                    "foresail-shop/web/stale-forecast"}  # fmt: skip


def test_an_alarm_tells_topics_of_its_own_region_only(tmp_path):
    topics = [TOPIC, TOPIC.replace("us-east-1", "eu-west-1")]
    away = tier(target={"type": "ec2-auto-scaling-group", "name": "away"})
    services = [{"name": "shop", "tiers": [tier()]},
                {"name": "mail", "region": "eu-west-1", "tiers": [away]}]  # fmt: skip
    told = {"alarms": {"notify": topics}}
    made = wanted_health_alarms(config(tmp_path, services=services, publish=told))
    assert {tuple(alarm["AlarmActions"]) for alarm in made.values()} == {(TOPIC,)}


def test_the_dashboard_finds_services_by_itself_and_fits_the_grid(tmp_path):
    arns = [f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{n}" for n in range(150)]
    body = health_dashboard_body("us-east-1", 180.0, arns)
    taken = set()
    for widget in body["widgets"]:
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert not cells & taken and all(x < 24 for x, _ in cells)
        taken |= cells
    assert "shop" not in json.dumps(body)
    searches = [
        row[0]["expression"]
        for widget in body["widgets"][2:]
        for row in widget["properties"]["metrics"]
        if isinstance(row[0], dict)
    ]
    assert len(searches) == 9
    assert all(one.count("'") == 4 and len(one) <= 1024 for one in searches)
    assert len(body["widgets"][1]["properties"]["alarms"]) == 100
    assert NAME == "foresail-_health"


def test_the_page_lists_every_alarm_and_what_to_do():
    page = (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text(encoding="utf-8")
    for watch in watches(timedelta(hours=3)):
        [row] = [line for line in page.splitlines() if line.startswith(f"| `{watch.about}` |")]
        silence = {"breaching": "breaching", "notBreaching": "not breaching", "ignore": "as it was"}
        assert f"| {silence[watch.missing]} |" in row
        for command in re.findall(r"foresail [a-z]+( --service)?", watch.cure):
            assert command in row
