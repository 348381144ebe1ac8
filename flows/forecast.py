"""Forecast and keep the forecasts; nothing is written to a fleet."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import told
from flows.limits import RETRIES
from flows.work import Row, Session, begin, close, each, planned, run_name, runner
from foresail.pipeline import plan_all
from foresail.publish.telling import after_plan


@task(task_run_name="forecast {service}", cache_policy=NO_CACHE, **RETRIES)
def forecast_service(session: Session, service: str) -> list[Row]:
    """Forecast one service, keep it, and tell of it."""
    say = told.say()
    plan, made = plan_all(session.config, session.aws, session.now, service=service, progress=say)
    after_plan(session.config, session.aws, plan, made, session.now, say)
    return [
        {"tier": one.tier.name, "trust": one.plan.about["trust"], "model": one.plan.about["model"]}
        for one in made
    ]


@flow(flow_run_name=run_name, task_runner=runner())
def forecast(
    config: Path = Path("foresail.yaml"), service: str | None = None, timezone: str | None = None
) -> list[Row]:
    """Forecast all services, one, or those in a time zone.

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
    services = planned(session.config, service, timezone)
    rows, failed = each(forecast_service, session, services, told.Progress("forecast-progress"))
    told.table("forecast-outcomes", rows, "what each tier's forecast rests on")
    close(failed, services)
    return rows
