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
    as_json: JsonOption = False,
) -> None:
    """Do the whole job on an embedded AWS, with a report to open at the end."""
    from foresail.demo import run_demo

    done = run_demo(console(stderr=as_json), trace=trace, output=output)
    if as_json:
        print_json({"report": str(done.report), "scores": done.scores.to_dict("records")})


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
