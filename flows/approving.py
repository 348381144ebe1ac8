"""Ask a person in Prefect about plans that wait, and apply what was approved."""

from __future__ import annotations

from collections.abc import Sequence

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput

from flows.told import diff, say
from flows.work import Session, clock
from foresail.config import Config
from foresail.cycle import Outcome
from foresail.cycle.approving import approve
from foresail.cycle.work import Work
from foresail.errors import ForesailError
from foresail.store.opening import open_store

POLL_SECONDS = 5


class Answer(RunInput):
    """Who approves which of the plans that wait; the others wait on.

    Parameters
    ----------
    approved_by
        Your name, as the journal is to have it.
    services
        Whose plans are to be applied.
    note
        Why, in a line.
    """

    approved_by: str
    services: list[str]
    note: str = ""


def ask(waiting: Sequence[Outcome], config: Config, seconds: int) -> Answer | None:
    """Pause the run until somebody answers; None when nobody does in time."""
    asked = Answer.with_initial_data(
        description=_question(waiting, config), services=[one.service for one in waiting]
    )
    try:
        return pause_flow_run(wait_for_input=asked, timeout=seconds, poll_interval=POLL_SECONDS)
    except FlowPauseTimeout:
        say()(f"nobody answered within {seconds} s: the plans wait on")
        return None


def _question(waiting: Sequence[Outcome], config: Config) -> str:
    why = [f"- {one.service}: {reason}" for one in waiting for reason in one.reasons]
    return "\n".join(["Plans that wait for you, and why:", *why, "", diff(config, waiting)])


def apply_approved(
    session: Session, waiting: Sequence[Outcome], answer: Answer | None
) -> list[Outcome]:
    """Apply what the answer names, one after the other."""
    if answer is None:
        return []
    chosen = [one for one in waiting if one.service in answer.services]
    return [
        apply_one(session, one.service, one.plan_id, answer.approved_by, answer.note)
        for one in chosen
    ]


@task(task_run_name="apply approved {service}", cache_policy=NO_CACHE)
def apply_one(session: Session, service: str, plan_id: str, by: str, note: str) -> Outcome:
    """Approve a plan that waits and apply it, through all checks of any apply."""
    store = open_store(session.config, session.aws, clock)
    work = Work(session.config, session.aws, store, clock, say())
    try:
        return approve(work, plan_id, by, note)
    except ForesailError as error:
        return Outcome(service, "failed", plan_id, (str(error),))
