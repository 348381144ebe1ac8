"""Each event against the schema in the documentation; nothing in them but what it lists."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import jsonschema
import pytest

from foresail.logs import bind_run
from foresail.publish.events import EventKind
from foresail.publish.occasions import anomaly_events, applied_events, drift_events, plan_events
from foresail.publish.run_events import (
    approval_decided,
    approval_needed,
    demoted,
    model_drift,
    promoted,
    run_failed,
    urgent,
)
from foresail.publish.surprises import surprises
from publish.sample import NOW, forecast, plan, planned, row

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "events.schema.json").read_text())
SHOP = ("shop", "us-east-1", NOW)
DOCUMENTED = Path(__file__).parents[2] / "docs" / "publish.md"


def envelope(event):
    return {"source": "foresail", "detail-type": event.kind, "detail": event.detail}


def check(document):
    jsonschema.validate(document, SCHEMA, format_checker=jsonschema.FormatChecker())


def drifted(count):
    return {
        "tier": "shop/web", "target": "shop-web", "last_run": "20261124T120000.000000Z-1a2b",
        "drift": [
            {"operation": "delete", "name": f"foresail-{n}", "before": {"min_size": 3}}
            for n in range(count)
        ],
    }  # fmt: skip


def surprised():
    before = forecast()
    values = before.frame[["signal", "timestamp"]].assign(value=500.0).head(6)
    return surprises(before, values, quantile=0.95, periods=3)


EVENTS = {
    "plan.made": lambda: plan_events(plan(planned())),
    "refused": lambda: plan_events(plan(planned(refused=["rises by 900 %"])))[1:],
    "plan.applied": lambda: applied_events(plan(planned()), [row()], NOW),
    "drift": lambda: drift_events([drifted(2)], {"shop": "eu-west-1"}, NOW),
    "anomaly": lambda: anomaly_events(surprised(), {"shop": "eu-west-1"}, NOW),
    "approval.needed": lambda: [
        approval_needed(
            *SHOP, plan="p1", reasons=["rises by 80%"], expires=NOW, changes=3, dollars_a_day=12.5
        )
    ],
    "approval.decided": lambda: [
        approval_decided(*SHOP, plan="p1", decision="approved", by="ann@example.com")
    ],
    "demoted": lambda: [demoted(*SHOP, reasons=["coverage 71%"])],
    "promoted": lambda: [promoted(*SHOP, reasons=["a week within bounds"])],
    "model.drift": lambda: [
        model_drift(
            *SHOP, tier="web", what="boot-time", reasons=["7m"], expected=180.0, measured=420.0
        )
    ],
    "run.failed": lambda: [run_failed(*SHOP, reasons=["no permission"] * 30)],
    "urgent": lambda: [urgent(*SHOP, trigger="alarm", state="applied", plan="p1")],
}


@pytest.mark.parametrize("kind", EVENTS)
def test_each_event_is_as_the_schema_says(kind):
    [event] = EVENTS[kind]()
    assert event.kind == kind
    check(envelope(event))


@pytest.mark.parametrize("kind", EVENTS)
def test_the_schema_refuses_what_it_does_not_list(kind):
    [event] = EVENTS[kind]()
    wrong = [{**event.detail, "account_key": "AKIA"}, {**event.detail, "version": 2}]
    wrong += [{k: v for k, v in event.detail.items() if k != "service"}]
    for detail in wrong:
        with pytest.raises(jsonschema.ValidationError):
            check({**envelope(event), "detail": detail})
    with pytest.raises(jsonschema.ValidationError):
        check({**envelope(event), "detail-type": "plan.forgotten"})


def test_the_schema_knows_every_kind_and_no_other():
    listed = {one["properties"]["detail-type"]["const"] for one in SCHEMA["oneOf"]}
    assert listed == set(EVENTS) == set(get_args(EventKind))


def test_what_is_not_known_is_left_out_and_the_run_is_named():
    with bind_run("run-8"):
        event = urgent(*SHOP, trigger="alarm", state="failed")
    assert "plan" not in event.detail
    assert event.detail["run"] == "run-8"


def test_a_plan_tells_each_service_once_with_its_highest_floor():
    other = replace(planned("api"), service="mail")
    first, second = plan_events(plan(planned(), planned("db", floors=()), other))
    assert [tier["tier"] for tier in first.detail["tiers"]] == ["web", "db"]
    assert [tier["highest_floor"] for tier in first.detail["tiers"]] == [31, 2]
    assert second.detail["service"] == "mail"
    assert first.detail["plan"] == plan(planned(), planned("db", floors=()), other).id


def test_targets_in_sync_send_nothing_and_much_drift_is_cut_short():
    assert drift_events([drifted(0)], {"shop": "eu-west-1"}, NOW) == []
    [event] = drift_events([drifted(300)], {"shop": "eu-west-1"}, NOW)
    check(envelope(event))
    assert (event.detail["changes"], len(event.detail["actions"])) == (300, 50)
    assert event.size() < 10_000


def test_no_changes_applied_has_no_run():
    [event] = applied_events(plan(planned()), [row(run=None)], NOW)
    check(envelope(event))
    assert event.detail["run"] is None


def test_the_example_in_the_documentation_is_valid():
    text = DOCUMENTED.read_text()
    blocks = [block.split("```")[0] for block in text.split("```json\n")[1:]]
    examples = [json.loads(block) for block in blocks if '"detail-type": "' in block]
    assert examples
    for example in examples:
        check(example)
