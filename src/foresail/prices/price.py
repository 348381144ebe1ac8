"""A price with its source: an own rate, AWS's price list when asked, or a few dated examples."""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from importlib.resources import files
from typing import Any

from foresail.errors import InputError

CENT = Decimal("0.01")
MOST = Decimal(10_000)  # no instance costs as much by the hour: a slip of the keyboard
EXAMPLE = ("m7g.large", "us-east-1")


@dataclass(frozen=True, slots=True)
class Price:
    """Of one unit for one hour.

    Parameters
    ----------
    amount
        Above zero.
    currency
        ISO 4217 code.
    source
        Where it comes from, for people.
    as_of
        Day on which it was in force or was given; None when nobody said.
    """

    amount: Decimal
    currency: str
    source: str
    as_of: date | None = None

    def __str__(self) -> str:
        since = "" if self.as_of is None else f", as of {self.as_of:%Y-%m-%d}"
        return f"{self.currency} {self.amount} a unit-hour: {self.source}{since}"

    def of(self, unit_hours: float) -> Decimal:
        """Cost of that many unit-hours, to the cent."""
        return (self.amount * Decimal(str(round(unit_hours, 6)))).quantize(CENT)


def price_of(
    instance_type: str,
    region: str,
    kind: str = "on-demand",
    *,
    own: str | Decimal | None = None,
    client: Any = None,
    today: date | None = None,
) -> Price:
    """Find the price of an instance type: the own rate, else AWS's, else a dated example.

    Parameters
    ----------
    instance_type, region
        As AWS writes them: ``m7g.large``, ``us-east-1``.
    kind
        ``on-demand``; other rates, such as a savings plan's, come from the contract: pass `own`.
    own
        Rate that stands before any list.
    client
        boto3 client of the Price List API, to ask AWS; None asks nobody.
    today
        The day that an own rate or AWS's answer is dated with.

    Raises
    ------
    InputError
        When the rate is no price, or none is known for the type and region.
    """
    if own is not None:
        return own_rate(own, today)
    if kind != "on-demand":
        raise InputError(
            f"no {kind} prices are known here", cure="pass the rate of your contract: --price"
        )
    if client is not None:
        from foresail.prices.catalog import listed

        return listed(client, instance_type, region, today)
    return _example(instance_type, region)


def own_rate(rate: str | Decimal, today: date | None = None) -> Price:
    """Take the user's own rate.

    Raises
    ------
    InputError
        When it is no number above zero.
    """
    return Price(amount_of(rate, "--price"), "USD", "own rate, passed by the user", today)


def amount_of(rate: str | Decimal, option: str) -> Decimal:
    """Read an amount of money above zero.

    Raises
    ------
    InputError
        When it is none; names the option.
    """
    try:
        amount = Decimal(str(rate).strip().removeprefix("$"))
    except InvalidOperation as error:
        raise InputError(
            f"{option} {rate!r} is no number", cure=f"write dollars an hour: {option} 0.0816"
        ) from error
    if not amount.is_finite() or not 0 < amount <= MOST:
        raise InputError(
            f"{option} {rate} is not above zero, or more than {MOST}",
            cure=f"write dollars an hour: {option} 0.0816",
        )
    return amount


def example_price() -> Price:
    """Give the price that stands in for one nobody gave."""
    return _example(*EXAMPLE)


def _example(instance_type: str, region: str) -> Price:
    rows = {(row["instance_type"], row["region"]): row for row in _rows()}
    row = rows.get((instance_type, region))
    if row is None:
        raise InputError(
            f"no price of {instance_type} in {region} is shipped with foresail",
            cure=_cure(instance_type, region, list(rows)),
        )
    source = f"example, not a quote: {instance_type}, Linux, on demand, {region} ({row['source']})"
    day = date.fromisoformat(row["as_of"]) if row["as_of"] else None
    return Price(Decimal(row["usd_per_hour"]), "USD", source, day)


def _cure(instance_type: str, region: str, known: list[tuple[str, str]]) -> str:
    names = sorted({name for name, where in known if where == region})
    close = difflib.get_close_matches(instance_type, names, n=1)
    hint = f"did you mean {close[0]}? Or pass" if close else "pass"
    shipped = ", ".join(f"{name} in {where}" for name, where in known)
    return f"{hint} your own rate: --price 0.10, or ask AWS: --ask-aws (examples: {shipped})"


def _rows() -> list[dict[str, str]]:
    text = (files("foresail.prices") / "examples.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
