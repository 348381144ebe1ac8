"""The fleet on a backtest's page: a table of series to sort and search, the worst first."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import Any

from foresail.report.backtest_words import dollars, row_of
from foresail.report.findings import plural


def fleet_section(told: dict[str, Any]) -> str:
    """List the series with money saved and risk; a click on a name shows the series below."""
    against = told["saved"] is not None
    heads = ["series", "kept", "under capacity", "cost", "over the oracle"]
    heads += ["saved", "reactive's"] if against else []
    cells = "".join(
        f'<th scope="col"{_class(at)}><button type="button">{head}</button></th>'
        for at, head in enumerate(heads)
    )
    body = "".join(_row(at, one, told, heads) for at, one in enumerate(told["series"]))
    note = "Saved is against reactive scaling; reactive's is its time under capacity. "
    return (
        '<section class="panel" aria-labelledby="h-fleet"><div class="head">'
        '<h2 id="h-fleet">Series, the worst first</h2><div class="tools">'
        '<input id="search" type="search" placeholder="Search series" aria-label="Search series">'
        f'</div></div><p class="caption">{note if against else ""}A heading sorts; a name shows '
        'the series below.</p><div class="scroll" tabindex="0">'
        f'<table class="fleet stack" id="fleet"><thead><tr>{cells}</tr></thead>'
        f'<tbody>{body}</tbody></table><p id="none" class="empty" hidden>No such series.</p></div>'
        "</section>"
    )


def _class(at: int) -> str:
    return ' class="number"' if at > 1 else ""


def _row(at: int, one: dict[str, Any], told: dict[str, Any], heads: list[str]) -> str:
    mine, twin = row_of(one["policies"], told["policy"]), row_of(one["policies"], "reactive")
    assert mine is not None
    kept = "yes" if mine["kept"] else "no"
    cells = [
        (mine["kept"] * 1, f'<span class="badge {kept}">{kept}</span>'),
        (mine["under_capacity"], _late(mine)),
        (mine["cost"], dollars(mine["cost"])),
        (mine["cost_ratio"], f"{mine['cost_ratio']:.2f}&times;"),
    ]
    if "saved" in heads and twin is not None:
        less = Decimal(twin["cost"]) - Decimal(mine["cost"])
        tone = "down" if less > 0 else "up" if less < 0 else ""
        cells.append((less, f'<span class="{tone}">{dollars(less)}</span>'))
        cells.append((twin["under_capacity"], _late(twin)))
    name = escape(one["series"])
    body = "".join(
        f'<td data-label="{heads[place]}" data-value="{value}"{_class(place)}>'
        f"<div>{text}</div></td>"
        for place, (value, text) in enumerate(cells, 1)
    )
    return (
        f'<tr data-name="{name}" data-at="{at}"><th scope="row"><button type="button">{name}'
        f"</button></th>{body}</tr>"
    )


def _late(row: dict[str, Any]) -> str:
    return f"{row['under_capacity']:.2%} <small>{row['under_capacity_minutes']:,} min</small>"


def refused_section(told: dict[str, Any]) -> str:
    """List the series without a backtest, and why."""
    if not told["refused"]:
        return ""
    items = "".join(
        f"<li>{escape(one['series'])}: {escape(one['why'])}</li>" for one in told["refused"]
    )
    count = plural(len(told["refused"]), "series").replace("seriess", "series")
    return (
        '<section class="panel" aria-labelledby="h-refused"><div class="head">'
        f'<h2 id="h-refused">No backtest of {count}</h2></div><ul class="notes">{items}</ul>'
        "</section>"
    )
