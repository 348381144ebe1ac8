"""The command that turns a scaling plan of AWS Auto Scaling into a foresail.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from foresail.policies.scaling_plan import Imported

app = typer.Typer()


@app.command(name="import-plan")
def import_plan(
    name: Annotated[str, typer.Argument(help="Name of the scaling plan.")],
    region: Annotated[str | None, typer.Option(help="Region; else as boto3 finds it.")] = None,
) -> None:
    """Print an AWS Auto Scaling plan as a foresail.yaml to review. Reads only.

    Delete the plan before foresail applies: both would set the same policies.
    """
    import yaml

    from foresail.aws import Aws
    from foresail.discovery.scaling_plans import scaling_plan
    from foresail.policies.scaling_plan import imported

    aws = Aws(region=region)
    found = imported(scaling_plan(aws, name))
    for line in found.left_out:
        typer.echo(f"# left out: {line}")
    where = {"region": region} if region else {}
    typer.echo(yaml.safe_dump({**where, **_services(name, found)}, sort_keys=False), nl=False)


def _services(name: str, found: Imported) -> dict[str, Any]:
    plain = "".join(c if c.isalnum() or c in "._-" else "-" for c in name)[:64]
    return {"services": [{"name": plain, "tiers": list(found.tiers)}]}
