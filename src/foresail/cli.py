"""The command line: each command is a thin face of a library call; errors end in exit 2."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from foresail.errors import ForesailError, InputError

if TYPE_CHECKING:
    from rich.console import Console

    from foresail.changes.planfile import PlanFile
    from foresail.config import Config

CHANGES_PENDING = 3

app = typer.Typer(
    name="foresail",
    help="Capacity ahead of demand on AWS: forecast, plan, review, apply, roll back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
sandbox_app = typer.Typer(help="An AWS endpoint on this machine to try things on.")
app.add_typer(sandbox_app, name="sandbox")

ConfigOption = Annotated[
    Path, typer.Option("--config", "-c", help="Configuration file.", envvar="FORESAIL_CONFIG")
]
ServiceOption = Annotated[str | None, typer.Option(help="Only this service.")]
FullOption = Annotated[bool, typer.Option("--full", help="Print every change.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print results as JSON.")]
CONFIG = Path("foresail.yaml")


def main() -> NoReturn:
    """Run the command line; a foresail error prints its cure and sets the exit code."""
    try:
        app()
    except ForesailError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    sys.exit(0)


@app.command()
def demo(
    trace: Annotated[
        Path | None, typer.Option(help="CSV[.gz] with timestamp,value to use as demand.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("foresail-demo"),
    as_json: JsonOption = False,
) -> None:
    """Do the whole job on an embedded AWS, with a report to open at the end."""
    from foresail.demo import run_demo

    done = run_demo(_console(stderr=as_json), trace=trace, output=output)
    if as_json:
        _json({"report": str(done.report), "scores": done.scores.to_dict("records")})


@app.command()
def pull(
    config: ConfigOption = CONFIG, service: ServiceOption = None, as_json: JsonOption = False
) -> None:
    """Pull CloudWatch history into the local store and show what is there."""
    from foresail.pipeline import pull_demand, tiers

    loaded = _config(config)
    aws, now = _aws(loaded), _now()
    rows = [
        _demand_row(tier.name, pull_demand(tier, aws, now, _say(as_json)))
        for tier in tiers(loaded, service)
    ]
    _print_rows(rows, as_json=as_json)


@app.command()
def forecast(
    file: Annotated[Path, typer.Argument(help="CSV[.gz] or Parquet: timestamp,value[,series].")],
    horizon: Annotated[str, typer.Option(help="How far ahead: 48h, 7d.")] = "48h",
    quantiles: Annotated[
        str, typer.Option(help="Comma-separated, each in (0, 1).")
    ] = "0.5,0.9,0.95",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV[.gz] or Parquet to write.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast the series of a file with quantiles; needs no AWS."""
    from foresail.files import check_writable
    from foresail.forecast.api import forecast_series
    from foresail.history.files import read_history, write_frame
    from foresail.history.frame import check_history

    if output is not None:
        check_writable(output, "--output")
    history = check_history(read_history(file), name=str(file))
    made = forecast_series(history, horizon=horizon, quantiles=_quantiles(quantiles))
    if output is not None:
        write_frame(made.frame, output)
    elif not as_json:
        typer.echo(made.frame.to_csv(index=False), nl=False)
    series = [{str(k): v for k, v in row.items()} for row in made.details.to_dict("records")]
    if as_json:
        frame = made.frame.assign(timestamp=made.frame["timestamp"].map(lambda t: t.isoformat()))
        _json({"forecast": frame.to_dict("records"), "series": series})
    elif output is not None:
        _print_rows(series, as_json=False)
        typer.echo(f"wrote {len(made.frame)} rows to {output}")


@app.command()
def plan(
    config: ConfigOption = CONFIG,
    service: ServiceOption = None,
    out: Annotated[Path | None, typer.Option(help="Write the reviewed plan here.")] = None,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 3 when changes are pending.")
    ] = False,
    full: FullOption = False,
    as_json: JsonOption = False,
) -> None:
    """Pull, forecast and plan; print the change set. Writes nothing to AWS."""
    from foresail.files import check_writable

    if out is not None:
        check_writable(out, "--out")
    loaded = _config(config)
    made = _make_plan(loaded, service, as_json=as_json)
    if out is not None:
        made.write(out)
    _show_plan(loaded, made, as_json=as_json, full=full)
    refused = any(tier.refused for tier in made.tiers)
    if out is not None and not as_json:
        then = "apply will refuse it" if refused else f"apply it with: foresail apply {out}"
        typer.echo(f"plan written to {out}; {then}")
    if refused:
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
    full: FullOption = False,
    as_json: JsonOption = False,
) -> None:
    """Write a plan to AWS in safe order, then read it back. A reviewed file is not asked about."""
    from foresail.changes.planfile import read_plan

    loaded = _config(config)
    if plan_file is not None and service is not None:
        raise InputError(
            "--service does not go with a plan file: it is applied whole",
            cure=f"plan that service alone: foresail plan --service {service} --out plan.json",
        )
    if plan_file is not None:
        made = read_plan(plan_file)
        _check_config(made, loaded, plan_file)
    else:
        made = _make_plan(loaded, service, as_json=as_json)
        _show_plan(loaded, made, as_json=as_json, full=full, quiet=as_json)
        if made.has_changes and not auto_approve and not any(t.refused for t in made.tiers):
            typer.confirm("Apply these changes?", abort=True, err=as_json)
    _apply(loaded, made, as_json=as_json)


@app.command()
def status(
    config: ConfigOption = CONFIG, service: ServiceOption = None, as_json: JsonOption = False
) -> None:
    """Show what stands on AWS, what comes next, and what drifted since the last run."""
    from foresail.operations import status_of

    loaded = _config(config)
    rows = status_of(loaded, _aws(loaded), _now(), service)
    if as_json:
        _json([row.to_json() for row in rows])
        return
    console = _console()
    for row in rows:
        for line in row.lines():
            console.print(line, highlight=False)


@app.command()
def rollback(
    config: ConfigOption = CONFIG,
    service: ServiceOption = None,
    auto_approve: Annotated[
        bool, typer.Option("--auto-approve", help="Do not ask before writing.")
    ] = False,
    full: FullOption = False,
    as_json: JsonOption = False,
) -> None:
    """Put back what stood before the last apply, from the journal."""
    from foresail.operations import rollback_all, rollback_plan
    from foresail.terminal import change_table, summary

    loaded = _config(config)
    aws, now = _aws(loaded), _now()
    todo = rollback_plan(loaded, aws, now, service)
    console = _console(stderr=as_json)
    for step in todo:
        zone = loaded.zone(step.tier.service, step.tier.tier)
        console.print(change_table(step.changes, zone, full=full))
        console.print(summary(step.changes))
    pending = any(step.changes.pending for step in todo)
    if pending and not auto_approve:
        typer.confirm("Put this back?", abort=True, err=as_json)
    done = rollback_all(loaded, aws, todo, _clock, _say(as_json))
    if as_json:
        _json(done)
    else:
        for row in done:
            typer.echo(f"{row['target']}: run {row['run']} rolled back, read back and verified")


@sandbox_app.command("start")
def sandbox_start(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes a free one.")] = 5555,
    seed: Annotated[
        bool, typer.Option("--seed/--empty", help="With the demo's shop in it.")
    ] = True,
    write_config: Annotated[
        Path | None, typer.Option(help="Write a foresail.yaml for the shop here.")
    ] = None,
) -> None:
    """Serve an embedded AWS until Ctrl-C; point boto3, foresail or the aws CLI at it."""
    from foresail.demo.sandbox import start

    start(port, seed=seed, config=write_config, say=typer.echo)


def _make_plan(config: Config, service: str | None, *, as_json: bool) -> PlanFile:
    from foresail.pipeline import plan_all

    made, _ = plan_all(config, _aws(config), _now(), service=service, progress=_say(as_json))
    return made


def _show_plan(
    config: Config, made: PlanFile, *, as_json: bool, full: bool = False, quiet: bool = False
) -> None:
    if quiet:
        return
    if as_json:
        _json(
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
            }
        )
        return
    from foresail.pipeline import tiers
    from foresail.terminal import print_plan

    zones = {t.name: config.zone(t.service, t.tier) for t in tiers(config)}
    for tier in made.tiers:
        zone = zones[f"{tier.service}/{tier.tier}"]
        print_plan(_console(), tier, made.created, zone, full=full)


def _check_config(made: PlanFile, config: Config, path: Path) -> None:
    if made.config_digest != config.digest():
        raise InputError(
            f"{path}: the configuration changed since the plan was made",
            cure="review a new one: foresail plan --out plan.json",
        )


def _apply(config: Config, made: PlanFile, *, as_json: bool) -> None:
    from foresail.operations import apply_all

    done = apply_all(config, made, _aws(config), _clock, _say(as_json))
    if as_json:
        _json(done)
        return
    for row in done:
        if row["run"] is None:
            typer.echo(f"{row['target']}: no changes")
        else:
            typer.echo(
                f"{row['target']}: {row['created']} created, {row['updated']} updated, "
                f"{row['deleted']} deleted; read back and verified"
            )


def _config(path: Path) -> Config:
    from foresail.config import load_config

    return load_config(path)


def _aws(config: Config) -> Any:
    from foresail.aws import Aws

    return Aws(region=config.region)


def _clock() -> datetime:
    return datetime.now(UTC)


def _now() -> datetime:
    return _clock()


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, soft_wrap=False)


def _say(as_json: bool) -> Any:
    return (lambda _: None) if as_json else (lambda text: typer.echo(text, err=True))


def _quantiles(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"--quantiles {text!r} is not a list of numbers", cure="write 0.5,0.9,0.95"
        ) from error


def _demand_row(name: str, demand: Any) -> dict[str, Any]:
    return {
        "tier": name,
        "rows": len(demand),
        "from": demand["timestamp"].min().isoformat(),
        "to": demand["timestamp"].max().isoformat(),
        "censored": int(demand["censored"].sum()),
    }


def _json(data: object) -> None:
    typer.echo(json.dumps(data, indent=2, default=str))


def _print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        _json(rows)
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for key in rows[0] if rows else ():
        table.add_column(key)
    for row in rows:
        table.add_row(*(f"{v:.3g}" if isinstance(v, float) else str(v) for v in row.values()))
    _console().print(table)


if __name__ == "__main__":
    main()
