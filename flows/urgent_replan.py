"""Answer an event (an alarm, a business event, demand) by raising the next hours' floor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from flows import told
from flows.limits import RETRIES, Throttled
from flows.plan_and_apply import bad
from flows.work import Row, Session, begin, clock
from foresail.cycle import Outcome
from foresail.errors import ForesailError
from foresail.urgent import replan_urgently


def named() -> str:
    """Name a run by the event that it answers."""
    return f"urgent-replan {id_of(flow_run.parameters['event'])}"


def id_of(event: dict[str, Any]) -> str:
    """Id of an event, which says whether it was answered before."""
    return str(event.get("id", "without id"))


@task(task_run_name="answer {event_id}", cache_policy=NO_CACHE, **RETRIES)
def answer(session: Session, event: dict[str, Any], event_id: str) -> list[Outcome]:
    """Answer one event; the same one again is answered once."""
    done = replan_urgently(session.config, session.aws, event, clock, progress=told.say())
    if any(one.throttled for one in done):
        raise Throttled("; ".join(reason for one in done for reason in one.reasons))
    return done


@flow(flow_run_name=named)
def urgent_replan(event: dict[str, Any], config: Path = Path("foresail.yaml")) -> list[Row]:
    """Answer an event; it waits for no limit, and takes seconds.

    Parameters
    ----------
    event
        As EventBridge sends it, or a message of demand.
    config
        foresail.yaml, or ``ssm:/foresail/NAME``.
    """
    outcomes = answer(begin(config), event, id_of(event))
    rows = [one.to_json() for one in outcomes]
    told.table("urgent-outcomes", rows, f"answer to event {id_of(event)}")
    failed = [f"{one.service}: {'; '.join(one.reasons)}" for one in outcomes if bad(one)]
    if failed:
        raise ForesailError("; ".join(failed))
    return rows
