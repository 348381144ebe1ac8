"""Commands on the services of a configuration: pull, plan, apply, status, rollback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresail.cli.code import check_format, write_code
from foresail.cli.common import (
    CONFIG,
    ConfigOption,
    FullOption,
    JsonOption,
    ServiceOption,
    clock,
    confirm,
    connect,
    console,
    load,
    print_json,
    print_rows,
    say,
    warn,
)
from foresail.cli.failing import end_failed, for_each_service, rows_of, tell_failed
from foresail.cli.running import who
from foresail.errors import InputError

if TYPE_CHECKING:
    from foresail.changes.planfile import PlanFile
    from foresail.config import Config

CHANGES_PENDING = 3
DespiteOption = Annotated[
    str | None,
    typer.Option(help="Why to write what is frozen or in maintenance; kept in the journal."),
]
app = typer.Typer()


@app.command()
def pull(
    config: ConfigOption = CONFIG, service: ServiceOption = None, as_json: JsonOption = False
) -> None:
    """Pull CloudWatch history into the local store and show what is there."""
    from foresail.pipeline.refreshing import refresh_each

    loaded = load(config)
    rows, failed = refresh_each(
        loaded, connect(loaded), clock(), service=service, progress=say(as_json)
    )
    shown = rows_of(failed) if as_json else []
    print_rows([*(row.to_json() for row in rows), *shown], as_json=as_json)
    end_failed(failed)


@app.command()
def plan(
    config: ConfigOption = CONFIG,
    service: ServiceOption = None,
    out: Annotated[Path | None, typer.Option(help="Write the reviewed plan here.")] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 3 when changes are pending.")
    ] = False,
    form: Annotated[
        str | None, typer.Option("--format", help="As code: terraform or cloudformation.")
    ] = None,
    full: FullOption = False,
    as_json: JsonOption = False,
) -> None:
    """Pull, forecast and plan; print the change set, or the plan as code. Writes nothing to AWS."""
    from foresail.files import check_writable
    from foresail.signing import signing_key

    if out is not None:
        check_writable(out, "--out")
    if form is not None:
        check_format(form, as_json=as_json)
    loaded = load(config)
    key = None if out is None else signing_key(connect(loaded))
    made = _make_plan(loaded, service, as_json=as_json)
    if form is not None:
        write_code(loaded, made, connect(loaded), form, out)
    else:
        if out is not None:
            made.write(out, key)
        _show_plan(loaded, made, as_json=as_json, full=full)
    refused = any(tier.refused for tier in made.tiers)
    if out is not None and form is None and not as_json:
        then = "apply will refuse it" if refused else f"apply it with: foresail apply {out}"
        typer.echo(f"plan written to {out}; {then}")
    tell_failed(made.failed)
    if refused or made.failed:
        raise typer.Exit(1)
    if detailed_exitcode and made.has_changes:
        raise typer.Exit(CHANGES_PENDING)


@app.command()
def apply(
    plan_file: Annotated[Path | None, typer.Argument(help="A plan of foresail plan --out.")] = None,
    config: ConfigOption = CONFIG,
    service: ServiceOption = None,
    auto_approve: Annotated[
        bool, typer.Option("--auto-approve", help="Do not ask before writing.")
    ] = False,
    despite_freeze: DespiteOption = None,
    full: FullOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a plan to AWS in safe order, then read it back. A reviewed file is not asked about."""
    from foresail.changes.planfile import read_plan
    from foresail.signing import signing_key

    loaded = load(config)
    if plan_file is not None and service is not None:
        raise InputError(
            "--service does not go with a plan file: it is applied whole",
            cure=f"plan that service alone: foresail plan --service {service} --out plan.json",
        )
    if plan_file is not None:
        made = read_plan(plan_file, signing_key(connect(loaded)))
        _check_config(made, loaded, plan_file)
    else:
        made = _make_plan(loaded, service, as_json=as_json)
        _show_plan(loaded, made, as_json=as_json, full=full, quiet=as_json)
        if made.has_changes and not auto_approve and not any(t.refused for t in made.tiers):
            confirm("Apply these changes?", as_json=as_json)
    _apply(loaded, made, despite_freeze, as_json=as_json)


@app.command()
def status(
    config: ConfigOption = CONFIG, service: ServiceOption = None, as_json: JsonOption = False
) -> None:
    """Show what stands on AWS, what comes next, and what drifted since the last run."""
    from foresail.operations import status_of
    from foresail.publish.telling import after_status

    loaded = load(config)
    aws, now = connect(loaded), clock()
    rows, failed = for_each_service(loaded, service, lambda name: status_of(loaded, aws, now, name))
    after_status(loaded, aws, [row.to_json() for row in rows], now, warn)
    if as_json:
        print_json([*(row.to_json() for row in rows), *rows_of(failed)])
    else:
        screen = console()
        for line in (line for row in rows for line in row.lines()):
            screen.print(line, highlight=False)
    end_failed(failed)


@app.command()
def rollback(
    config: ConfigOption = CONFIG,
    service: ServiceOption = None,
    auto_approve: Annotated[
        bool, typer.Option("--auto-approve", help="Do not ask before writing.")
    ] = False,
    despite_freeze: DespiteOption = None,
    full: FullOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put back what stood before the last apply, from the journal."""
    from foresail.operations import rollback_all, rollback_plan
    from foresail.terminal import change_table, summary

    loaded = load(config)
    aws, now = connect(loaded), clock()
    todo = rollback_plan(loaded, aws, now, service)
    screen = console(stderr=as_json)
    for step in todo:
        zone = loaded.zone(step.tier.service, step.tier.tier)
        screen.print(change_table(step.changes, zone, full=full))
        screen.print(summary(step.changes))
    pending = any(step.changes.pending for step in todo)
    if pending and not auto_approve:
        confirm("Put this back?", as_json=as_json)
    by = _who(aws, despite_freeze)
    despite = despite_freeze is not None
    done = rollback_all(
        loaded, aws, todo, clock, say(as_json), approved_by=by, despite_freeze=despite
    )
    if as_json:
        print_json(done)
    else:
        for row in done:
            typer.echo(f"{row['target']}: run {row['run']} rolled back, read back and verified")


def _make_plan(config: Config, service: str | None, *, as_json: bool) -> PlanFile:
    from foresail.pipeline import plan_all
    from foresail.publish.telling import after_plan

    aws, now = connect(config), clock()
    made, planned = plan_all(config, aws, now, service=service, progress=say(as_json))
    after_plan(config, aws, made, planned, now, warn)
    return made


def _show_plan(
    config: Config, made: PlanFile, *, as_json: bool, full: bool = False, quiet: bool = False
) -> None:
    if quiet:
        return
    if as_json:
        print_json(
            {
                "id": made.id,
                "changes_pending": made.has_changes,
                "tiers": [
                    {
                        **tier.to_json(),
                        "changes": [c.to_json() for c in tier.changes(made.created).changes],
                        "warnings": list(tier.changes(made.created).warnings),
                    }
                    for tier in made.tiers
                ],
                "failed": [one.to_json() for one in made.failed],
            }
        )
        return
    from foresail.pipeline import tiers
    from foresail.terminal import print_plan

    zones = {t.name: config.zone(t.service, t.tier) for t in tiers(config)}
    for tier in made.tiers:
        zone = zones[f"{tier.service}/{tier.tier}"]
        print_plan(console(), tier, made.created, zone, full=full)


def _check_config(made: PlanFile, config: Config, path: Path) -> None:
    if made.config_digest != config.digest():
        raise InputError(
            f"{path}: the configuration changed since the plan was made",
            cure="review a new one: foresail plan --out plan.json",
        )


def _who(aws: Any, despite_freeze: str | None) -> str:
    """Say who writes, and why in spite of a freeze.

    Raises
    ------
    InputError
        When no reason is given.
    """
    if despite_freeze is None:
        return who(aws, None)
    if not despite_freeze.strip():
        raise InputError(
            "--despite-freeze needs a reason", cure='say why: --despite-freeze "users see errors"'
        )
    return f"{who(aws, None)}, despite the freeze: {despite_freeze}"


def _apply(config: Config, made: PlanFile, despite_freeze: str | None, *, as_json: bool) -> None:
    from foresail.operations import apply_all
    from foresail.publish.telling import after_apply

    aws = connect(config)
    by, despite = _who(aws, despite_freeze), despite_freeze is not None
    done = apply_all(config, made, aws, clock, say(as_json), approved_by=by, despite_freeze=despite)
    after_apply(config, aws, made, done, clock(), warn)
    if as_json:
        print_json([*done, *rows_of(made.failed)])
    else:
        for row in done:
            typer.echo(_said(row))
    end_failed(made.failed)


def _said(row: dict[str, Any]) -> str:
    if row["run"] is None:
        return f"{row['target']}: no changes"
    return (
        f"{row['target']}: {row['created']} created, {row['updated']} updated, "
        f"{row['deleted']} deleted; read back and verified"
    )
