"""``foresail rollout``: carry a plan out as one state machine, tier after tier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresail.cli.common import CONFIG, ConfigOption, JsonOption, clock, connect, load, print_json
from foresail.errors import InputError

if TYPE_CHECKING:
    from foresail.changes.planfile import PlanFile, TierPlan
    from foresail.config import Config, ServiceConfig
    from foresail.rollout.deploy import Rollout

app = typer.Typer()


@app.command()
def rollout(
    plan: Annotated[Path, typer.Argument(help="Plan file of foresail plan --out.")],
    service: Annotated[
        str | None, typer.Option(help="Which service, if there are several.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the definition here.")
    ] = None,
    start: Annotated[bool, typer.Option("--start", help="Create the machine and run it.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the plan's execution.")] = False,
    role: Annotated[
        str | None, typer.Option(help="ARN of the role that the machine takes.")
    ] = None,
    policy: Annotated[
        bool, typer.Option("--policy", help="Print the policy that the role needs.")
    ] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Carry a plan out by Step Functions: in order, once ready, checked, put back on failure.

    Without --start it prints the definition, or writes it to --output; with --role alone it says
    how the plan's execution stands.
    """
    from foresail.changes.planfile import read_plan
    from foresail.rollout.machine import role_policy
    from foresail.signing import signing_key

    if start and stop:
        raise InputError("--start and --stop are both given", cure="give one of them")
    loaded = load(config)
    made = read_plan(plan, signing_key(connect(loaded)))
    one, tiers = _service(loaded, made, service)
    if role is None and (start or stop):
        raise InputError(
            "the machine needs a role", cure="add --role ARN; see docs/coordination.md"
        )
    if stop:
        _stop(loaded, made, one, str(role), as_json=as_json)
        return
    definition = _definition(loaded, made, one, tiers)
    if policy:
        print_json(role_policy(definition, tiers))
        return
    if output is not None:
        _write(output, definition)
    if role is None:
        if output is None:
            print_json(definition)
        return
    machine = _machine(loaded, one, role)
    if start:
        _start(machine, loaded, made, tiers, definition, as_json=as_json)
    _tell(machine.status(made.id), made.id, as_json=as_json)


def _definition(
    config: Config, made: PlanFile, service: ServiceConfig, tiers: list[TierPlan]
) -> dict[str, Any]:
    from foresail.rollout.machine import state_machine

    if made.config_digest != config.digest():
        raise InputError(
            "the configuration changed since the plan was made",
            cure="review a new one: foresail plan --out plan.json",
        )
    weighted = {one.name for one in service.tiers if max(one.weights) > 1}
    return state_machine(tiers, service.needs(), now=clock(), uncounted=weighted)


def _machine(config: Config, service: ServiceConfig, role: str) -> Rollout:
    from foresail.places import aws_of
    from foresail.rollout.deploy import Rollout

    return Rollout(aws_of(connect(config), service), service.name, role)


def _stop(
    config: Config, made: PlanFile, service: ServiceConfig, role: str, *, as_json: bool
) -> None:
    machine = _machine(config, service, role)
    machine.stop(made.id, "stopped by foresail rollout --stop")
    _tell(machine.status(made.id), made.id, as_json=as_json)


def _start(
    machine: Rollout,
    config: Config,
    made: PlanFile,
    tiers: list[TierPlan],
    definition: dict[str, Any],
    *,
    as_json: bool,
) -> None:
    """Start a plan that is still right; one that was started already is left to run.

    It starts under the service's lease: no other run writes there in that moment.
    """
    from foresail.operations import target_of
    from foresail.operations.leasing import leased
    from foresail.overrides.gate import check_writable
    from foresail.rollout.deploy import check_startable
    from foresail.store.opening import open_store

    aws = connect(config)
    store, service = open_store(config, aws, clock), config.service(tiers[0].service)
    with leased(store.leases, service.name) as fence:
        if machine.status(made.id) is None:
            check_writable(store.records, service, clock())
            read = [target_of(tier, config, aws).read(tier.live.name) for tier in tiers]
            check_startable(tiers, read, clock())
        fence.keep()
        done = machine.start(definition, made.id)
    if not as_json:
        typer.echo(f"{machine.name}: {done.machine}; plan {made.id} runs as {done.execution}")
        for name in done.stopped:
            typer.echo(f"stopped the execution of plan {name}")


def _tell(status: dict[str, Any] | None, plan_id: str, *, as_json: bool) -> None:
    if status is None:
        raise InputError(f"plan {plan_id} was never started", cure="start it: --start")
    shown = {k: status[k] for k in ("name", "status", "startDate", "stopDate", "error", "cause")
             if k in status}  # fmt: skip
    if as_json:
        print_json(shown)
        return
    typer.echo("  ".join(f"{key} {value}" for key, value in shown.items()))


def _service(
    config: Config, made: PlanFile, name: str | None
) -> tuple[ServiceConfig, list[TierPlan]]:
    """Service of the plan and its tiers; refuses a choice that is not one."""
    planned = list(dict.fromkeys(tier.service for tier in made.tiers))
    if name is None and len(planned) > 1:
        raise InputError(
            f"the plan has {len(planned)} services", cure=f"add --service: {', '.join(planned)}"
        )
    chosen = name or planned[0]
    if chosen not in planned:
        raise InputError(f"no service {chosen!r} in the plan", cure=f"it has {', '.join(planned)}")
    service = next((s for s in config.services if s.name == chosen), None)
    if service is None:
        raise InputError(
            f"service {chosen!r} of the plan is not in the configuration",
            cure="name the configuration that the plan was made with: --config FILE",
        )
    return service, [tier for tier in made.tiers if tier.service == chosen]


def _write(path: Path, definition: dict[str, Any]) -> None:
    import json

    from foresail.files import check_writable, replacing

    check_writable(path, "--output")
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(definition, indent=2) + "\n", encoding="utf-8")
    typer.echo(f"wrote {path}: {len(definition['States'])} states", err=True)
