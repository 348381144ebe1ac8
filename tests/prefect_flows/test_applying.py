"""Plan and apply in Prefect: what is told, who approves, a lease that is held, throttling."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName

from flows import plan_and_apply as applying
from flows.plan_and_apply import plan_and_apply
from foresail.changes.names import owned
from foresail.config import load_config
from foresail.errors import ForesailError
from foresail.store.opening import open_store
from foresail.targets.registry import open_target
from prefect_flows.runs import runs_of, tasks_of, throttled
from prefect_flows.sample import service

pytestmark = pytest.mark.usefixtures("server")
GOES = {"ask": "never"}


@pytest.fixture(autouse=True)
def empty_schedules(opened):
    """Each test begins with groups that nobody has planned."""
    for name in ("web", "base"):
        target = open_target("ec2-auto-scaling-group", opened)
        target.delete(name, [one.name for one in target.read(name).actions])


def actions(aws, group="web"):
    return owned(open_target("ec2-auto-scaling-group", aws).read(group))


def states(rows):
    return {row["service"]: row["state"] for row in rows}


def test_small_changes_go_by_themselves_and_the_run_shows_the_diff(written, opened):
    path = written(service("web", approval=GOES), service("base", approval=GOES))
    state = plan_and_apply(path, return_state=True)
    assert states(state.result()) == {"web": "applied", "base": "applied"}
    assert tasks_of(state) == {
        "plan and apply web": "Completed", "plan and apply base": "Completed"
    }  # fmt: skip
    diff = Artifact.get("plan-changes").data
    assert "### web/web: web" in diff and "### base/web: base" in diff
    assert diff.count("\n+ ") == len(actions(opened)) + len(actions(opened, "base"))
    assert states(plan_and_apply(path)) == {"web": "unchanged", "base": "unchanged"}


def test_a_service_that_another_run_holds_is_told_and_is_no_failure(written, opened):
    path = written(service("web", approval=GOES), service("base", approval=GOES))
    store = open_store(load_config(path), opened)
    store.leases.acquire("service/web", "another planner", timedelta(minutes=5))
    rows = plan_and_apply(path)
    assert states(rows) == {"web": "held", "base": "applied"}
    assert "another planner" in str(rows[0]["reasons"])
    assert not actions(opened)


def test_two_runs_at_once_write_one_plan(written, opened):
    path = written(service("web", approval=GOES))
    rows = []
    runs = [threading.Thread(target=lambda: rows.extend(plan_and_apply(path))) for _ in range(2)]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert sorted(row["state"] for row in rows) in (
        ["applied", "held"], ["applied", "unchanged"]
    )  # fmt: skip
    assert states(plan_and_apply(path)) == {"web": "unchanged"}


def test_throttling_of_a_service_is_tried_again(written, opened, monkeypatch):
    quick = applying.run_service.with_options(retry_delay_seconds=0.1, retry_jitter_factor=None)
    monkeypatch.setattr(applying, "run_service", quick)
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    with throttled(opened.client("autoscaling"), 1):
        state = plan_and_apply(written(service("web", approval=GOES)), return_state=True)
    assert states(state.result()) == {"web": "applied"}
    assert [one.run_count for one in runs_of(state)] == [2]


def test_a_service_that_fails_is_named_and_the_others_are_applied(written, opened):
    path = written(service("gone", approval=GOES), service("web", approval=GOES))
    with pytest.raises(ForesailError, match="1 of 2 services failed: gone: "):
        plan_and_apply(path)
    assert actions(opened)


def paused(name):
    """Id of a run that waits for an answer."""
    mine = FlowRunFilter(name=FlowRunFilterName(any_=[name]))
    with get_client(sync_client=True) as client:
        for _ in range(300):
            found = client.read_flow_runs(flow_run_filter=mine)
            for run in found:
                if run.state.is_paused():
                    return run
            time.sleep(0.1)
    raise AssertionError([run.state for run in found])


def test_an_answer_in_prefect_applies_what_waits_under_the_name_of_who_gave_it(written, opened):
    path = written(service("web"), service("base"))  # the first plan of a group waits
    rows = []
    run = threading.Thread(
        target=lambda: rows.extend(plan_and_apply(path, approve="pause", patience_seconds=60))
    )
    run.start()
    waits = paused("plan-and-apply all services")
    with get_client(sync_client=True) as client:
        answer = {"approved_by": "ada", "services": ["web"], "note": "known launch"}
        client.resume_flow_run(waits.id, run_input=answer)
    run.join()
    assert [(row["service"], row["state"]) for row in rows] == [
        ("web", "waiting"), ("base", "waiting"), ("web", "applied")
    ]  # fmt: skip
    assert actions(opened) and not actions(opened, "base")
    store = open_store(load_config(path), opened)
    [journalled] = store.journal.runs("us-east-1", "ec2-auto-scaling-group", "web")
    assert journalled.approved_by == "ada: known launch"


def test_nobody_answers_and_the_plan_waits_on(written, opened):
    path = written(service("web"))
    rows = plan_and_apply(path, approve="pause", patience_seconds=1)
    assert states(rows) == {"web": "waiting"}
    assert not actions(opened)
