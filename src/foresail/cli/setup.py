"""Commands to begin with: a first configuration, whether all is in order, and how fast it is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresail.cli.common import (
    CONFIG,
    ConfigOption,
    JsonOption,
    ServiceOption,
    clock,
    connect,
    console,
    counted,
    load,
    print_json,
    print_rows,
    say,
)

if TYPE_CHECKING:
    from foresail.config import Config
    from foresail.discovery.checks.finding import Finding
    from foresail.discovery.init import Proposed
    from foresail.pipeline.provisioning import Prices, Provisioned

app = typer.Typer()
_STYLES = {"ok": "green", "warning": "yellow", "problem": "bold red", "not checked": "dim"}
_WIDTH = max(map(len, _STYLES))


@app.command()
def init(
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write.")] = CONFIG,
    region: Annotated[str | None, typer.Option(help="Region; else as boto3 finds it.")] = None,
    timezone: Annotated[
        str, typer.Option(help="Zone of the business day, like Europe/Berlin.")
    ] = "UTC",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print, write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Find what can be scaled in the account, and write a commented foresail.yaml. Reads only."""
    from foresail.aws import Aws
    from foresail.cli.files import zone_of
    from foresail.discovery.init import propose_config, write_config

    zone_of(timezone)
    if not dry_run:
        _check_free(output, force=force)
    made = propose_config(Aws(region=region), clock(), timezone, say(as_json))
    if not dry_run:
        write_config(made, output)
    if as_json:
        print_json({"file": None if dry_run else str(output), **made.to_json()})
    elif dry_run:
        typer.echo(made.text, nl=False)
    else:
        _tell_written(made, output)


def _check_free(path: Path, *, force: bool) -> None:
    from foresail.errors import InputError
    from foresail.files import check_writable

    check_writable(path, "--output")
    if path.exists() and not force:
        raise InputError(
            f"{path} is there already",
            cure="look at --dry-run, choose another --output, or --force",
        )


def _tell_written(made: Proposed, path: Path) -> None:
    found = made.discovered
    waiting = [one for one in found.found if one.blocked]
    typer.echo(f"{path}: {counted(len(found.ready), 'tier')}")
    for one in waiting:
        typer.echo(f"as a comment: {one.target_type} {one.target_name}: {one.blocked}")
    for skipped in found.skipped:
        typer.echo(f"skipped {skipped.service}: {skipped.why}")
    if not made.to_set:
        typer.echo("next: foresail doctor, then foresail plan")
        return
    typer.echo("fill these in before foresail plan:")
    for line in made.to_set:
        typer.echo(f"  {path} {line}")


@app.command()
def doctor(
    config: ConfigOption = CONFIG, service: ServiceOption = None, as_json: JsonOption = False
) -> None:
    """Check credentials, permissions, quotas, history and boot times. Writes nothing to AWS.

    Exit code 1: something would stop plan or apply. Without a configuration the account alone is
    checked.
    """
    from foresail.discovery.checks.all import examine

    loaded = _configuration(config)
    found: list[Finding] = []
    for finding in examine(loaded, _account(loaded), clock(), service):
        found.append(finding)
        if not as_json:
            _tell(finding)
    problems = sum(finding.level == "problem" for finding in found)
    if as_json:
        print_json({"ok": not problems, "findings": [finding.to_json() for finding in found]})
    else:
        _close(found, problems, configured=loaded is not None)
    if problems:
        raise typer.Exit(1)


@app.command()
def provisioning(
    config: ConfigOption = CONFIG,
    service: ServiceOption = None,
    warm_price: Annotated[
        str | None, typer.Option(help="Dollars an hour of a unit held in a warm pool.")
    ] = None,
    shortage_price: Annotated[
        str | None, typer.Option(help="Dollars an hour that a unit which lacks costs.")
    ] = None,
    lcu_price: Annotated[
        str | None, typer.Option(help="Dollars an hour of a load balancer's reserved LCU.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show how fast each tier gets capacity, its lead time, and what would be faster. Reads only.

    With prices, warm pools of EC2 groups and reservations of load balancers (LCUs, one level over
    the horizon) are sized by cost against risk.
    """
    from foresail.pipeline.provisioning import provision

    prices = _prices(warm_price, shortage_price, lcu_price)
    loaded = load(config)
    rows = provision(
        loaded, connect(loaded), clock(), prices=prices, service=service, progress=say(as_json)
    )
    if as_json:
        print_json([row.to_json() for row in rows])
        return
    print_rows([_speed(row) for row in rows], as_json=False)
    for row in rows:
        for line in _told(row):
            typer.echo(line)
    if prices is None:
        typer.echo("warm pools are sized with --warm-price and --shortage-price")


def _prices(warm: str | None, shortage: str | None, lcu: str | None) -> Prices | None:
    from foresail.errors import InputError
    from foresail.pipeline.provisioning import Prices
    from foresail.prices.price import amount_of

    if warm is None and lcu is None and shortage is None:
        return None
    if shortage is None or (warm is None and lcu is None):
        raise InputError(
            "--shortage-price and --warm-price or --lcu-price go together",
            cure="what is held is worth the shortage that it avoids, less what it costs: give both",
        )
    return Prices(
        amount_of(shortage, "--shortage-price"),
        None if warm is None else amount_of(warm, "--warm-price"),
        None if lcu is None else amount_of(lcu, "--lcu-price"),
    )


def _speed(row: Provisioned) -> dict[str, Any]:
    from foresail.provisioning.lead import spoken

    boots, pool = row.measured.boots, row.pool
    return {
        "tier": row.tier,
        "launches": boots.count,
        "boot p50": spoken(boots.quantile(0.5)) if boots.count else "-",
        "boot p95": spoken(boots.quantile(0.95)) if boots.count else "-",
        "lead": spoken(row.lead.value),
        "warm pool": "-" if pool is None else pool.size,
        "costs a month": "-" if pool is None else f"${pool.cost_month:,}",
        "saves a month": "-" if pool is None else f"${pool.saves_month:,}",
    }


def _told(row: Provisioned) -> list[str]:
    """Say where the lead comes from, what would make launches faster, and what to reserve."""
    lead = [f"{row.tier}: lead time {row.lead.why}"] if row.lead.why else []
    held = row.reservation
    if held is not None:
        lead.append(
            f"{row.tier}: reserve {held.size} LCUs for the horizon: costs ${held.cost:,}, "
            f"saves ${held.saves:,}"
        )
    return [*lead, *(f"{row.tier}: {one.because}\n  -> {one.do}" for one in row.advice)]


def _configuration(path: Path) -> Config | None:
    """Read the configuration; None where nobody named one and there is none."""
    return None if path == CONFIG and not path.exists() else load(path)


def _account(config: Config | None) -> Any:
    from foresail.aws import Aws

    return Aws() if config is None else connect(config)


def _tell(finding: Finding) -> None:
    from rich.text import Text

    screen = console()
    level = (f"{finding.level:<{_WIDTH}}", _STYLES[finding.level])
    screen.print(Text.assemble(level, f"  {finding.about}: {finding.text}"), soft_wrap=True)
    if finding.cure:
        screen.print(Text(f"{'':<{_WIDTH}}  -> {finding.cure}"), soft_wrap=True)


def _close(found: list[Finding], problems: int, *, configured: bool) -> None:
    warnings = sum(finding.level == "warning" for finding in found)
    said = ((problems, "problem"), (warnings, "warning"), (len(found), "check"))
    typer.echo(", ".join(counted(count, noun) for count, noun in said))
    if not configured:
        typer.echo(f"no {CONFIG}: only the account was checked; foresail init writes one")
