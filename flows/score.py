"""Score the plans whose time has passed; scores teach, tune, find drift and set the mode."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import told
from flows.limits import RETRIES
from flows.work import Row, Session, begin, chosen, close, each, run_name, runner
from foresail.pipeline.scoring import ServiceScored, score_services
from foresail.publish.after_scores import after_scores


@task(task_run_name="score {service}", cache_policy=NO_CACHE, **RETRIES)
def score_service(session: Session, service: str) -> list[Row]:
    """Score the windows of one service that are due, and tell what follows."""
    config, aws, now = session.config, session.aws, session.now
    done, _ = score_services(config, aws, now, service=service, progress=told.say())
    after_scores(config, aws, done, now, told.say())
    return [_row(one) for one in done]


def _row(one: ServiceScored) -> Row:
    bad = sum(bool(score.bad) for score in one.scores)
    mode = "forecast only" if one.after.forecast_only else "plans"
    row = {"service": one.service, "windows": len(one.scores), "bad": bad, "mode": mode}
    return {**row, "told": "; ".join(one.lines())}


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
    told.table("score-outcomes", rows, "windows of plans that were scored, and what follows")
    close(failed, services)
    return rows
