"""The command line: each command is a thin face of a library call; errors end in exit 2."""

from __future__ import annotations

import sys
from typing import Annotated, NoReturn

import typer

from foresail import __version__, logs, tracing
from foresail.cli import (
    account,
    backtest,
    deciding,
    files,
    importing,
    parameters,
    prewarm,
    publish,
    rollout,
    running,
    scaling_plan,
    scoring,
    service,
    setup,
    signals,
    sizing,
    store,
    strategy,
    trial,
    ui,
    urgent,
)
from foresail.cli.guard import guarded
from foresail.cli.panels import Arranged
from foresail.errors import ForesailError

app = typer.Typer(
    name="foresail",
    cls=Arranged,
    help="Capacity ahead of demand on AWS: forecast, plan, review, apply, roll back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (
    trial,
    service,
    running,
    deciding,
    account,
    setup,
    files,
    signals,
    sizing,
    backtest,
    publish,
    rollout,
    parameters,
    store,
    strategy,
    importing,
    scaling_plan,
    prewarm,
    scoring,
    urgent,
    ui,
):
    app.add_typer(part.app)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"foresail {__version__}")
        raise typer.Exit


@app.callback()
def _foresail(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Show it and exit."),
    ] = False,
    log_format: Annotated[
        str, typer.Option(envvar="FORESAIL_LOG_FORMAT", help="Logs on stderr: console or json.")
    ] = "console",
    log_level: Annotated[
        str | None,
        typer.Option(envvar="FORESAIL_LOG_LEVEL", help="debug, info, warning (default) or error."),
    ] = None,
    verbose: Annotated[
        int, typer.Option("-v", "--verbose", count=True, help="Steps; -vv each call of AWS too.")
    ] = 0,
) -> None:
    """Capacity ahead of demand on AWS: forecast, plan, review, apply, roll back."""
    level = ("warning", "info", "debug")[min(verbose, 2)]
    logs.configure(log_format, log_level or level)
    logs.bind_run(logs.fresh_run_id())
    tracing.start()


def main() -> NoReturn:
    """Run the command line; a foresail error prints its cure and sets the exit code."""
    with guarded():
        try:
            app()
        except ForesailError as error:
            _tell_error(error)
            sys.exit(error.exit_code)
        sys.exit(0)


def _tell_error(error: ForesailError) -> None:
    if logs.log_format() == "json":
        logs.get_logger(__name__).error("failed", message=error.message, cure=error.cure)
    else:
        typer.echo(f"error: {error}", err=True)
