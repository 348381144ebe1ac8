"""``foresail ui``: a web page to look at, on this machine; it writes nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from foresail.cli.common import CONFIG, ConfigOption, clock, connect, load
from foresail.errors import InputError

app = typer.Typer()


@app.command()
def ui(
    config: ConfigOption = CONFIG,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8080,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="Serve other machines; the page has no login.")
    ] = False,
    name: Annotated[
        list[str] | None,
        typer.Option("--name", help="Name by which a proxy asks; may be given several times."),
    ] = None,
) -> None:
    """Show services, plans against what came, and why, on a web page; read only."""
    _check_installed()
    from foresail.store.opening import open_store
    from foresail.ui.app import application, source
    from foresail.ui.serving import check_host, serve, served_names

    check_host(host, allowed=allow_remote)
    loaded = load(config)
    aws = connect(loaded)
    shown = source(loaded, aws, open_store(loaded, aws, clock), clock)
    typer.echo(f"http://{host}:{port}/ (Ctrl-C stops it)")
    serve(application(shown, served_names(host, tuple(name or ()))), host, port)


def _check_installed() -> None:
    from importlib.util import find_spec

    if not all(map(find_spec, ("starlette", "uvicorn"))):
        raise InputError(
            "the page needs starlette and uvicorn, which are not installed",
            cure="pip install 'foresail[ui]'",
        )
