"""Sentences and figures of a backtest, the same on the page, in markdown and in the terminal."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

from foresail.report.findings import plural


def amount(value: float) -> str:
    """Write a number of any size with four digits: ``38,830``, ``1.234``; nothing for NaN."""
    if not math.isfinite(value):
        return ""
    if abs(value) < 1000:
        return f"{value:.4g}"
    return f"{round(value, 3 - math.floor(math.log10(abs(value)))):,.0f}"


def dollars(amount: str | Decimal) -> str:
    """Write money: ``$1,234.50``, ``−$3.00``."""
    value = Decimal(amount)
    sign = "\N{MINUS SIGN}" if value < 0 else ""
    return f"{sign}${abs(value):,.2f}"


def row_of(rows: list[dict[str, Any]], policy: str) -> dict[str, Any] | None:
    """Find a policy's row."""
    return next((row for row in rows if row["policy"] == policy), None)


def rows_of(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the headline: of the only series, or the totals."""
    several = len(told["series"]) > 1
    rows: list[dict[str, Any]] = told["totals"] if several else told["series"][0]["policies"]
    return rows


def headline(told: dict[str, Any]) -> str:
    """Say what our policy would have cost and missed, next to reactive scaling."""
    rows = rows_of(told)
    mine = row_of(rows, told["policy"])
    assert mine is not None
    own = (
        f"{told['policy']} would have cost {dollars(mine['cost'])} and been under capacity for "
        f"{plural(mine['under_capacity_minutes'], 'minute')} ({mine['under_capacity']:.2%})"
    )
    twin = row_of(rows, "reactive")
    if twin is None or told["policy"] == "reactive":
        return f"{own}."
    return (
        f"{own}; reactive scaling alone {dollars(twin['cost'])} and "
        f"{plural(twin['under_capacity_minutes'], 'minute')} ({twin['under_capacity']:.2%})."
    )


def price_text(told: dict[str, Any]) -> str:
    """Say what a unit-hour costs, and who says so."""
    price = told["price"]
    since = f", as of {price['as_of']}" if price["as_of"] else ", undated"
    return f"{price['currency']} {price['amount']} a unit-hour; {price['source']}{since}"


def scored_text(told: dict[str, Any]) -> str:
    """Say on which days settings were chosen and scored."""
    first = told["series"][0]
    scored, rules = first["scored"], told["rules"]
    span = f"{scored['days']:.3g} days from {scored['from'][:10]} to {scored['to'][:10]}"
    chosen = (
        "settings were chosen in hindsight"
        if scored["hindsight"]
        else "each policy's setting was chosen on the days before, which are not scored"
    )
    where = "the worst series: " if len(told["series"]) > 1 else ""
    return (
        f"Scored on {where}{span}; {chosen}. SLO {rules['slo']:.0%} utilisation, boot "
        f"{rules['boot']}, a new plan every {rules['replan']}."
    )
