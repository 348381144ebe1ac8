"""``foresail run``, ``approve`` and ``history``: what goes by itself, and what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresail.cli.common import (
    CONFIG,
    ConfigOption,
    FullOption,
    JsonOption,
    ServiceOption,
    clock,
    connect,
    console,
    load,
    print_json,
    print_rows,
    say,
)
from foresail.errors import InputError

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.cycle import Outcome
    from foresail.cycle.work import Work

app = typer.Typer()
ByOption = Annotated[
    str | None, typer.Option("--by", help="Who decides; without it the caller, as AWS sees it.")
]


@app.command()
def run(
    config: ConfigOption = CONFIG, service: ServiceOption = None, as_json: JsonOption = False
) -> None:
    """Plan each service, apply small changes, let large ones wait for approval.

    Exit 0 when each service was applied, unchanged, waiting or held back on purpose; 1 when one
    failed, was refused by a guardrail, or another run was at work on it.
    """
    from foresail.cycle import plan_and_apply

    loaded = load(config)
    aws = connect(loaded)
    done = plan_and_apply(loaded, aws, clock, service=service, progress=say(as_json))
    show_outcomes(done, as_json=as_json)


@app.command()
def approve(
    plan: Annotated[str | None, typer.Argument(help="Id of the plan; without it, a list.")] = None,
    token: Annotated[
        str | None, typer.Option(help="Signed token of an event, in place of the id.")
    ] = None,
    reject: Annotated[bool, typer.Option("--reject", help="Reject it.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show what it would change.")] = False,
    reason: Annotated[str, typer.Option(help="Why; kept with who decided.")] = "",
    by: ByOption = None,
    service: ServiceOption = None,
    full: FullOption = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List plans that wait; show, approve (which applies it at once) or reject one."""
    from foresail.cycle import approving

    work = work_of(config, as_json=as_json)
    _check_choice(plan, token, reject=reject, show=show)
    if plan is None and token is None:
        _list(work, service, as_json=as_json)
    elif show:
        _show(work, str(plan), full=full, as_json=as_json)
    elif reject:
        done = approving.reject(work, str(plan), who(work.aws, by), reason)
        print_json(done.to_json()) if as_json else typer.echo(f"plan {plan} rejected")
    elif token is not None:
        outcome = approving.approve_by_token(work, token, who(work.aws, by), reason)
        show_outcomes([outcome], as_json=as_json)
    else:
        outcome = approving.approve(work, str(plan), who(work.aws, by), reason)
        show_outcomes([outcome], as_json=as_json)


@app.command()
def history(
    service: Annotated[str | None, typer.Argument(help="Only this service.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many rows.")] = 30,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List what was written where, when and by whom; what runs left alone, and why."""
    from foresail.cycle.history import history_of

    work = work_of(config, as_json=as_json)
    rows = history_of(work.config, work.store, service, limit=limit)
    if as_json:
        print_json([row.to_json() for row in rows])
    elif rows:
        print_rows([row.to_row() for row in rows], as_json=False)
    else:
        typer.echo("nothing yet: foresail run")


def work_of(config: Any, *, as_json: bool) -> Work:
    """Open what commands on runs and decisions need."""
    from foresail.cycle.work import Work
    from foresail.store.opening import open_store

    loaded = load(config)
    aws = connect(loaded)
    return Work(loaded, aws, open_store(loaded, aws, clock), clock, say(as_json))


def _check_choice(plan: str | None, token: str | None, *, reject: bool, show: bool) -> None:
    if plan is not None and token is not None:
        raise InputError("a plan and a token are both given", cure="give one of them")
    if (reject or show) and plan is None:
        word = "--reject" if reject else "--show"
        raise InputError(f"{word} of which plan?", cure="foresail approve lists their ids")
    if reject and show:
        raise InputError("--show and --reject are both given", cure="look first: --show")


def who(aws: Aws, by: str | None) -> str:
    """Say who decides: the name given, with the caller as AWS sees it."""
    from foresail.discovery.checks.account import identify

    caller = identify(aws).arn
    return f"{by} ({caller})" if by else caller


def show_outcomes(outcomes: list[Outcome], *, as_json: bool) -> None:
    """Print outcomes; exit 1 when one of them is not good."""
    if as_json:
        print_json([one.to_json() for one in outcomes])
    for one in [] if as_json else outcomes:
        typer.echo(f"{one.service}: {one.state}" + (f" (plan {one.plan_id})" * bool(one.plan_id)))
        for row in one.rows:
            typer.echo(
                f"  {row['target']}: {row['created']} created, {row['updated']} updated, "
                f"{row['deleted']} deleted; read back and verified"
            )
        for reason in one.reasons:
            typer.echo(f"  {reason}")
        if one.state == "waiting":
            typer.echo(f"  look: foresail approve {one.plan_id} --show; then without --show")
    if any(not one.good for one in outcomes):
        raise typer.Exit(1)


def _list(work: Work, service: str | None, *, as_json: bool) -> None:
    waiting = work.pending.waiting(work.clock(), service)
    if as_json:
        print_json([one.to_json() for one in waiting])
        return
    if not waiting:
        typer.echo("no plan waits")
        return
    rows = [
        {
            "plan": one.plan_id,
            "service": one.service,
            "made": one.created,
            "until": one.expires,
            "changes": one.changes,
            "cost a day": "not known" if one.cost_per_day is None else f"${one.cost_per_day}",
            "waits because": "; ".join(one.reasons),
        }
        for one in waiting
    ]
    print_rows(rows, as_json=False)


def _show(work: Work, plan_id: str, *, full: bool, as_json: bool) -> None:
    from foresail.terminal import print_plan

    waiting, plan = work.pending.read(plan_id), work.pending.plan(plan_id)
    if as_json:
        print_json({**waiting.to_json(), "content": plan.to_json()})
        return
    service = work.config.service(waiting.service)
    zones = {tier.name: work.config.zone(service, tier) for tier in service.tiers}
    for tier in plan.tiers:
        print_plan(console(), tier, plan.created, zones[tier.tier], full=full)
    for reason in waiting.reasons:
        typer.echo(f"waits: {reason}")
    if waiting.cost_per_day is not None:
        typer.echo(f"its floors cost ${waiting.cost_per_day} more in 24 hours")
