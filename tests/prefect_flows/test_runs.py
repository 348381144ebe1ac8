"""Flows as Prefect runs them, on the sandbox: what is told, tried again, cached."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from prefect.artifacts import Artifact

from flows import refresh as refreshing
from flows.forecast import forecast
from flows.refresh import refresh
from foresail.errors import ForesailError, InputError
from prefect_flows.runs import runs_of, tasks_of, throttled
from prefect_flows.sample import service

pytestmark = pytest.mark.usefixtures("server", "opened")


def test_a_task_for_each_service_tells_which_and_another_run_in_the_period_pulls_nothing(
    written, opened, monkeypatch
):
    path = written(service("web"), service("base", timezone="Asia/Tokyo"))
    began = datetime.now(UTC)
    monkeypatch.setattr("flows.work.clock", lambda: began)
    first = refresh(path, return_state=True)
    assert tasks_of(first) == {"pull web": "Completed", "pull base": "Completed"}
    assert [row["tier"] for row in first.result()] == ["web/web", "base/web"]
    shown = Artifact.get("refresh-demand")
    assert "base/web" in shown.data
    again = refresh(path, return_state=True)
    assert tasks_of(again) == {"pull web": "Cached", "pull base": "Cached"}
    assert again.result() == first.result()


def test_only_the_services_of_a_time_zone(written):
    path = written(service("web"), service("base", timezone="Asia/Tokyo"))
    assert [row["tier"] for row in refresh(path, timezone="Asia/Tokyo")] == ["base/web"]
    assert refresh(path, timezone="Asia/Kolkata") == []


def test_a_service_that_fails_is_named_at_the_end_and_stops_no_other(written):
    path = written(service("web"), service("gone"))
    state = refresh(path, return_state=True)
    assert tasks_of(state) == {"pull web": "Completed", "pull gone": "Failed"}
    with pytest.raises(ForesailError, match=r"1 of 2 services failed: gone: .*gone"):
        state.result()
    assert "web/web" in Artifact.get("refresh-demand").data


def test_a_name_that_is_not_there_fails_before_anything_is_done(written):
    with pytest.raises(InputError, match="no service 'shoe'"):
        refresh(written(service("web")), service="shoe")


@pytest.mark.parametrize(("times", "tried", "ends"), [(1, 2, "Completed"), (100, 3, "Failed")])
def test_throttling_is_waited_for_and_then_told(written, opened, monkeypatch, times, tried, ends):
    quick = refreshing.pull_service.with_options(
        retries=2, retry_delay_seconds=0.1, retry_jitter_factor=None
    )
    monkeypatch.setattr(refreshing, "pull_service", quick)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    client = opened.client("cloudwatch")
    with throttled(client, times):
        state = refresh(written(service("web")), return_state=True)
    assert [(one.state_name, one.run_count) for one in runs_of(state, tried)] == [(ends, tried)]


def test_what_waiting_does_not_cure_is_tried_once(written, opened):
    """A group that is gone stays gone."""
    asked = []
    client = opened.client("autoscaling")
    client.meta.events.register("before-call", lambda **_: asked.append(1), unique_id="count")
    try:
        state = forecast(written(service("gone")), return_state=True)
    finally:
        client.meta.events.unregister("before-call", unique_id="count")
    assert tasks_of(state) == {"forecast gone": "Failed"}
    assert len(asked) == 1


def test_a_forecast_is_kept_and_nothing_is_written_to_the_fleet(written, opened, tmp_path):
    rows = forecast(written(service("web")))
    assert [row["tier"] for row in rows] == ["web/web"]
    assert list((tmp_path / "store" / "forecasts").rglob("*.parquet"))
    actions = opened.client("autoscaling").describe_scheduled_actions()
    assert actions["ScheduledUpdateGroupActions"] == []
