"""What Prefect's server knows of a run, and AWS turning calls away."""

from __future__ import annotations

import time
from contextlib import contextmanager

from botocore.awsrequest import AWSResponse
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import TaskRunFilter, TaskRunFilterFlowRunId
from prefect.client.schemas.objects import TaskRun
from prefect.states import State

from foresail.patience import ATTEMPTS


def tasks_of(state: State) -> dict[str, str]:
    """States of a run's tasks by their names."""
    return {one.name: one.state_name for one in runs_of(state)}


def runs_of(state: State, tried: int = 1) -> list[TaskRun]:
    """Tasks of a run, once the server knows how they ended, and of so many tries of each.

    It learns of them by events, a moment later, the number of tries not always at once.
    """
    mine = TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=[state.state_details.flow_run_id]))
    with get_client(sync_client=True) as client:
        for _ in range(100):
            runs = client.read_task_runs(task_run_filter=mine)
            known = [one for one in runs if one.state and one.state.is_final()]
            if runs and len(known) == len(runs) and all(r.run_count >= tried for r in known):
                break
            time.sleep(0.1)
    return runs


SAID = {
    "query": b"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
    "json": b'{"__type": "Throttling", "message": "Rate exceeded"}',
}


@contextmanager
def throttled(client, times):
    """Turn a call away, as AWS does, until its client has given up so many times."""
    left = iter(range(times * ATTEMPTS))
    said = SAID["query" if client.meta.service_model.resolved_protocol == "query" else "json"]

    def answer(request, **_):
        if next(left, None) is None:
            return None
        return AWSResponse(request.url, 400, {"x-amzn-errortype": "Throttling"}, Raw(said))

    client.meta.events.register("before-send", answer, unique_id="throttle")
    try:
        yield
    finally:
        client.meta.events.unregister("before-send", unique_id="throttle")


class Raw:
    """Body of an answer, as urllib3 gives it."""

    def __init__(self, text):
        self.text = text

    def stream(self, **_):
        yield self.text
