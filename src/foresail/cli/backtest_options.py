"""Options of `foresail backtest` as values: each is checked before any work is done."""

from __future__ import annotations

import math
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from foresail.cli.common import clock
from foresail.errors import InputError

if TYPE_CHECKING:
    from foresail.prices.price import Price
    from foresail.replay.settings import Fleet

FORMATS = ("html", "md")
MANY = 10  # series from which each policy's every setting is too much to wait for
LEFT_OUT = ("foresail-schedule", "foresail-hybrid")


def check_output(folder: Path, kind: str) -> None:
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


def check_choice(
    shortage_price: str | None,
    budget: float | None,
    fleet_budget: float | None,
    unit_capacity: float | None,
    jobs: int | None,
) -> None:
    """Refuse wishes that exclude each other, and numbers that cannot be."""
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


def share_of(text: str) -> float:
    """Read a share of time: 1% or 0.01."""
    plain = text.strip().removesuffix("%").strip()
    try:
        share = float(plain) / (100 if "%" in text else 1)
    except ValueError as error:
        raise InputError(f"--limit {text!r} is no share", cure="write 1% or 0.01") from error
    if not 0 < share < 1:
        raise InputError(f"--limit {text} is not between 0 and 100 %", cure="write 1% or 0.01")
    return share


def money_of(text: str | None) -> float | None:
    """Read the dollars of a missing unit-hour, where they are given."""
    from foresail.prices.price import amount_of

    return None if text is None else float(amount_of(text, "--shortage-price"))


def days_of(days: float) -> timedelta:
    """Length of the history before the replay."""
    if not 2 <= days <= 3660:
        raise InputError(f"--warmup-days {days:g} is less than 2, or no time", cure="give 8")
    return timedelta(days=days)


def price_for(own: str | None, instance_type: str | None, region: str, *, ask_aws: bool) -> Price:
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


def policies_of(text: str, series: int) -> tuple[str, ...]:
    """Policies to play; with many series not every setting of foresail's own."""
    from foresail.backtest.roster import names

    if text.strip() or series <= MANY:
        return tuple(name for name in text.split(",") if name.strip())
    typer.echo(
        f"{series} series: {' and '.join(LEFT_OUT)} are left out; name them with --policies",
        err=True,
    )
    return tuple(name for name in names() if name not in LEFT_OUT)


def fleet_of(unserved: str, warm_pool: int) -> Fleet:
    """Rules of the fleet that no policy sets.

    Raises
    ------
    InputError
        Nothing is known to become of unserved demand in that way, or the pool is below zero.
    """
    from foresail.replay.settings import Fleet, Saturation

    ways = [str(way) for way in Saturation]
    if unserved not in ways:
        raise InputError(f"--unserved {unserved!r} is unknown", cure=f"use {', '.join(ways)}")
    if warm_pool < 0:
        raise InputError(f"--warm-pool {warm_pool} is below zero", cure="give units, like 4")
    return Fleet(saturation=Saturation(unserved), pool=float(warm_pool))
