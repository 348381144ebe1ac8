"""What the commands share: options, the clock, and how results are printed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresail.cli.guard import visible
from foresail.errors import InputError
from foresail.logs import get_logger, log_format

if TYPE_CHECKING:
    from rich.console import Console

    from foresail.config import Config

ConfigOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="FORESAIL_CONFIG",
        help="Configuration: a file, or ssm:/foresail/NAME for a parameter of Systems Manager.",
    ),
]
ServiceOption = Annotated[str | None, typer.Option(help="Only this service.")]
FullOption = Annotated[bool, typer.Option("--full", help="Print every change.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print results as JSON.")]
CONFIG = Path("foresail.yaml")
log = get_logger(__name__)


def load(path: Path) -> Config:
    """Read the configuration, from a file or from a parameter."""
    from foresail.aws import Aws
    from foresail.config import load_config
    from foresail.remote import is_remote, load_remote

    return load_remote(path, Aws()) if is_remote(path) else load_config(path)


def connect(config: Config) -> Any:
    """Open AWS as the configuration says."""
    from foresail.aws import Aws

    return Aws(region=config.region)


def clock() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def console(*, stderr: bool = False) -> Console:
    """Open the terminal."""
    from foresail.cli.screen import Screen

    return Screen(stderr=stderr)


def say(as_json: bool) -> Any:
    """Tell progress on the terminal's error stream; as a log where each of its lines is one."""
    if log_format() == "json":
        return lambda text: log.info("progress", message=text)
    return (lambda _: None) if as_json else (lambda text: typer.echo(text, err=True))


def confirm(question: str, *, as_json: bool) -> None:
    """Ask before a write, on the error stream where JSON is printed.

    Raises
    ------
    InputError
        When nobody answers: there is no terminal, as in a script.
    """
    try:
        agreed = typer.confirm(question, err=as_json)
    except typer.Abort as error:
        raise InputError(
            "nobody answered: nothing was written",
            cure="add --auto-approve to write without asking",
        ) from error
    if not agreed:
        raise typer.Abort


def warn(text: str) -> None:
    """Say on the error stream what went wrong beside the run, which goes on."""
    if log_format() == "json":
        log.warning("warning", message=text)
    else:
        typer.echo(f"warning: {text}", err=True)


def print_json(data: object) -> None:
    """Print data as JSON."""
    typer.echo(json.dumps(data, indent=2, default=str))


def print_rows(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print rows as a table, or as JSON."""
    if as_json:
        print_json(rows)
        return
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for number, key in enumerate(rows[0] if rows else ()):
        # The first column names the row: it is there to be copied, and never cut.
        table.add_column(key, no_wrap=number == 0, overflow="fold")
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    console().print(table)


def counted(count: int, noun: str) -> str:
    """Say how many there are: 1 tier, 2 tiers."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%MZ}"
    if isinstance(value, float):
        return f"{value:,.0f}" if 1000 <= abs(value) < float("inf") else f"{value:.3g}"
    return visible(str(value))
