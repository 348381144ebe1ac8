"""The backtest: policies compared on past demand, in money and risk; needs no AWS for files."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foresail.cli.common import CONFIG, JsonOption, clock, connect, console, load
from foresail.cli.files import CalendarOption, zone_of
from foresail.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from foresail.backtest.job import Backtest, Job
    from foresail.forecast.calendar_types import Calendar
    from foresail.pipeline.tiers import Tier
    from foresail.prices.price import Price
    from foresail.replay.place import Place

app = typer.Typer()
FORMATS = ("html", "md")
ROOM = 70  # columns that the closing table takes without the settings
MANY = 10  # series from which each policy's every setting is too much to wait for
LEFT_OUT = ("foresail-schedule", "foresail-hybrid")


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

    _check_output(output, kind)
    _check_choice(shortage_price, budget, fleet_budget, unit_capacity, jobs)
    wish = Wish(
        _limit(limit), _money(shortage_price), budget or fleet_budget, shared=bool(fleet_budget)
    )
    given = _place(calendar, timezone)
    demand, capacity, place = _demand(files or [], service, config, given)
    rules = Rules(
        slo,
        parse_duration(boot),
        minimum,
        maximum,
        _days(warmup_days),
        parse_duration(replan),
        place,
    )
    job = Job(
        rules,
        wish,
        _price(price, instance_type, region, ask_aws=ask_aws),
        _names(policies, int(demand["series"].nunique())),
        unit_capacity or capacity,
        choose_days,
    )
    with _progress(demand, job) as told:
        done = run(demand, job, progress=told, workers=jobs or os.cpu_count() or 1)
    _report(done, output, kind, as_json=as_json)


def _check_output(folder: Path, kind: str) -> None:
    """Refuse a report that cannot be, before the work is done that it is for."""
    if kind not in FORMATS:
        raise InputError(f"--format {kind!r} is unknown", cure=f"use {' or '.join(FORMATS)}")
    there = folder.absolute()
    while not there.exists():
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK):
        what = "it is no folder" if not there.is_dir() else "no permission"
        raise InputError(
            f"{folder}: cannot be written ({there}: {what})", cure="choose another --output"
        )


def _check_choice(
    shortage_price: str | None,
    budget: float | None,
    fleet_budget: float | None,
    unit_capacity: float | None,
    jobs: int | None,
) -> None:
    wishes = {
        "--shortage-price": shortage_price, "--budget": budget, "--fleet-budget": fleet_budget
    }  # fmt: skip
    several = [name for name, value in wishes.items() if value is not None]
    numbers = {
        "--budget": budget, "--fleet-budget": fleet_budget, "--unit-capacity": unit_capacity
    }  # fmt: skip
    problems = {
        f"{' and '.join(several)} do not go together": len(several) > 1,
        f"--jobs {jobs} is less than one": jobs is not None and jobs < 1,
    }
    for name, number in numbers.items():
        bad = number is not None and not 0 < number < math.inf
        problems[f"{name} {number} is not above zero"] = bad
    for problem, there in problems.items():
        if there:
            raise InputError(problem, cure="see foresail backtest --help")


def _limit(text: str) -> float:
    plain = text.strip().removesuffix("%").strip()
    try:
        share = float(plain) / (100 if "%" in text else 1)
    except ValueError as error:
        raise InputError(f"--limit {text!r} is no share", cure="write 1% or 0.01") from error
    if not 0 < share < 1:
        raise InputError(f"--limit {text} is not between 0 and 100 %", cure="write 1% or 0.01")
    return share


def _money(text: str | None) -> float | None:
    from foresail.prices.price import amount_of

    return None if text is None else float(amount_of(text, "--shortage-price"))


def _days(days: float) -> timedelta:
    if not 2 <= days <= 3660:
        raise InputError(f"--warmup-days {days:g} is less than 2, or no time", cure="give 8")
    return timedelta(days=days)


def _price(own: str | None, instance_type: str | None, region: str, *, ask_aws: bool) -> Price:
    """Take the own rate, else ask AWS when told to, else an example."""
    from foresail.prices.price import example_price, own_rate, price_of

    if own is not None:
        return own_rate(own, clock().date())
    if instance_type is None:
        if ask_aws:
            raise InputError("--ask-aws asks for no type", cure="add --instance-type m7g.large")
        return example_price()
    client = None
    if ask_aws:
        from foresail.aws import Aws
        from foresail.prices.catalog import API_REGION

        client = Aws(region=API_REGION).client("pricing")
    return price_of(instance_type, region, client=client, today=clock().date())


def _names(text: str, series: int) -> tuple[str, ...]:
    """Policies to play; with many series not every setting of foresail's own."""
    from foresail.backtest.roster import names

    if text.strip() or series <= MANY:
        return tuple(name for name in text.split(",") if name.strip())
    typer.echo(
        f"{series} series: {' and '.join(LEFT_OUT)} are left out; name them with --policies",
        err=True,
    )
    return tuple(name for name in names() if name not in LEFT_OUT)


@dataclass(frozen=True, slots=True)
class _Given:
    """Calendar and zone as the command line gives them; None where it does not."""

    calendar: Calendar | None
    timezone: str | None


def _place(calendar: list[str] | None, timezone: str | None) -> _Given:
    from foresail.forecast.calendar import parse_calendar

    return _Given(
        None if calendar is None else parse_calendar(calendar),
        None if timezone is None else zone_of(timezone),
    )


def _demand(
    files: list[Path], service: str | None, config: Path, given: _Given
) -> tuple[pd.DataFrame, dict[str, float] | None, Place]:
    """Read the files, or pull a service's demand; with what one unit serves, where known."""
    if bool(files) == (service is not None):
        raise InputError("backtest needs files, or --service", cure="name a CSV: timestamp,value")
    if service is not None:
        return _pulled(service, config, given)
    import pandas as pd

    from foresail.forecast.calendar_types import Calendar
    from foresail.history.files import read_history
    from foresail.replay.place import Place

    parts = [read_history(file) for file in files]
    taken: set[str] = set()
    for file, part in zip(files, parts, strict=True):
        mine = set(part["series"].astype("str"))
        if taken & mine:
            raise InputError(
                f"{file}: series {sorted(taken & mine)[0]!r} is in an earlier file, too",
                cure="name the series in a column, each once",
            )
        taken |= mine
    place = Place(given.timezone or "UTC", given.calendar or Calendar())
    return pd.concat(parts, ignore_index=True), None, place


def _pulled(
    service: str, config: Path, given: _Given
) -> tuple[pd.DataFrame, dict[str, float], Place]:
    import pandas as pd

    from foresail.pipeline import capacities, pull_demand, tiers

    loaded = load(config)
    aws, now = connect(loaded), clock()
    chosen = tiers(loaded, service)
    parts = [pull_demand(tier, aws, now) for tier in chosen]
    units = {name: amount for tier in chosen for name, amount in capacities(tier).items()}
    return pd.concat(parts, ignore_index=True), units, _place_of(chosen, given)


def _place_of(tiers: list[Tier], given: _Given) -> Place:
    """Place of a service as the configuration has it, where the command line says nothing else."""
    from foresail.forecast.calendar import parse_calendar
    from foresail.replay.place import Place

    zones = sorted({tier.timezone for tier in tiers})
    if given.timezone is None and len(zones) > 1:
        raise InputError(
            f"the tiers of {tiers[0].service.name} are in several time zones: {', '.join(zones)}",
            cure="say in which one days are counted: --timezone",
        )
    own = parse_calendar(list(tiers[0].service.calendar) or None)
    calendar = own if given.calendar is None else given.calendar
    return Place(given.timezone or zones[0], calendar)


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
    _close(told)
    typer.echo(f"report: {report}")


def _close(told: dict[str, Any]) -> None:
    from rich.table import Table

    several = len(told["series"]) > 1
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("policy", no_wrap=True)
    for head in ("unit-hours", "cost", "x oracle", "short min", "unserved"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("kept" if several else "setting", no_wrap=True)
    screen = console()
    room = max(screen.width - ROOM, 8)
    for row in told["totals"] if several else told["series"][0]["policies"]:
        table.add_row(
            row["policy"],
            f"{row['unit_hours']:,.0f}",
            f"${Decimal(row['cost']):,.2f}",
            f"{row['cost_ratio']:.2f}",
            f"{row['under_capacity_minutes']:,}",
            f"{row['unserved']:.2%}",
            f"{row['kept']} of {row['series']}" if several else _cut(row["setting"], room),
        )
    first = told["series"][0]
    days = first["scored"]["days"]
    screen.print(f"wished: {told['wish']}; scored on {days:.4g} days", highlight=False)
    screen.print(table)
    screen.print(f"price: {told['price']['currency']} {told['price']['amount']} a unit-hour, "
                 f"{told['price']['source']}", highlight=False)  # fmt: skip
    for row in told["totals"] if several else first["policies"]:
        if row["shortage"] is not None:
            short = f"{row['policy']}: ${Decimal(row['shortage']):,.2f} of shortage on top"
            screen.print(short, highlight=False)
    missed = [] if several else [r for r in first["policies"] if not r["kept"]]
    for row in missed:
        screen.print(f"{row['policy']}: {row['verdict']}", highlight=False)
    for note in [] if several else first["notes"]:
        screen.print(f"note: {note}", highlight=False)
    for one in told["refused"]:
        typer.echo(f"no backtest of {one['series']}: {one['why']}", err=True)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 1]}\N{HORIZONTAL ELLIPSIS}"
