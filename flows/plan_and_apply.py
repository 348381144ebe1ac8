"""Plan services and apply what may go by itself; what waits can be approved here."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import told
from flows.limits import RETRIES
from flows.work import Row, Session, begin, chosen, clock, close, each, run_name, runner
from foresail.cycle import Outcome
from foresail.cycle import plan_and_apply as run


@task(task_run_name="plan and apply {service}", cache_policy=NO_CACHE, **RETRIES)
def run_service(session: Session, service: str) -> list[Outcome]:
    """Plan one service and apply what may go by itself."""
    return run(session.config, session.aws, clock, service=service)


@flow(flow_run_name=run_name, task_runner=runner())
def plan_and_apply(
    config: Path = Path("foresail.yaml"), service: str | None = None, timezone: str | None = None
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
    """
    session = begin(config)
    services = chosen(session.config, service, timezone)
    outcomes, failed = each(run_service, session, services, told.Progress("plan-progress"))
    rows = [one.to_json() for one in outcomes]
    told.table("plan-outcomes", rows, "what the run did with each service")
    close(failed, services)
    return rows
