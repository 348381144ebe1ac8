"""Commands that size a unit from what was measured; they need no AWS."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foresail.cli.common import JsonOption, print_json
from foresail.errors import ForesailError, InputError

if TYPE_CHECKING:
    import pandas as pd

    from foresail.demand.unit_capacity import UnitCapacity

app = typer.Typer()

_MILLISECONDS = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*ms\s*$")


@app.command(name="unit-capacity")
def unit_capacity(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV[.gz] or Parquet: timestamp,demand,units,utilization[,latency]. Demand is "
            "per second over the fleet, latency in seconds."
        ),
    ],
    slo: Annotated[float, typer.Option(help="Utilisation that a unit should not exceed.")] = 0.7,
    latency_slo: Annotated[
        str | None, typer.Option("--latency-slo", help="Latency not to exceed: 200ms, 1.5s.")
    ] = None,
    latency_quantile: Annotated[
        float, typer.Option("--latency-quantile", help="Of latency, over periods.")
    ] = 0.95,
    percent: Annotated[
        bool, typer.Option("--percent", help="Utilisation is in percent, 0 to 100.")
    ] = False,
    unit: Annotated[str, typer.Option(help="What demand is counted in.")] = "requests/s",
    plot: Annotated[Path | None, typer.Option("--plot", help="HTML page to write.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Estimate what one unit serves, from measurements of a fleet; needs no AWS.

    Prints the line for foresail.yaml. Exit code 1: the data cannot tell, and why.
    """
    from foresail.demand.unit_capacity import estimate_unit_capacity
    from foresail.files import check_writable
    from foresail.units import parse_rate

    parse_rate(f"1 {unit}")
    if plot is not None:
        check_writable(plot, "--plot")
    seconds = None if latency_slo is None else _seconds(latency_slo)
    made = estimate_unit_capacity(
        _observations(file, percent=percent),
        slo,
        seconds,
        latency_quantile=latency_quantile,
        name=str(file),
    )
    if plot is not None:
        from foresail.report.unit_capacity_page import unit_capacity_page

        unit_capacity_page(made, plot, title=f"What one unit serves: {file.name}", unit=unit)
    if as_json:
        print_json({"unit": unit, "line": _line(made, unit), **made.to_dict()})
    else:
        _tell(made, unit, plot)
    if not made.usable:
        raise ForesailError(
            f"{file}: the data cannot tell what a unit serves",
            cure="measure with a load test, or over a time when units carried different loads",
        )


def _tell(made: UnitCapacity, unit: str, plot: Path | None) -> None:
    """Print the line for the file, then reasons; doubts go to the error stream."""
    line = _line(made, unit)
    if line is not None:
        typer.echo(line)
    for reason in made.reasons:
        typer.echo(f"# {reason}")
    for verdict in made.verdicts:
        if not verdict.blocks:
            typer.echo(f"note: {verdict.text}", err=True)
    if plot is not None:
        typer.echo(f"# wrote {plot}")


def _line(made: UnitCapacity, unit: str) -> str | None:
    found = made.unit_capacity
    if found is None:
        return None
    high = _number(found.high) if math.isfinite(found.high) else "no limit"
    return (
        f"unit_capacity: {_number(found.value)} {unit}   "
        f"# 95 %: {_number(found.low)} to {high}, from {made.days} days"
    )


def _number(value: float) -> str:
    """Three significant digits, all digits of a larger whole; as foresail.yaml reads it."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _observations(file: Path, *, percent: bool) -> pd.DataFrame:
    """Read the columns; what is no number becomes NaN, which is refused where it matters."""
    import pandas as pd

    from foresail.history import files

    frame = files.read_table(file)
    if "timestamp" not in frame:
        raise InputError(
            f"{file}: no column timestamp", cure="needed: timestamp,demand,units,utilization"
        )
    numbers = [c for c in ("demand", "units", "utilization", "latency") if c in frame]
    read = {c: pd.to_numeric(frame[c], errors="coerce").astype("float64") for c in numbers}
    if percent and "utilization" in read:
        read["utilization"] = _share(read["utilization"], file)
    return frame.assign(timestamp=files.utc_times(frame["timestamp"], file), **read)


def _share(percent: pd.Series, file: Path) -> pd.Series:
    """Percent as a share of one; shares that are called percent are refused, too."""
    if percent.max() <= 1:
        raise InputError(
            f"{file}: utilization is never above {percent.max():g}, so that it is not percent",
            cure="leave --percent out",
        )
    return percent / 100


def _seconds(text: str) -> float:
    from foresail.units import parse_duration

    match = _MILLISECONDS.match(text)
    if match is not None:
        return float(match[1]) / 1000
    try:
        return parse_duration(text).total_seconds()
    except InputError as error:
        raise InputError(
            f"--latency-slo {text!r} is no time", cure="write a number and a unit: 200ms or 1.5s"
        ) from error
