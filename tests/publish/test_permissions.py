"""The policies that are printed against the calls that are really made."""

from __future__ import annotations

from pathlib import Path

import pytest

from foresail.publish import alarms, dashboards, metrics, rules
from foresail.publish.health import ServiceRun, report_health
from foresail.publish.permissions import publishing, telling
from foresail.publish.telling import after_apply, after_status
from foresail.remote import load_remote, push
from foresail.sandbox import Sandbox
from foresail.store.opening import folder_store
from publish.sample import NOW, config, forecast, plan, planned, row, store
from recorder import Recorder

FILE = Path("foresail.yaml")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:replan"
ROLE = "arn:aws:iam::123456789012:role/replan"
TEXT = """
services:
  - name: shop
    tiers:
      - name: web
        target: {type: ec2-auto-scaling-group, name: web}
        demand: {namespace: AWS/ApplicationELB, metric: RequestCount}
        unit_capacity: 100 requests/s
        max: 60
"""


@pytest.fixture
def account():
    with Sandbox(start=NOW) as running:
        running.client("events").create_event_bus(Name="capacity")
        yield Recorder(running.aws)


def made(folder, **more):
    replan = {"target": QUEUE, "sources": ["com.example.orders"], **more}
    events = {"bus": "capacity", "replan": replan}
    return config(folder, events=events, parameters={"prefix": "/foresail/shop"})


def actions(statements):
    return {action for one in statements for action in one["Action"]}


def resources(statements):
    return {one["Sid"]: one["Resource"] for one in statements}


def test_publish_calls_all_that_its_policy_allows_and_nothing_else(account, tmp_path):
    one = made(tmp_path)
    store(one, forecast())
    metrics.publish_forecasts(one, account, metrics.open_record(one, account), NOW)
    for delete in (False, True):
        for writes, write in (
            (alarms.alarm_writes(one, account, delete=delete), alarms.write_alarms),
            (dashboards.dashboard_writes(one, account, delete=delete), dashboards.write_dashboards),
        ):
            write(account, writes)
        rules.write_rules(one, account, rules.rule_writes(one, account, delete=delete))
    assert account.taken() == actions(publishing(one, FILE))


def test_apply_and_status_call_what_theirs_allows_beside_the_targets(account, tmp_path):
    one, done = made(tmp_path), plan(planned())
    gone = [{"operation": "delete", "name": "foresail-1"}]
    last = "20261124T120000.000000Z-1a2b"
    drifted = {"tier": "shop/web", "target": "web", "last_run": last, "drift": gone}
    after_status(one, account, [drifted], NOW, print)
    assert account.taken() == actions(telling(one, FILE, write=False)) == {"events:PutEvents"}
    after_apply(one, account, done, [row()], NOW, print)
    assert account.taken() == actions(telling(one, FILE, write=True))


def test_a_configuration_in_a_parameter_may_be_read(account):
    push(account, TEXT, "ssm:/foresail/shop", source="foresail.yaml")
    account.taken()
    source = Path("ssm:/foresail/shop:1")
    read = load_remote(source, account)
    statements = telling(read, source, write=True)
    assert account.taken() == actions(statements)
    arn = "arn:aws:ssm:us-east-1:*:parameter/foresail/shop"
    assert resources(statements) == {"ForesailConfig": arn}


def test_each_statement_names_no_more_than_foresail_owns(tmp_path):
    named = resources(publishing(made(tmp_path, role=ROLE), FILE))
    assert named == {
        "ForesailMetrics": "*",
        "ForesailListed": "*",
        "ForesailAlarms": "arn:aws:cloudwatch:us-east-1:*:alarm:foresail-*",
        "ForesailDashboards": "arn:aws:cloudwatch::*:dashboard/foresail-*",
        "ForesailReplan": [
            "arn:aws:events:us-east-1:*:rule/capacity/foresail-replan-events",
            "arn:aws:events:us-east-1:*:rule/foresail-replan*",
        ],
        "ForesailReplanRole": ROLE,
    }
    told = resources(telling(made(tmp_path), FILE, write=True))
    assert told == {
        "ForesailEvents": "arn:aws:events:us-east-1:*:event-bus/capacity",
        "ForesailSummary": "arn:aws:ssm:us-east-1:*:parameter/foresail/shop/plan",
    }
    [own, *_] = publishing(made(tmp_path), FILE)
    assert own["Condition"] == {"StringEquals": {"cloudwatch:namespace": "Foresail"}}


def test_detectors_only_where_they_are_configured(tmp_path):
    without = actions(publishing(config(tmp_path), FILE))
    detecting = config(tmp_path, publish={"anomaly_detectors": True})
    more = actions(publishing(detecting, FILE)) - without
    assert more == {
        "cloudwatch:DescribeAnomalyDetectors",
        "cloudwatch:PutAnomalyDetector",
        "cloudwatch:DeleteAnomalyDetector",
    }
    assert telling(config(tmp_path), FILE, write=True) == []


def test_notices_and_health_are_allowed_where_they_are_configured(account, tmp_path):
    topic = "arn:aws:sns:us-east-1:123456789012:capacity"
    one = config(
        tmp_path,
        notify={"topics": [topic], "webhook": "ssm:/foresail/slack", "kinds": ["applied"]},
        monitoring={"log_group": "/foresail/health"},
    )
    account.client("logs").create_log_group(logGroupName="/foresail/health")
    account.taken()
    warnings = []
    after_apply(one, account, plan(planned()), [row()], NOW, warnings.append)
    place = folder_store(one.store)
    assert report_health(one, account, place, [ServiceRun("shop", "applied", 1.0)], NOW) == []
    assert len(warnings) == 2  # neither the topic nor the parameter is there
    statements = telling(one, FILE, write=True)
    assert account.taken() == actions(statements)
    group = "arn:aws:logs:us-east-1:*:log-group:/foresail/health"
    assert resources(statements) == {
        "ForesailNotices": topic,
        "ForesailWebhook": "arn:aws:ssm:us-east-1:*:parameter/foresail/slack",
        "ForesailHealth": [group, f"{group}:log-stream:foresail/*"],
    }
