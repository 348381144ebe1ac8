"""Plan services and apply what may go by itself; what waits can be approved in Prefect."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import told
from flows.approving import apply_approved, ask
from flows.limits import RETRIES, Throttled
from flows.work import Row, Session, begin, clock, close, each, planned, run_name, runner
from foresail.cycle import Outcome
from foresail.cycle import plan_and_apply as run


@task(task_run_name="plan and apply {service}", cache_policy=NO_CACHE, **RETRIES)
def run_service(session: Session, service: str) -> list[Outcome]:
    """Plan one service and apply what may go by itself."""
    [outcome] = run(session.config, session.aws, clock, service=service, progress=told.say())
    if outcome.throttled:
        raise Throttled("; ".join(outcome.reasons))
    return [outcome]


@flow(flow_run_name=run_name, task_runner=runner())
def plan_and_apply(
    config: Path = Path("foresail.yaml"),
    service: str | None = None,
    timezone: str | None = None,
    approve: Literal["elsewhere", "pause"] = "elsewhere",
    patience_seconds: int = 3600,
) -> list[Row]:
    """Plan and apply all services, one, or those in a time zone.

    Parameters
    ----------
    config
        foresail.yaml, or ``ssm:/foresail/NAME``.
    service
        Only this service.
    timezone
        Only services of this time zone, as schedules ask.
    approve
        ``pause``: the run waits for an answer about plans that need approval. Elsewhere is
        ``foresail approve``, or the token of the event.
    patience_seconds
        How long it waits; unanswered plans wait on, until their own end.
    """
    session = begin(config)
    services = planned(session.config, service, timezone)
    outcomes, failed = each(run_service, session, services, told.Progress("plan-progress"))
    told.plans("plan-changes", session.config, outcomes)
    waiting = [one for one in outcomes if one.state == "waiting"]
    if approve == "pause" and waiting:
        outcomes += apply_approved(session, waiting, ask(waiting, session.config, patience_seconds))
    rows = [one.to_json() for one in outcomes]
    told.table("plan-outcomes", rows, "what the run did with each service")
    failed += [f"{one.service}: {'; '.join(one.reasons)}" for one in outcomes if bad(one)]
    close(failed, services)
    return rows


def bad(outcome: Outcome) -> bool:
    """Whether somebody has to mend something; a service that another run holds is in good hands."""
    return not outcome.good and outcome.state != "held"
