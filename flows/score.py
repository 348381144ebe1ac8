"""Score the plans whose time has passed; scores teach, tune, find drift and set the mode."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import told
from flows.limits import RETRIES
from flows.work import Row, Session, begin, chosen, close, each, run_name, runner
from foresail.pipeline.scoring import score_all


@task(task_run_name="score {service}", cache_policy=NO_CACHE, **RETRIES)
def score_service(session: Session, service: str) -> list[Row]:
    """Score the windows of one service that are due."""
    scores = score_all(session.config, session.aws, session.now, service=service)
    return [one.to_json() for one in scores]


@flow(flow_run_name=run_name, task_runner=runner())
def score(
    config: Path = Path("foresail.yaml"), service: str | None = None, timezone: str | None = None
) -> list[Row]:
    """Score all services, one, or those in a time zone.

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
    rows, failed = each(score_service, session, services, told.Progress("score-progress"))
    told.table("scores", rows, "how plans did, against what reactive scaling would have done")
    close(failed, services)
    return rows
