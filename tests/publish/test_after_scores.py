"""What scoring tells: new drift, demotions and promotions, each as the schema says."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jsonschema

from foresail.config import parse_config
from foresail.pipeline.scoring import ServiceScored
from foresail.publish.after_scores import after_scores, events_of
from foresail.score.drift import Drift
from foresail.score.modes import Mode

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "events.schema.json").read_text())
NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
DRIFT = Drift("boot-time", "shop/web", NOW, 600.0, 1200.0, True, "launches take 20m")
QUIET = ServiceScored("shop", (), (), (), (), Mode(), Mode(), ())
DEMOTED = replace(QUIET, drifts=(DRIFT,), fresh=(DRIFT,), after=Mode(True, "launches", NOW))


def config(**more):
    tier = {
        "name": "web",
        "target": {"type": "ec2-auto-scaling-group", "name": "web"},
        "demand": {"namespace": "AWS/ApplicationELB", "metric": "RequestCount"},
        "unit_capacity": "100 requests/s", "max": 40,
    }  # fmt: skip
    service = {"name": "shop", "region": "eu-west-1", "tiers": [tier]}
    return parse_config({"services": [service], **more}, source="test")


def told(one):
    events = events_of(config(), one, NOW)
    for event in events:
        document = {"source": "foresail", "detail-type": event.kind, "detail": event.detail}
        jsonschema.validate(document, SCHEMA, format_checker=jsonschema.FormatChecker())
    return events


def test_new_drift_and_a_demotion_are_told_with_their_reasons():
    drift, demoted = told(DEMOTED)
    assert (drift.kind, demoted.kind) == ("model.drift", "demoted")
    assert drift.detail["tier"] == "web"
    assert (drift.detail["expected"], drift.detail["measured"]) == (600.0, 1200.0)
    assert drift.detail["region"] == "eu-west-1"
    assert demoted.detail["reasons"] == ["launches"]


def test_drift_that_was_there_before_is_not_told_again():
    assert told(replace(DEMOTED, fresh=(), before=DEMOTED.after)) == []


def test_a_promotion_is_told():
    [event] = told(replace(QUIET, before=Mode(True, "why", NOW), after=Mode(False, "4 good")))
    assert event.kind == "promoted"


def test_nothing_goes_out_where_nothing_happened_or_nobody_listens():
    after_scores(config(), None, [QUIET], NOW, print)
    after_scores(config(), None, [DEMOTED], NOW, print)  # no bus is configured
