"""Replay services' past under each scaling policy: what it would have cost and missed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import told
from flows.limits import RETRIES
from flows.work import Row, Session, begin, chosen, close, each, run_name, runner
from foresail import __version__
from foresail.backtest.job import LIMIT, Job, Wish
from foresail.backtest.run import backtest as run
from foresail.backtest.summary import summary
from foresail.pipeline.backtesting import replayable
from foresail.prices.price import example_price
from foresail.replay.case import Rules
from foresail.report.backtest_files import write_backtest


@task(task_run_name="backtest {service}", cache_policy=NO_CACHE, **RETRIES)
def backtest_service(
    session: Session, service: str, limit: float, days: float, output: Path
) -> list[Row]:
    """Replay one service and write its report; links it."""
    past = replayable(session.config, session.aws, session.now, service)
    rules = Rules(warmup=timedelta(days=days), place=past.place)
    job = Job(rules, Wish(limit), example_price(), unit_capacity=past.unit_capacity)
    done = run(past.demand, job)
    report = write_backtest(done, summary(done, session.now, __version__), output / service, "html")
    told.link(told.key_of("backtest", service), report, f"backtest of {service}")
    return [_row(one.series, done.ours, one.chosen[done.ours]) for one in done.outcomes]


def _row(series: str, policy: str, ours: Any) -> Row:
    return {"series": series, "policy": policy, "setting": ours.setting, "verdict": ours.verdict}


@flow(flow_run_name=run_name, task_runner=runner())
def backtest(
    config: Path = Path("foresail.yaml"),
    service: str | None = None,
    timezone: str | None = None,
    limit: float = LIMIT,
    warmup_days: float = 8,
    output: Path = Path(".foresail/backtests"),
) -> list[Row]:
    """Backtest all services, one, or those in a time zone.

    Parameters
    ----------
    config
        foresail.yaml, or ``ssm:/foresail/NAME``.
    service
        Only this service.
    timezone
        Only services of this time zone, as schedules ask.
    limit
        Share of time that may be under capacity.
    warmup_days
        History before the replay.
    output
        Folder for a report of each service.
    """
    session = begin(config)
    services = chosen(session.config, service, timezone)
    bar = told.Progress("backtest-progress")
    rows, failed = each(
        backtest_service, session, services, bar, limit=limit, days=warmup_days, output=output
    )
    told.table("backtest-verdicts", rows, "what each series would have had, on days not chosen by")
    close(failed, services)
    return rows
