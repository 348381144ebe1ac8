"""The command that compares scaling strategies on a service's own past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresail.cli.backtest_options import share_of
from foresail.cli.common import (
    CONFIG,
    ConfigOption,
    JsonOption,
    ServiceOption,
    clock,
    connect,
    console,
    load,
    print_json,
    say,
)
from foresail.errors import InputError

if TYPE_CHECKING:
    from foresail.pipeline.strategy import Strategy
    from foresail.policies.choose import Duel, Score
    from foresail.prices.price import Price

app = typer.Typer()


@app.command()
def strategy(
    config: ConfigOption = CONFIG,
    service: ServiceOption = None,
    slo: Annotated[float, typer.Option(help="Utilisation that should not be exceeded.")] = 0.8,
    limit: Annotated[str, typer.Option(help="Time that may be under capacity: 1%, 0.01.")] = "1%",
    price: Annotated[
        str | None, typer.Option(help="Dollars an hour of a unit: your own rate.")
    ] = None,
    scaling_plan: Annotated[
        str | None, typer.Option(help="An AWS Auto Scaling plan whose forecast is compared too.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare scheduled actions, target tracking, AWS predictive scaling and both, on the past.

    Each strategy's setting is chosen on the earlier days and scored on the later ones. Where a
    predictive policy stands, AWS's forecast is held against foresail's. Reads only.
    """
    from foresail.pipeline import tiers
    from foresail.pipeline.strategy import strategy_of
    from foresail.prices.price import example_price, own_rate

    if not 0 < slo <= 1:
        raise InputError(f"--slo {slo:g} is no share", cure="write 0.8 for 80 %")
    allowed = share_of(limit)
    rate = example_price() if price is None else own_rate(price, clock().date())
    loaded = load(config)
    aws, now = connect(loaded), clock()
    found = [
        strategy_of(
            tier,
            aws,
            now,
            slo=slo,
            limit=allowed,
            aws_plan=scaling_plan,
            progress=say(as_json),
        )
        for tier in tiers(loaded, service)
    ]
    if as_json:
        print_json([_to_json(one, rate) for one in found])
        return
    for one in found:
        _tell(one, rate, allowed)


def _to_json(one: Strategy, rate: Price) -> dict[str, Any]:
    compared = one.comparison
    return {
        "tier": one.tier,
        "chosen_from": compared.chosen_from.isoformat(),
        "scored_from": compared.scored_from.isoformat(),
        "until": compared.until.isoformat(),
        "price": str(rate),
        "strategies": [
            {
                "strategy": outcome.strategy,
                "signal": outcome.signal,
                "quantile": outcome.quantile,
                "target": outcome.target,
                "kept": outcome.kept,
                **_score_json(outcome.scored, rate),
            }
            for outcome in compared.outcomes
        ],
        "adopt": one.adopt,
        "aws_forecast": {
            name: {"missing": made} if isinstance(made, str) else _duel_json(made, rate)
            for name, made in one.duels.items()
        },
    }


def _duel_json(made: Duel, rate: Price) -> dict[str, Any]:
    return {
        "from": made.start.isoformat(),
        "until": made.end.isoformat(),
        "aws": _score_json(made.aws, rate),
        "foresail": _score_json(made.foresail, rate),
    }


def _score_json(score: Score, rate: Price) -> dict[str, Any]:
    return {
        "unit_hours": round(score.unit_hours, 2),
        "cost": str(rate.of(score.unit_hours)),
        "cost_ratio": round(score.cost_ratio, 4),
        "under_capacity": round(score.under_capacity, 6),
        "unserved": round(score.unserved, 6),
    }


def _tell(one: Strategy, rate: Price, limit: float) -> None:
    import yaml
    from rich.table import Table

    compared = one.comparison
    typer.echo(
        f"{one.tier}: settings chosen from {compared.chosen_from:%d %b %H:%M}Z, scored from "
        f"{compared.scored_from:%d %b %H:%M}Z to {compared.until:%d %b %H:%M}Z"
    )
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for head in ("strategy", "setting", "unit-hours", "cost", "x oracle", "under cap.", "unserved"):
        right = head not in ("strategy", "setting")
        table.add_column(head, justify="right" if right else "left", no_wrap=right)
    for outcome in compared.outcomes:
        name = f"{outcome.strategy} on {outcome.signal}" if outcome.signal else outcome.strategy
        table.add_row(
            name, _setting(outcome.quantile, outcome.target), *_cells(outcome.scored, rate)
        )
    held = {name: made for name, made in one.duels.items() if not isinstance(made, str)}
    for policy, made in held.items():
        hours = f"{made.start:%d %b} to {made.end:%d %b}"
        table.add_row(f"AWS's forecast ({policy})", hours, *_cells(made.aws, rate))
        table.add_row("foresail's for the same hours", hours, *_cells(made.foresail, rate))
    console().print(table)
    for policy, why in one.duels.items():
        if isinstance(why, str):
            typer.echo(f"AWS's forecast ({policy}): {why}")
    kept = compared.outcomes[0].kept
    typer.echo(f"price: {rate}")
    typer.echo(
        f"to adopt {compared.outcomes[0].strategy}, put into the tier:"
        if kept
        else f"none kept {limit:.2%} of time under capacity; the nearest, to put into the tier:"
    )
    typer.echo(yaml.safe_dump(one.adopt, sort_keys=False), nl=False)


def _setting(quantile: float | None, target: float | None) -> str:
    parts = [
        f"q{quantile:g}" if quantile is not None else "",
        f"target {target:.0%}" if target is not None else "",
    ]
    return ", ".join(part for part in parts if part)


def _cells(score: Score, rate: Price) -> tuple[str, ...]:
    return (
        f"{score.unit_hours:,.0f}",
        f"${rate.of(score.unit_hours):,.2f}",
        f"{score.cost_ratio:.2f}",
        f"{score.under_capacity:.2%}",
        f"{score.unserved:.3%}",
    )
