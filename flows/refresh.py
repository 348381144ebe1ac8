"""Bring history up to now: pull CloudWatch into the store, and tell what demand it holds."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task

from flows import told
from flows.limits import ONCE_A_PERIOD, RETRIES
from flows.work import Row, Session, begin, chosen, close, each, run_name, runner
from foresail.pipeline.refreshing import refresh as pull


@task(
    task_run_name="pull {service}",
    cache_policy=ONCE_A_PERIOD,
    persist_result=True,
    result_serializer="json",
    **RETRIES,
)
def pull_service(session: Session, service: str) -> list[Row]:
    """Pull one service; within a period of its metrics once is enough."""
    rows = pull(session.config, session.aws, session.now, service=service, progress=told.say())
    return [row.to_json() for row in rows]


@flow(flow_run_name=run_name, task_runner=runner())
def refresh(
    config: Path = Path("foresail.yaml"), service: str | None = None, timezone: str | None = None
) -> list[Row]:
    """Pull the history of all services, of one, or of those in a time zone.

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
    rows, failed = each(pull_service, session, services, told.Progress("refresh-progress"))
    told.table("refresh-demand", rows, "what the store holds of each tier's demand")
    close(failed, services)
    return rows
