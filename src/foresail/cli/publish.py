"""``foresail publish``: forecasts, alarms, dashboards and rules, on AWS for others to see."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from foresail.cli.common import (
    CONFIG,
    ConfigOption,
    JsonOption,
    ServiceOption,
    clock,
    connect,
    load,
    print_json,
    print_rows,
    warn,
)
from foresail.cli.failing import end_failed, for_each_service, rows_of
from foresail.errors import InputError

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.config import Config
    from foresail.failures import ServiceFailure
    from foresail.publish.metrics import Sent
    from foresail.publish.writes import Write

app = typer.Typer()


@app.command()
def publish(
    config: ConfigOption = CONFIG,
    service: ServiceOption = None,
    alarms: Annotated[
        bool, typer.Option("--alarms", help="Alarms on demand above the forecast; detectors.")
    ] = False,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="A CloudWatch dashboard per service.")
    ] = False,
    replan_rule: Annotated[
        bool, typer.Option("--replan-rule", help="EventBridge rules that ask for a new plan.")
    ] = False,
    health: Annotated[
        bool, typer.Option("--health", help="Alarms and a dashboard of foresail's own health.")
    ] = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete what is named, where foresail owns it.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written; write nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Publish the next two hours of each forecast as metrics; or what the options name.

    Run it hourly or more often: CloudWatch takes times two hours ahead at most.
    """
    named = (alarms, dashboard, replan_rule, health)
    things = [n for n, on in zip(THINGS, named, strict=True) if on]
    if not things and (delete or dry_run):
        raise InputError(
            f"{'--delete' if delete else '--dry-run'} of what?",
            cure="add --alarms, --dashboard, --replan-rule or --health; published metrics stay",
        )
    loaded = load(config)
    if not things:
        sent, failed = _metrics(loaded, service)
        _show_sent(sent, failed, as_json=as_json)
        end_failed(failed)
        return
    writes = [
        write
        for thing in things
        for write in _carry_out(thing, loaded, service, delete=delete, dry_run=dry_run)
    ]
    _show_writes(writes, as_json=as_json, dry_run=dry_run)


THINGS = ("alarms", "dashboard", "replan-rule", "health")


def _metrics(config: Config, service: str | None) -> tuple[list[Sent], tuple[ServiceFailure, ...]]:
    from foresail.places import at_each_place
    from foresail.publish.metrics import open_record, publish_forecasts

    aws, now = connect(config), clock()

    def there(local: Config, access: Aws) -> list[Sent]:
        name = local.services[0].name
        return publish_forecasts(local, access, open_record(local, access), now, name)

    def one(name: str) -> list[Sent]:
        return at_each_place(config, aws, name, there)

    return for_each_service(config, service, one)


def _carry_out(
    thing: str, config: Config, service: str | None, *, delete: bool, dry_run: bool
) -> list[Write]:
    """List, diff and write one kind of thing."""
    from foresail.pipeline import tiers
    from foresail.places import at_each_place
    from foresail.publish import rules

    tiers(config, service)  # an unknown service is told before anything is asked
    aws = connect(config)
    if thing == "health":
        return _health(config, aws, service=service, delete=delete, dry_run=dry_run)
    if thing != "replan-rule":
        kind = _alarms if thing == "alarms" else _dashboards
        there = partial(kind, service=service, delete=delete, dry_run=dry_run)
        return at_each_place(config, aws, service, there)
    writes = rules.rule_writes(config, aws, delete=delete)
    rules.write_rules(config, aws, () if dry_run else writes)
    return writes


def _health(
    config: Config, aws: Aws, *, service: str | None, delete: bool, dry_run: bool
) -> list[Write]:
    """Alarms first: the dashboard shows those that stand."""
    from foresail.publish.alarms import write_alarms
    from foresail.publish.dashboards import write_dashboards
    from foresail.publish.health_alarms import health_alarm_writes
    from foresail.publish.health_dashboard import health_dashboard_writes

    alarms = health_alarm_writes(config, aws, service, delete=delete)
    write_alarms(aws, () if dry_run else alarms)
    gone = delete and service is None
    boards = health_dashboard_writes(config, aws, delete=gone) if gone or not delete else []
    write_dashboards(aws, () if dry_run else boards)
    return [*alarms, *boards]


def _dashboards(
    config: Config, aws: Aws, *, service: str | None, delete: bool, dry_run: bool
) -> list[Write]:
    from foresail.publish.dashboards import dashboard_writes, write_dashboards

    writes = dashboard_writes(config, aws, service, delete=delete)
    write_dashboards(aws, () if dry_run else writes)
    return writes


def _alarms(
    config: Config, aws: Aws, *, service: str | None, delete: bool, dry_run: bool
) -> list[Write]:
    """Alarms, and anomaly detectors where they are configured, or were."""
    from foresail.publish.alarms import alarm_writes, without_demand, write_alarms
    from foresail.publish.detectors import detector_writes, write_detectors
    from foresail.publish.metrics import open_record

    for name in without_demand(config, service):
        warn(f"{name}: CloudWatch cannot compute its demand; only a stale forecast is told")
    record = open_record(config, aws)
    writes = alarm_writes(config, aws, service, delete=delete)
    detectors: list[Write] = []
    if config.publish.anomaly_detectors or record.detectors():
        gone = delete or not config.publish.anomaly_detectors
        detectors = detector_writes(config, aws, record, clock(), service, delete=gone)
    if not dry_run:
        write_alarms(aws, writes)
        write_detectors(aws, record, detectors)
    return [*writes, *detectors]


def _show_sent(sent: Sequence[Sent], failed: Sequence[ServiceFailure], *, as_json: bool) -> None:
    if as_json:
        print_json([*(one.to_json() for one in sent), *rows_of(failed)])
        return
    for one in sent:
        until = f", up to {one.until:%Y-%m-%d %H:%M}Z" if one.until else ""
        typer.echo(f"{one.tier}: {one.points} points published{until} (forecast {one.forecast})")
        if one.ended:
            warn(f"the stored forecast of {one.tier} has ended; make another: foresail plan")


def _show_writes(writes: Sequence[Write], *, as_json: bool, dry_run: bool) -> None:
    rows = [write.to_json() for write in writes]
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("nothing of foresail's stands there")
        return
    print_rows(rows, as_json=False)
    pending = sum(write.operation != "keep" for write in writes)
    done = "would be written" if dry_run else "written"
    typer.echo(f"{pending} {done}, {len(writes) - pending} unchanged")
