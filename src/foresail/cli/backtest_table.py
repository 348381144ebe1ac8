"""What `foresail backtest` prints at the end: a table of policies, and what to know of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import typer

from foresail.cli.common import console

ROOM = 70  # columns that the closing table takes without the settings


def print_table(told: dict[str, Any]) -> None:
    """Print what matters of a summary: each policy's cost and risk, verdicts, notes."""
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
