"""Commands about an account: which targets there are, and what foresail needs to be allowed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foresail.cli.common import CONFIG, ConfigOption, JsonOption, load, print_json, print_rows
from foresail.errors import InputError

if TYPE_CHECKING:
    from foresail.targets.base import Target

app = typer.Typer()


@app.command()
def targets(as_json: JsonOption = False) -> None:
    """List the target types: what each scales, its quota, what it supports, its IAM actions."""
    from foresail.targets.registry import target_classes

    classes = target_classes().values()
    if as_json:
        print_json([_row(cls) | {"read": cls.iam_read, "write": cls.iam_write} for cls in classes])
        return
    print_rows([_row(cls) for cls in classes], as_json=False)
    services = sorted({a.split(":")[0] for cls in classes for a in (*cls.iam_read, *cls.iam_write)})
    typer.echo(
        f"IAM actions ({', '.join(services)}): foresail iam --read-only | --apply, or --json"
    )


def _row(cls: type[Target]) -> dict[str, object]:
    sets = "min, desired" if cls.has_desired else "min"
    return {"type": cls.type_name, "scales": cls.about, "quota": cls.quota, "sets": sets}


@app.command()
def iam(
    read_only: Annotated[
        bool, typer.Option("--read-only", help="What pull, plan and status need.")
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="What apply and rollback need, reading included.")
    ] = False,
    type_names: Annotated[
        list[str] | None,
        typer.Option("--type", help="Only this target type; may be given several times."),
    ] = None,
    config: ConfigOption = CONFIG,
) -> None:
    """Print the least IAM policy, for the target types of the configuration or all there are."""
    from foresail.permissions import policy

    if read_only == apply:
        raise InputError("one policy at a time", cure="add --read-only or --apply")
    print_json(policy(_in_use(type_names, config), write=apply))


def _in_use(type_names: list[str] | None, config: Path) -> list[type[Target]]:
    """Target types that were named, else those of the configuration, else all."""
    from foresail.targets.registry import target_class, target_classes

    if type_names:
        return [target_class(name) for name in type_names]
    if config == CONFIG and not config.exists():
        return list(target_classes().values())
    services = load(config).services
    return [target_class(tier.target.type) for service in services for tier in service.tiers]
