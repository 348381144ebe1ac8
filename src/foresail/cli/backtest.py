"""The backtest: policies compared on past demand, in money and risk; needs no AWS for files."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foresail.cli.backtest_demand import demand_of, given_place
from foresail.cli.backtest_options import (
    check_choice,
    check_output,
    days_of,
    fleet_of,
    money_of,
    policies_of,
    price_for,
    share_of,
)
from foresail.cli.backtest_table import print_table
from foresail.cli.common import CONFIG, JsonOption, clock, console
from foresail.cli.files import CalendarOption

if TYPE_CHECKING:
    import pandas as pd

    from foresail.backtest.job import Backtest, Job

app = typer.Typer()


@app.command()
def backtest(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE...", help="CSV[.gz] or Parquet: timestamp,value[,series]."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for report and scores.")
    ] = Path("backtest"),
    slo: Annotated[float, typer.Option(help="Utilisation that should not be exceeded.")] = 0.8,
    limit: Annotated[str, typer.Option(help="Time that may be under capacity: 1%, 0.01.")] = "1%",
    boot: Annotated[str, typer.Option(help="From launch to in service.")] = "10m",
    unit_capacity: Annotated[
        float | None, typer.Option(help="Demand that one unit serves at 100 %.")
    ] = None,
    minimum: Annotated[int, typer.Option("--min", help="Least units.")] = 1,
    maximum: Annotated[int | None, typer.Option("--max", help="Most units.")] = None,
    replan: Annotated[str, typer.Option(help="Time between two plans.")] = "6h",
    warmup_days: Annotated[float, typer.Option(help="History before the replay.")] = 8,
    choose_days: Annotated[
        int | None,
        typer.Option(help="Days after it to choose settings on; 0: in hindsight. A third of them."),
    ] = None,
    price: Annotated[
        str | None, typer.Option(help="Dollars an hour of a unit: your own rate.")
    ] = None,
    instance_type: Annotated[str | None, typer.Option(help="Type to price.")] = None,
    region: Annotated[str, typer.Option(help="Region to price.")] = "us-east-1",
    ask_aws: Annotated[
        bool, typer.Option("--ask-aws", help="Take the price from AWS's price list.")
    ] = False,
    shortage_price: Annotated[
        str | None, typer.Option(help="Dollars a unit-hour that is missing costs: choose by it.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(help="Unit-hours a day for each series: choose within it.")
    ] = None,
    fleet_budget: Annotated[
        float | None, typer.Option(help="Unit-hours a day for all series together.")
    ] = None,
    unserved: Annotated[
        str, typer.Option(help="What becomes of demand beyond all capacity: lost, queued, retried.")
    ] = "lost",
    warm_pool: Annotated[
        int, typer.Option(help="Stopped units that are in service within a period.")
    ] = 0,
    policies: Annotated[str, typer.Option(help="Comma-separated; all when empty.")] = "",
    calendar: CalendarOption = None,
    timezone: Annotated[
        str | None, typer.Option(help="Zone in which days are counted and times shown; UTC.")
    ] = None,
    service: Annotated[
        str | None, typer.Option(help="A service of the configuration instead of files.")
    ] = None,
    config: Annotated[
        Path, typer.Option("--config", "-c", help="Configuration file.", envvar="FORESAIL_CONFIG")
    ] = CONFIG,
    kind: Annotated[str, typer.Option("--format", help="Of the report: html or md.")] = "html",
    jobs: Annotated[
        int | None, typer.Option(help="Processes for many series; one for each core.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare scaling policies on past demand: what each would have cost and missed."""
    from foresail.backtest.job import Job, Wish
    from foresail.backtest.run import backtest as run
    from foresail.replay.case import Rules
    from foresail.units import parse_duration

    check_output(output, kind)
    check_choice(shortage_price, budget, fleet_budget, unit_capacity, jobs)
    wish = Wish(
        share_of(limit), money_of(shortage_price), budget or fleet_budget, shared=bool(fleet_budget)
    )
    fleet = fleet_of(unserved, warm_pool)
    given = given_place(calendar, timezone)
    demand, capacity, place = demand_of(files or [], service, config, given)
    rules = Rules(
        slo,
        parse_duration(boot),
        minimum,
        maximum,
        days_of(warmup_days),
        parse_duration(replan),
        place,
    )
    job = Job(
        rules,
        wish,
        price_for(price, instance_type, region, ask_aws=ask_aws),
        policies_of(policies, int(demand["series"].nunique())),
        unit_capacity or capacity,
        choose_days,
        fleet,
    )
    with _progress(demand, job) as told:
        done = run(demand, job, progress=told, workers=jobs or os.cpu_count() or 1)
    _report(done, output, kind, as_json=as_json)


@contextmanager
def _progress(demand: pd.DataFrame, job: Job) -> Iterator[Callable[[int, str], object]]:
    """Progress bar on the error stream of a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _what: None
        return
    from rich.markup import escape
    from rich.progress import Progress

    from foresail.backtest.run import steps_of_work

    with Progress(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("replay", total=steps_of_work(demand, job))
        yield lambda done, what: bar.update(task, advance=done, description=escape(what))


def _report(done: Backtest, folder: Path, kind: str, *, as_json: bool) -> None:
    """Write report and scores, and print what matters."""
    from foresail import __version__
    from foresail.backtest.summary import summary
    from foresail.report.backtest_files import to_text, write_backtest

    told = summary(done, clock(), __version__)
    report = write_backtest(done, told, folder, kind)
    if as_json:
        typer.echo(to_text(told), nl=False)
        return
    print_table(told)
    typer.echo(f"report: {report}")
