"""The command that answers an event with an urgent plan."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from foresail.cli.common import (
    CONFIG,
    ConfigOption,
    JsonOption,
    clock,
    connect,
    load,
    print_json,
    say,
)
from foresail.errors import InputError

app = typer.Typer()
MOST = 1_000_000  # characters; AWS sends events of 256 KB, now up to 1 MB


@app.command()
def urgent(
    event: Annotated[
        str, typer.Option("--event", help="A file with the event as JSON, or - for standard input.")
    ],
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Answer an event (an alarm, a business event, demand) by raising the next hours' floor."""
    from foresail.urgent import replan_urgently

    read = _event(event)
    loaded = load(config)
    done = replan_urgently(loaded, connect(loaded), read, clock, progress=say(as_json))
    if as_json:
        print_json([one.to_json() for one in done])
    else:
        for one in done:
            typer.echo(f"{one.service}: {one.state}")
            for reason in one.reasons:
                typer.echo(f"  {reason}")
    if not all(one.good for one in done):
        raise typer.Exit(1)


def _event(name: str) -> Any:
    """Read the event.

    Raises
    ------
    InputError
        It cannot be read, is too long, or is no JSON.
    """
    try:
        if name == "-":
            text = sys.stdin.read(MOST + 1)
        else:
            with Path(name).open(encoding="utf-8") as file:
                text = file.read(MOST + 1)
    except (OSError, UnicodeError) as error:
        raise InputError(f"--event {name}: cannot be read ({error})", cure="name a file") from error
    if len(text) > MOST:
        raise InputError(f"--event {name}: longer than {MOST:,} characters", cure="send one event")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"--event {name}: no JSON ({error})", cure="pass an event as EventBridge sends it"
        ) from error
