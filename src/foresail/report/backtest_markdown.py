"""The short form of a backtest, for a pull request."""

from __future__ import annotations

from typing import Any

from foresail.report.backtest_words import dollars, headline, price_text, scored_text
from foresail.report.markdown import as_text

MOST_SERIES = 50


def backtest_markdown(told: dict[str, Any]) -> str:
    """Render a summary as markdown: headline, tables, the promise, the plan that follows."""
    several = len(told["series"]) > 1
    parts = [
        f"## Backtest: {as_text(told['policy'])} against the rest",
        f"**{as_text(headline(told))}**",
        as_text(f"Wished: {told['wish']}. {scored_text(told)}"),
        _totals(told) if several else _policies(told["series"][0]),
        as_text(f"Prices: {price_text(told)}."),
        _fleet(told) if several else _promises(told["series"][0]),
        "" if several else _steps(told["series"][0]),
        _notes(told),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _policies(one: dict[str, Any]) -> str:
    rows = [
        f"| {as_text(r['policy'])} | {as_text(r['setting'])} | {_cost(r)} "
        f"| {r['unit_hours']:,.0f} | {r['cost_ratio']:.2f}x | {r['under_capacity_minutes']:,} min "
        f"({r['under_capacity']:.2%}) | {r['unserved']:.2%} | {as_text(r['verdict'])} |"
        for r in one["policies"]
    ]
    head = (
        "| policy | setting | cost | unit-hours | x oracle | under capacity | unserved | verdict |"
    )
    return "\n".join([head, "|---|---|--:|--:|--:|--:|--:|---|", *rows])


def _cost(row: dict[str, Any]) -> str:
    short = "" if row["shortage"] is None else f" + {dollars(row['shortage'])} short"
    return f"{dollars(row['cost'])}{short}"


def _totals(told: dict[str, Any]) -> str:
    rows = [
        f"| {as_text(r['policy'])} | {dollars(r['cost'])} | {r['unit_hours']:,.0f} "
        f"| {r['cost_ratio']:.2f}x | {r['under_capacity_minutes']:,} min "
        f"({r['under_capacity']:.2%}) | {r['unserved']:.2%} | {r['kept']} of {r['series']} |"
        for r in told["totals"]
    ]
    head = "| policy | cost | unit-hours | x oracle | under capacity | unserved | kept |"
    return "\n".join([head, "|---|--:|--:|--:|--:|--:|--:|", *rows])


def _fleet(told: dict[str, Any]) -> str:
    rows = []
    for one in told["series"][:MOST_SERIES]:
        [mine] = [r for r in one["policies"] if r["policy"] == told["policy"]]
        rows.append(
            f"| {as_text(one['series'])} | {dollars(mine['cost'])} "
            f"| {mine['under_capacity_minutes']:,} min ({mine['under_capacity']:.2%}) "
            f"| {as_text(mine['verdict'])} |"
        )
    more = len(told["series"]) - len(rows)
    head = f"| series, worst first | cost of {as_text(told['policy'])} | under capacity | verdict |"
    table = "\n".join([head, "|---|--:|--:|---|", *rows])
    return f"{table}\n\n{more:,} more are in scores.json." if more > 0 else table


def _promises(one: dict[str, Any]) -> str:
    rows = [
        f"| {r['limit']:.2%} | {r['outcome']:.2%} ({r['interval'][0]:.2%} to "
        f"{r['interval'][1]:.2%}) | {r['cost_ratio']:.2f}x |"
        for r in one["promises"]
    ]
    head = "| promised | came out (90 % of resampled days) | cost over the oracle |"
    return "\n".join([head, "|--:|--:|--:|", *rows]) if rows else ""


def _steps(one: dict[str, Any]) -> str:
    rows = [
        f"| {r['start']} | {r['capacity']} | {as_text(r['kind'])} | {as_text(r['reason'])} "
        f"| {dollars(r['cost'])} |"
        for r in one["next_plan"]
    ]
    if not rows:
        return ""
    head = "| from (UTC) | units | reason | | cost |"
    table = "\n".join([head, "|---|--:|---|---|--:|", *rows])
    title = f"The plan that follows: {len(rows)} steps"
    return f"<details><summary>{title}</summary>\n\n{table}\n\n</details>"


def _notes(told: dict[str, Any]) -> str:
    notes = list(dict.fromkeys(note for one in told["series"][:1] for note in one["notes"]))
    refused = [f"no backtest of {one['series']}: {one['why']}" for one in told["refused"]]
    return "\n".join(f"- {as_text(text)}" for text in (*notes, *refused))
