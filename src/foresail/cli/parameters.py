"""``foresail config push``: the configuration as a parameter of Systems Manager."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from foresail.cli.common import JsonOption, print_json

app = typer.Typer()
config = typer.Typer(help="Keep foresail.yaml in Systems Manager's Parameter Store.")
app.add_typer(config, name="config")


@config.callback()
def _group() -> None:
    """Keep foresail.yaml in Systems Manager's Parameter Store."""


@config.command()
def push(
    source: Annotated[Path, typer.Argument(help="A foresail.yaml.")],
    target: Annotated[str, typer.Argument(help="Where to: ssm:/foresail/storefront.")],
    secure: Annotated[
        bool, typer.Option("--secure", help="Encrypt a new parameter (SecureString).")
    ] = False,
    advanced: Annotated[
        bool, typer.Option("--advanced", help="Allow 8 KB; costs money, and for good.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Validate a configuration and write it to a parameter, where it differs."""
    from foresail.aws import Aws
    from foresail.config.reading import read_text
    from foresail.remote import push as push_text

    text = read_text(source)
    done = push_text(Aws(), text, target, source=str(source), secure=secure, advanced=advanced)
    if as_json:
        print_json(asdict(done))
    else:
        typer.echo(done.said())
