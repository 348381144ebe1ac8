"""Learn anew from all history that is kept: levels of quantiles, and what plans take as given."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import told
from flows.limits import RETRIES
from flows.work import Row, Session, begin, chosen, close, each, run_name, runner
from foresail.pipeline.retraining import retrain as run


@task(task_run_name="retrain {service}", cache_policy=NO_CACHE, **RETRIES)
def retrain_service(session: Session, service: str) -> list[Row]:
    """Learn the tiers of one service anew."""
    rows = run(session.config, session.aws, session.now, service=service, progress=told.say())
    return [one.to_json() for one in rows]


@flow(flow_run_name=run_name, task_runner=runner())
def retrain(
    config: Path = Path("foresail.yaml"), service: str | None = None, timezone: str | None = None
) -> list[Row]:
    """Retrain all services, one, or those in a time zone.

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
    rows, failed = each(retrain_service, session, services, told.Progress("retrain-progress"))
    told.table("retrain-outcomes", rows, "what was learned, and what foresail.yaml has to follow")
    close(failed, services)
    return rows
