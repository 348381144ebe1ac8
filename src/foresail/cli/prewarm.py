"""``foresail prewarm``: what to fetch through CloudFront before the next peaks."""

from __future__ import annotations

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
)

app = typer.Typer()


@app.command()
def prewarm(
    config: ConfigOption = CONFIG, service: ServiceOption = None, as_json: JsonOption = False
) -> None:
    """List what to fetch, 15 minutes before each peak; nothing is fetched."""
    from foresail.pipeline.prewarm import prewarm as listed

    loaded = load(config)
    found = listed(loaded, connect(loaded), clock(), service)
    if as_json:
        print_json(found.to_json())
        return
    for peak in found.peaks:
        said = f"{peak.time:%Y-%m-%dT%H:%MZ}: {peak.factor:.1f} times the demand of now"
        typer.echo(f"# {peak.signal} peaks at {said}")
    if not found.peaks:
        typer.echo("# no peak above the demand of now is forecast")
    for fetch in found.fetches:
        typer.echo(f"{fetch.time:%Y-%m-%dT%H:%MZ}  {fetch.url}")
