"""``foresail store``: make a team's table, and move what is kept from one store to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from foresail.config import TableStore

app = typer.Typer()
store = typer.Typer(help="Where foresail keeps what it knows.")
app.add_typer(store, name="store")


@store.callback()
def _group() -> None:
    """Where foresail keeps what it knows: a folder, or a table and a bucket for a team."""


@store.command()
def create(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Make the table of `store:`, paid per request; check that its bucket is there."""
    from foresail.store.creating import check_bucket, create_table
    from foresail.store.opening import home_of

    loaded = load(config)
    place = loaded.store
    if isinstance(place, Path):
        raise InputError(
            f"store: {place} is a folder, which the first run makes",
            cure="for a table: store: {table: foresail, bucket: NAME}, as in docs/store.md",
        )
    home = home_of(place, connect(loaded))
    made = create_table(home, place.table)
    check_bucket(home, place.bucket)
    if as_json:
        print_json({"table": place.table, "bucket": place.bucket, "created": made})
    else:
        typer.echo(f"table {place.table} {'made' if made else 'is there'}; {place.bucket} is there")


@store.command()
def migrate(
    to: Annotated[
        str, typer.Option(help="A foresail.yaml (its store: counts), ssm:NAME, or a folder.")
    ],
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Copy the store to another one and compare both; run again, it goes on where it was cut off.

    The source stays as it is. Stop what runs on it first: leases that are held are refused.
    """
    from foresail.store.migrating import migrate as copy
    from foresail.store.opening import open_store, store_at

    loaded = load(config)
    aws = connect(loaded)
    target = store_at(_place(to), aws, clock)
    done = copy(open_store(loaded, aws, clock), target, say(as_json))
    if as_json:
        print_json(done.to_json())
        return
    typer.echo(
        f"{done.records} records ({done.copied} now) and {done.blobs} blobs ({done.written} now) "
        f"are in {done.target}; both stores have the fingerprint {done.digest}"
    )


def _place(to: str) -> Path | TableStore:
    """Store that a configuration names, or a folder."""
    from foresail.remote import is_remote

    path = Path(to)
    if is_remote(path) or path.suffix in (".yaml", ".yml"):
        return load(path).store
    if path.is_file():
        raise InputError(f"{path} is no folder", cure="name a folder, or a foresail.yaml")
    return path
