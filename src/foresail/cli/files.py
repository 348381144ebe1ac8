"""Commands on files of demand; they need no AWS."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foresail.cli.common import JsonOption, console, print_json, print_rows
from foresail.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from foresail.forecast.api import Forecast

app = typer.Typer()

FileArgument = Annotated[
    Path, typer.Argument(help="CSV[.gz] or Parquet: timestamp,value[,series].")
]
CalendarOption = Annotated[
    list[str] | None,
    typer.Option("--calendar", help="Country (US, US-CA) or events file; may be repeated."),
]
ZoneOption = Annotated[str, typer.Option("--timezone", help="Zone that days are counted in.")]
AtOption = Annotated[str | None, typer.Option("--at", help="Origin: as if it were then.")]
_SHOWN = ("series", "pattern", "trust", "trust_reasons", "urgency", "model", "advice", "verdict")


@app.command()
def forecast(
    file: FileArgument,
    horizon: Annotated[str, typer.Option(help="How far ahead: 48h, 7d.")] = "48h",
    quantiles: Annotated[
        str, typer.Option(help="Comma-separated, each in (0, 1).")
    ] = "0.5,0.9,0.95",
    calendar: CalendarOption = None,
    timezone: ZoneOption = "UTC",
    at: AtOption = None,
    model: Annotated[
        str, typer.Option(help="mixture, or a well-known model to compare with.")
    ] = "mixture",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV[.gz] or Parquet to write.")
    ] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="HTML page to write.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Forecast the series of a file with quantiles; needs no AWS."""
    from foresail.files import check_writable
    from foresail.forecast.api import forecast_series
    from foresail.history.files import read_history, write_frame

    for path, option in ((output, "--output"), (plot, "--plot")):
        if path is not None:
            check_writable(path, option)
    history = _named(read_history(file), file)
    with _progress(history) as done:
        made = forecast_series(
            history,
            horizon=horizon,
            quantiles=_quantiles(quantiles),
            calendar=calendar,
            timezone=zone_of(timezone),
            at=at,
            model=model,
            progress=done,
        )
    if output is not None:
        write_frame(made.frame, output)
    if plot is not None:
        _plot(history, made, plot, timezone)
    _tell(made, output, plot, as_json=as_json)


def _tell(made: Forecast, output: Path | None, plot: Path | None, *, as_json: bool) -> None:
    """Print the quantiles when no file takes them, and what each series' forecast rests on."""
    series = [{str(k): v for k, v in row.items()} for row in made.details.to_dict("records")]
    if as_json:
        frame = made.frame.assign(timestamp=made.frame["timestamp"].map(lambda t: t.isoformat()))
        print_json({"forecast": frame.to_dict("records"), "series": series})
        return
    if output is None and plot is None:
        typer.echo(made.frame.to_csv(index=False), nl=False)
    else:
        print_rows([{k: row[k] for k in _SHOWN if k in row} for row in series], as_json=False)
    for name, verdict in made.refused:
        typer.echo(f"no forecast of {name}: {verdict}", err=True)
    if output is not None:
        typer.echo(f"wrote {len(made.frame)} rows to {output}")
    if plot is not None:
        typer.echo(f"wrote {plot}")


def _plot(history: pd.DataFrame, made: Forecast, path: Path, timezone: str) -> None:
    from foresail.report.forecast_page import forecast_page

    forecast_page(history, made.frame, made.details, path, timezone=timezone)


@app.command()
def explain(
    file: FileArgument,
    timestamp: Annotated[str, typer.Argument(help="Time ahead to explain, with a zone.")],
    series: Annotated[str | None, typer.Option(help="Which series; the only one.")] = None,
    quantile: Annotated[float, typer.Option(help="Which quantile.")] = 0.9,
    calendar: CalendarOption = None,
    timezone: ZoneOption = "UTC",
    at: AtOption = None,
    as_json: JsonOption = False,
) -> None:
    """Split one value of a forecast into the parts it came from."""
    from foresail.forecast.explain import explain as explained
    from foresail.history.files import read_history

    history = _named(read_history(file), file)
    told = explained(
        history,
        series or _only(history),
        timestamp,
        quantile=quantile,
        calendar=calendar,
        timezone=zone_of(timezone),
        at=at,
    )
    if as_json:
        parts = told.parts.to_dict("records")
        print_json({"series": told.series, "timestamp": told.timestamp, "parts": parts})
    else:
        typer.echo(str(told))


@app.command()
def anomalies(
    file: FileArgument,
    weeks: Annotated[
        float, typer.Option("--weeks-per-false-alarm", help="How rare false alarms should be.")
    ] = 4.0,
    as_json: JsonOption = False,
) -> None:
    """Find where demand left the band that was forecast a day ahead."""
    from foresail.forecast.anomaly import detect
    from foresail.history.files import read_history

    history = _named(read_history(file), file)
    found = detect(history, weeks_per_false_alarm=weeks)
    rows = [{str(k): v for k, v in row.items()} for row in found.to_dict("records")]
    if not rows and not as_json:
        typer.echo("nothing left the band for longer or further than chance does")
        return
    print_rows(rows, as_json=as_json)


def _named(history: pd.DataFrame, file: Path) -> pd.DataFrame:
    """Check a history that has one series, so that errors name the file; many get verdicts."""
    from foresail.history.frame import check_history

    if history["series"].nunique() > 1:
        return history
    return check_history(history, name=str(file))


def _only(history: pd.DataFrame) -> str:
    names = sorted(history["series"].astype("str").unique())
    if len(names) > 1:
        raise InputError(f"the file has {len(names)} series", cure=f"name one: --series {names[0]}")
    return str(names[0])


def zone_of(name: str) -> str:
    """Check the name of a time zone."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError(
            f"--timezone {name!r} is no time zone", cure="write an IANA name: Europe/Berlin"
        ) from error


def _quantiles(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            f"--quantiles {text!r} is not a list of numbers", cure="write 0.5,0.9,0.95"
        ) from error


@contextmanager
def _progress(history: pd.DataFrame) -> Iterator[Callable[[int], object]]:
    """Progress bar on the error stream of a terminal, for more than a few series."""
    count = history["series"].nunique()
    if count < 20 or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import Progress

    with Progress(console=console(stderr=True), transient=True) as bar:
        task = bar.add_task("forecast", total=count)
        yield lambda more: bar.advance(task, more)
