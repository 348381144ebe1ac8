"""``foresail score`` and ``foresail report``: how plans did, by window and by month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
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
    load,
    print_json,
    print_rows,
    say,
    warn,
)
from foresail.errors import InputError
from foresail.units import parse_duration

if TYPE_CHECKING:
    from foresail.config import Config
    from foresail.pipeline.scoring import ServiceScored
    from foresail.score.summary import Summary

LONGEST = timedelta(days=366)
app = typer.Typer()


@app.command()
def score(
    config: ConfigOption = CONFIG,
    service: ServiceOption = None,
    since: Annotated[str, typer.Option(help="Show windows of this long: 7d, 24h.")] = "7d",
    as_json: JsonOption = False,
) -> None:
    """Score the windows of plans that are due, and show how plans did. Writes nothing to AWS.

    Scores teach: they re-map forecasts, tune what is planned for, and demote a service whose
    forecasts no longer hold. Run it hourly or so; a window is scored once.
    """
    from foresail.pipeline.scoring import score_services
    from foresail.publish.after_scores import after_scores

    span = _span(since)
    loaded = load(config)
    aws, now = connect(loaded), clock()
    done, failed = score_services(loaded, aws, now, service=service, progress=say(as_json))
    after_scores(loaded, aws, done, now, warn)
    summaries = _summaries(loaded, service, span)
    if as_json:
        print_json(
            {
                "tiers": [one.to_json() for one in summaries],
                "services": [one.to_json() for one in done],
                "failed": [one.to_json() for one in failed],
            }
        )
    else:
        _show(summaries, done)
    for one in failed:
        warn(f"{one}")
    if failed:
        raise typer.Exit(1)


@app.command()
def report(
    service: Annotated[str, typer.Argument(help="Name of the service.")],
    month: Annotated[str, typer.Option(help="Month in the service's time zone: 2026-11.")],
    config: ConfigOption = CONFIG,
    output: Annotated[Path, typer.Option(help="Folder for the page, markdown and JSON.")] = Path(
        "foresail-report"
    ),
    as_json: JsonOption = False,
) -> None:
    """Write how a service's plans did in a month: a page, markdown and JSON. Reads the store only.

    Windows that are due are scored by foresail score, not here.
    """
    from foresail.pipeline.monthly import monthly
    from foresail.report.month_files import write_month

    loaded = load(config)
    made = monthly(loaded, connect(loaded), service, month, clock())
    files = write_month(made, output)
    if as_json:
        print_json(made.to_json())
        return
    for file in files:
        typer.echo(f"{file}")


def _span(text: str) -> timedelta:
    span = parse_duration(text)
    if not timedelta(0) < span <= LONGEST:
        raise InputError(f"--since {text} is not from 1s to 366d", cure="write --since 7d")
    return span


def _summaries(config: Config, service: str | None, span: timedelta) -> list[Summary]:
    from foresail.pipeline import tiers
    from foresail.pipeline.monthly import summary_of
    from foresail.store.opening import open_store

    now = clock()
    store = open_store(config, connect(config))
    found = (summary_of(store, tier, now - span, now) for tier in tiers(config, service))
    return [one for one in found if one is not None]


def _show(summaries: Sequence[Summary], done: Sequence[ServiceScored]) -> None:
    if summaries:
        print_rows([_row(one) for one in summaries], as_json=False)
    else:
        typer.echo("no window has a score yet; the first one comes after a whole window of a plan")
    for service in done:
        for line in service.lines():
            typer.echo(line)


def _row(one: Summary) -> dict[str, Any]:
    from foresail.score.capacity import ACTUAL, REACTIVE

    actual, alone = one.policy(ACTUAL), one.policy(REACTIVE)
    row: dict[str, Any] = {
        "tier": f"{one.service}/{one.tier}",
        "windows": one.windows,
        "bad": one.bad,
        "MASE": _number(one.mase),
        f"q{one.quantile:g} covered": _share(one.coverage),
    }
    if actual is None or alone is None:
        return row | {"units in service": "not known"}
    money = actual.dollars is not None
    return row | {
        "short": f"{actual.short_minutes:.0f} min",
        "reactive alone": f"{alone.short_minutes:.0f} min",
        "cost": f"${actual.dollars:,}" if money else f"{actual.unit_hours:,.0f} h",
        "reactive alone ": f"${alone.dollars:,}" if money else f"{alone.unit_hours:,.0f} h",
        "waste": f"${one.idle_dollars:,}" if money else f"{one.idle_hours:,.0f} h",
        "utilised": _share(one.utilization),
    }


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"
