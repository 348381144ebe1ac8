"""``foresail scaling-plan``: the tiers of a service as one plan of AWS Auto Scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from foresail.cli.common import (
    CONFIG,
    ConfigOption,
    JsonOption,
    ServiceOption,
    connect,
    load,
    print_json,
)

if TYPE_CHECKING:
    from foresail.pipeline.scaling_plan import PlanWrite

app = typer.Typer()


@app.command(name="scaling-plan")
def scaling_plan(
    config: ConfigOption = CONFIG,
    service: ServiceOption = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write it; else only show.")] = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete the plan, where foresail owns it.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show, write or delete the AWS Auto Scaling plan of each service with prefer: scaling-plan."""
    from foresail.pipeline.scaling_plan import scaling_plan_writes, write_scaling_plans

    loaded = load(config)
    aws = connect(loaded)
    writes = scaling_plan_writes(loaded, aws, service, delete=delete)
    if apply:
        write_scaling_plans(loaded, aws, writes)
    if as_json:
        print_json([write.to_json() for write in writes])
        return
    for write in writes:
        _show(write, written=apply)
    if not apply and any(write.operation != "keep" for write in writes):
        typer.echo("nothing was written; add --apply to write it")


def _show(write: PlanWrite, *, written: bool) -> None:
    done = {"create": "created", "update": "updated", "delete": "deleted", "keep": "unchanged"}
    said = done[write.operation] if written or write.operation == "keep" else write.operation
    typer.echo(f"{write.name}: {said}")
    for row in write.instructions:
        tracked = row["TargetTrackingConfigurations"][0]["TargetValue"]
        mode = row.get("PredictiveScalingMode")
        ahead = f", predictive {mode}" if mode else ""
        bounds = f"{row['MinCapacity']} to {row['MaxCapacity']}"
        typer.echo(f"  {row['ResourceId']}: {bounds}, target {tracked:g}{ahead}")
