"""The command line: each command is a thin face of a library call; errors end in exit 2."""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from foresail.cli import (
    account,
    backtest,
    files,
    importing,
    parameters,
    publish,
    rollout,
    service,
    setup,
    signals,
    sizing,
    strategy,
    trial,
)
from foresail.errors import ForesailError

app = typer.Typer(
    name="foresail",
    help="Capacity ahead of demand on AWS: forecast, plan, review, apply, roll back.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for part in (
    trial,
    service,
    account,
    setup,
    files,
    signals,
    sizing,
    backtest,
    publish,
    rollout,
    parameters,
    strategy,
    importing,
):
    app.add_typer(part.app)


def main() -> NoReturn:
    """Run the command line; a foresail error prints its cure and sets the exit code."""
    try:
        app()
    except ForesailError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    sys.exit(0)
