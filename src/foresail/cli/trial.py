"""Commands to try things on: the demo and the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from foresail.cli.common import JsonOption, console, print_json

app = typer.Typer()
sandbox = typer.Typer(help="An AWS endpoint on this machine to try things on.")
app.add_typer(sandbox, name="sandbox")


@app.command()
def demo(
    trace: Annotated[
        Path | None, typer.Option(help="CSV[.gz] with timestamp,value to use as demand.")
    ] = None,
    output: Annotated[Path, typer.Option(help="Folder for the report.")] = Path("foresail-demo"),
    storefront: Annotated[
        bool, typer.Option(help="Also plan a service of five tiers; never with --trace.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Do the whole job on an embedded AWS, with a report to open at the end."""
    from foresail.demo import run_demo

    screen = console(stderr=as_json)
    done = run_demo(screen, trace=trace, output=output)
    told = {"report": str(done.report), "scores": done.scores.to_dict("records")}
    if storefront and trace is None:
        from foresail.demo.storefront import run_storefront

        screen.print()
        told["storefront"] = [side.to_json() for side in run_storefront(screen, output)]
    if as_json:
        print_json(told)


@sandbox.command("start")
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
