"""Commands about an account: which targets there are, and what foresail needs to be allowed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresail.cli.common import CONFIG, ConfigOption, JsonOption, load, print_json, print_rows
from foresail.errors import InputError

if TYPE_CHECKING:
    from foresail.config import Config, ServiceConfig, TierConfig
    from foresail.permissions import Use
    from foresail.targets.arns import Place
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
    from foresail.targets.scheduler import ScheduledCall

    sets = "min, desired" if cls.has_desired else "min"
    how = "EventBridge Scheduler" if issubclass(cls, ScheduledCall) else "scheduled actions"
    row: dict[str, object] = {"type": cls.type_name, "scales": cls.about, "unit": cls.unit}
    return row | {"quota": cls.quota, "sets": sets, "through": how}


@app.command()
def iam(
    read_only: Annotated[
        bool, typer.Option("--read-only", help="What pull, plan and status need.")
    ] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="What apply and rollback need, reading included.")
    ] = False,
    scheduler_role: Annotated[
        bool, typer.Option("--scheduler-role", help="What EventBridge Scheduler's role needs.")
    ] = False,
    publishing: Annotated[
        bool, typer.Option("--publish", help="What foresail publish needs, with all its options.")
    ] = False,
    storing: Annotated[
        bool, typer.Option("--store", help="What foresail store create and migrate need.")
    ] = False,
    type_names: Annotated[
        list[str] | None,
        typer.Option("--type", help="Only this target type; may be given several times."),
    ] = None,
    account: Annotated[
        str, typer.Option(help="Of services in this other account (12 digits): for their role.")
    ] = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Print the least IAM policy: for the targets of the configuration, or types, or all there are.

    Where the configuration names a resource and AWS lets a policy name it, the policy does. Each
    account has a policy of its own; that of the caller's also allows taking on the others' roles.
    """
    from foresail.permissions import policy, role_policy

    named = [read_only, apply, scheduler_role, publishing, storing].count(True)
    if named != 1:
        raise InputError(
            f"one policy at a time, not {named}",
            cure="name one: --read-only, --apply, --scheduler-role, --publish or --store",
        )
    if publishing:
        print_json(_publishing(config, account))
        return
    if storing:
        print_json(_storing(config))
        return
    uses, place = _in_use(type_names, config, account)
    if scheduler_role:
        made = role_policy(uses, place=place)
    else:
        made = policy(uses, write=apply, place=place)
        made["Statement"] += [] if type_names else _telling(config, account, write=apply)
    if not made["Statement"]:
        raise InputError(
            "none of these targets is called by EventBridge Scheduler", cure="no role is needed"
        )
    print_json(made)


def _publishing(config: Path, account: str) -> dict[str, Any]:
    from foresail.permissions import VERSION
    from foresail.publish.permissions import publishing

    made = publishing(load(config).of_account(account), config, home=not account)
    return {"Version": VERSION, "Statement": made}


def _storing(config: Path) -> dict[str, Any]:
    from foresail.permissions import VERSION
    from foresail.store.permissions import keeping
    from foresail.store.permissions import storing as using

    store = load(config).store
    if isinstance(store, Path):
        raise InputError(f"store: {store} is a folder", cure="no permission of AWS is needed")
    return {"Version": VERSION, "Statement": [*using(store), *keeping(store)]}


def _telling(config: Path, account: str, *, write: bool) -> list[dict[str, Any]]:
    """Allow what a configuration makes plan and apply tell; nothing where there is none."""
    if config == CONFIG and not config.exists():
        return []
    from foresail.permissions import assuming
    from foresail.pipeline.scaling_plan import statements
    from foresail.publish.permissions import telling
    from foresail.store.permissions import storing

    read = load(config)
    plans = [*statements(read.of_account(account), write=write)]
    if account:
        return plans
    kept = storing(read.store)
    return [*telling(read, config, write=write), *plans, *kept, *assuming(read)]


def _in_use(type_names: list[str] | None, config: Path, account: str) -> tuple[list[Use], Place]:
    """Target types that were named, else the targets of the configuration, else all types."""
    from foresail.permissions import Use
    from foresail.targets.arns import Place
    from foresail.targets.registry import target_class, target_classes

    if type_names:
        return [Use(target_class(name)) for name in type_names], Place()
    if config == CONFIG and not config.exists():
        return [Use(cls) for cls in target_classes().values()], Place()
    read = load(config).of_account(account)
    uses = [
        _use(tier, _place(read, service), planned=service.prefer == "scaling-plan")
        for service in read.services
        for tier in service.tiers
    ]
    return uses, Place(read.region, read.scheduler)


def _place(config: Config, service: ServiceConfig) -> Place:
    from foresail.targets.arns import Place

    return Place(service.region or config.region, config.scheduler_of(service))


def _use(tier: TierConfig, place: Place, *, planned: bool) -> Use:
    """Tell what a tier calls; a scaling plan writes the policies with the caller's rights."""
    from foresail.discovery.boots import reads
    from foresail.permissions import Use
    from foresail.targets.policies import IamOfPolicies, iam_of_policies
    from foresail.targets.registry import target_class

    cls = target_class(tier.target.type)
    measured = reads(tier.target.type) if tier.lead_quantile else ()
    policies = iam_of_policies(cls) if tier.policies or planned else IamOfPolicies()
    read = (*measured, *policies.reads)
    return Use(cls, tier.target.name, reads=read, writes=policies.writes, place=place)
