"""Backtest, score, retrain and the urgent plan as Prefect runs them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from prefect.artifacts import Artifact

from flows.backtest import backtest
from flows.plan_and_apply import plan_and_apply
from flows.retrain import retrain
from flows.score import score
from flows.urgent_replan import urgent_replan
from foresail.errors import InputError
from prefect_flows.sample import service

pytestmark = pytest.mark.usefixtures("server", "opened")


def test_a_backtest_links_its_report(written, tmp_path):
    path = written(service("web"))
    [row] = backtest(path, warmup_days=2, output=tmp_path / "out")
    assert row["series"] == "web/web/RequestCount"
    report = tmp_path / "out" / "web" / "report.html"
    assert report.exists()
    assert report.resolve().as_uri() in Artifact.get("backtest-web").data


def test_scores_and_what_is_learned_before_any_window_has_passed(written):
    path = written(service("web", approval={"ask": "never"}))
    plan_and_apply(path)
    [row] = score(path)
    assert (row["service"], row["windows"], row["mode"]) == ("web", 0, "plans")
    [learned] = retrain(path)
    assert (learned["tier"], learned["windows"], learned["used"]) == ("web/web", 0, False)


def event(**more):
    now = datetime.now(UTC).isoformat()
    name = "foresail-web/web/above-forecast"
    return {
        "id": "e1", "detail-type": "CloudWatch Alarm State Change", "source": "aws.cloudwatch",
        "time": now, "region": "us-east-1", "account": "123456789012", "resources": [],
        "detail": {"alarmName": name, "state": {"value": "ALARM", "timestamp": now}}, **more,
    }  # fmt: skip


def test_an_event_is_answered_once(written):
    path = written(service("web", approval={"ask": "never"}))
    plan_and_apply(path)
    [row] = urgent_replan(event(), path)
    assert (row["service"], row["state"]) == ("web", "unchanged")  # demand is as forecast
    [again] = urgent_replan(event(), path)
    assert again["state"] == "unchanged"


def test_an_event_of_no_known_shape_fails_with_the_cure(written):
    with pytest.raises(InputError, match="none of the known shapes"):
        urgent_replan({"hello": "world"}, Path(written(service("web"))))
