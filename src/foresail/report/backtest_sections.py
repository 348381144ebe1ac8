"""Fragments of a backtest's page; every text from outside is escaped here."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from foresail.backtest.job import ORACLE, Outcome
from foresail.report.backtest_words import (
    amount,
    dollars,
    headline,
    price_text,
    row_of,
    rows_of,
    scored_text,
)
from foresail.report.findings import plural
from foresail.report.sections import bar, card, signed
from foresail.report.series import Axis
from foresail.report.times import day

MOST_ASIDE, FEW_ASIDE = 60, 10


def hero(told: dict[str, Any], zone: ZoneInfo) -> str:
    """Headline: what it would have cost and missed."""
    first = told["series"][0]
    several = len(told["series"]) > 1
    name = f"{len(told['series']):,} series" if several else first["series"]
    start, end = (pd.Timestamp(first["scored"][key]) for key in ("from", "to"))
    return (
        '<section class="hero"><p class="where"><span>Backtest</span>'
        f"<span>{escape(day(start, zone))} to {escape(day(end, zone))} {end:%Y}</span>"
        f"<span>{escape(told['wish'])}</span></p><h1>{escape(name)}</h1>"
        f'<p class="verdict">{escape(headline(told))}</p>'
        f'<p class="caption">{escape(scored_text(told))}</p></section>'
        '<noscript><p class="panel">The plots need JavaScript; the tables work without.</p>'
        "</noscript>"
    )


def cards(told: dict[str, Any]) -> str:
    """Key figures: money against reactive, risk, the oracle's distance, the promise."""
    rows = rows_of(told)
    mine, twin = row_of(rows, told["policy"]), row_of(rows, "reactive")
    assert mine is not None
    made = [card("Cost", _money(mine["cost"]), f"{mine['unit_hours']:,.0f} unit-hours")]
    if twin is not None and told["saved"] is not None:
        less = Decimal(told["saved"]["cost"])
        about = f"{signed(-told['saved']['share'])} against reactive's {dollars(twin['cost'])}"
        word = "Saved" if less >= 0 else "Dearer"
        made.insert(0, card(word, _money(abs(less)), about, "good" if less > 0 else ""))
    share = f"{mine['under_capacity']:.2%} of the time"
    if twin is not None:
        share += f"; reactive {twin['under_capacity_minutes']:,}"
    minutes = f"{mine['under_capacity_minutes']:,} <small>min</small>"
    made.append(card("Under capacity", minutes, share, _tone(told, mine)))
    ratio = f"{mine['cost_ratio']:.2f}&times;"
    made.append(card("Over the oracle", ratio, "the least that keeps the SLO, demand known"))
    made.append(_promise_card(told) if mine["shortage"] is None else _shortage_card(mine))
    return f'<section class="cards" aria-label="Key figures">{"".join(made)}</section>'


def _money(amount: str | Decimal) -> str:
    text = dollars(amount)
    return f'<span class="long">{text}</span>' if len(text) > 9 else text


def _tone(told: dict[str, Any], mine: dict[str, Any]) -> str:
    if mine["shortage"] is not None:
        return ""
    return "good" if mine["under_capacity"] <= told["limit"] else "bad"


def _shortage_card(mine: dict[str, Any]) -> str:
    total = Decimal(mine["cost"]) + Decimal(mine["shortage"])
    about = f"{dollars(mine['shortage'])} of it for unit-hours that were missing"
    return card("With shortage", _money(total), about)


def _promise_card(told: dict[str, Any]) -> str:
    if len(told["series"]) > 1:
        row = row_of(told["totals"], told["policy"])
        assert row is not None
        kept = f"{row['kept']} <small>of {row['series']}</small>"
        good = "good" if row["kept"] == row["series"] else ""
        return card("Kept", kept, f"series with {escape(told['wish'])}", good)
    row = row_of(told["series"][0]["policies"], told["policy"])
    assert row is not None
    text = "Yes" if row["kept"] else "No"
    about = f"{told['wish']}: {row['verdict']}" if not row["kept"] else told["wish"]
    return card("Kept", text, escape(about), "good" if row["kept"] else "bad")


def policies_section(rows: list[dict[str, Any]], told: dict[str, Any], name: str) -> str:
    """Cost and risk of each policy at the setting chosen for the wish."""
    widest = max(
        [row["cost_ratio"] for row in rows if row["cost_ratio"] == row["cost_ratio"]], default=1
    )
    longest = max(1, *(row["under_capacity_minutes"] for row in rows))
    body = "".join(_policy_row(row, told["policy"], widest, longest) for row in rows)
    heads = ("policy", "cost over the oracle", "cost", "unit-hours", "under capacity", "unserved")
    verdicts = "kept" if "series" in rows[0] else "verdict"
    return (
        f'<section class="panel" aria-labelledby="h-{name}"><div class="head">'
        f'<h2 id="h-{name}">What each policy would have cost and missed</h2></div>'
        '<p class="caption">On the same demand, each at its setting for the wish. The oracle knows '
        f"the demand beforehand. Price: {escape(price_text(told))}.</p>"
        '<table class="scores stack"><thead><tr>'
        + "".join(f'<th scope="col">{head}</th>' for head in (*heads, verdicts))
        + f"</tr></thead><tbody>{body}</tbody></table></section>"
    )


def _policy_row(row: dict[str, Any], ours: str, widest: float, longest: int) -> str:
    minutes = row["under_capacity_minutes"]
    last = (
        ("kept", f"{row['kept']} of {row['series']}")
        if "series" in row
        else ("verdict", f"{escape(row['verdict'])}{_setting(row)}")
    )
    cells = [
        (
            "cost over the oracle",
            bar(row["cost_ratio"] / widest, f"{row['cost_ratio']:.2f}&times;", "cost"),
        ),
        ("cost", f"{dollars(row['cost'])}{_shortage(row)}"),
        ("unit-hours", f"{row['unit_hours']:,.0f}"),
        ("under capacity", bar(minutes / longest, f"{minutes:,} min", "risk")),
        ("unserved", f"{row['unserved']:.2%}"),
        last,
    ]
    body = "".join(f'<td data-label="{label}"><div>{cell}</div></td>' for label, cell in cells)
    mark = ' class="ours"' if row["policy"] == ours else ""
    name = escape(row["policy"])
    return f'<tr{mark} data-policy="{name}"><th scope="row">{name}</th>{body}</tr>'


def _shortage(row: dict[str, Any]) -> str:
    if row["shortage"] is None:
        return ""
    return f"<br><small>+ {dollars(row['shortage'])} short</small>"


def _setting(row: dict[str, Any]) -> str:
    if row["policy"] == ORACLE or not row["setting"]:
        return ""
    return f"<br><small>setting {escape(row['setting'])}</small>"


def promises_section(one: dict[str, Any]) -> str:
    """Compare what was promised on past days with what came out."""
    rows = one["promises"]
    if not rows:
        return ""
    top = max([row["interval"][1] for row in rows] + [row["limit"] for row in rows])
    body = "".join(
        f'<tr><th scope="row">{100 * row["limit"]:g} %</th>'
        f"<td><b>{row['outcome']:.2%}</b></td>"
        f"<td>{row['interval'][0]:.2%} to {row['interval'][1]:.2%}</td>"
        f"<td>{row['cost_ratio']:.2f}&times;</td><td>{_bullet(row, top)}</td></tr>"
        for row in rows
    )
    heads = ("promised", "came out", "90 % of resampled days", "cost over the oracle", "")
    return (
        '<section class="panel" aria-labelledby="h-promise"><div class="head">'
        '<h2 id="h-promise">Promised and kept?</h2></div>'
        '<p class="caption">Share of time under capacity that was promised on the days before, and '
        "what came out. The upright line is the promise.</p>"
        '<table class="cal promise"><thead><tr>'
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + f"</tr></thead><tbody>{body}</tbody></table></section>"
    )


def _bullet(row: dict[str, Any], top: float) -> str:
    width, at = row["outcome"] / top, row["limit"] / top
    kind = " over" if row["outcome"] > row["limit"] else ""
    return (
        f'<span class="bullet{kind}" aria-hidden="true"><i style="width:{width:.1%}"></i>'
        f'<u style="left:{at:.1%}"></u></span>'
    )


def steps_section(one: Outcome, zone: ZoneInfo) -> str:
    """Each step of the plan that follows, with its reason and its dollars."""
    if one.last.empty:
        return ""
    rows = one.last.to_dict("records")
    total = sum((row["cost"] for row in rows), Decimal("0.00"))
    body, shown = [], None
    for row in rows:
        date = day(row["start"], zone)
        if date != shown:
            body.append(
                f'<tr class="day"><th colspan="4" scope="rowgroup">{escape(date)}</th></tr>'
            )
            shown = date
        body.append(_step_row(row, zone))
    return (
        f'<section class="panel" aria-labelledby="h-steps"><div class="head">'
        f'<h2 id="h-steps">The plan that follows</h2></div>'
        f'<p class="caption">What would be scheduled for the day after the data: '
        f"{plural(len(rows), 'step')}, {dollars(total)} for the floor; "
        f"{escape(one.last_setting)}.</p>"
        '<div class="scroll" tabindex="0"><table class="changes steps"><thead><tr>'
        '<th scope="col">from</th><th scope="col">why</th><th scope="col">floor</th>'
        f'<th scope="col">reason</th></tr></thead><tbody>{"".join(body)}</tbody></table></div>'
        "</section>"
    )


def _step_row(row: dict[Any, Any], zone: ZoneInfo) -> str:
    start, kind = row["start"], escape(row["kind"])
    return (
        f'<tr><td class="when"><b>{start.astimezone(zone):%H:%M}</b>'
        f"<small>{start.astimezone(ZoneInfo('UTC')):%H:%M} UTC</small></td>"
        f'<td class="op"><span class="badge {kind}">{kind}</span></td>'
        f'<td class="sizes">{plural(int(row["capacity"]), "unit")}'
        f"<small> {dollars(row['cost'])}</small></td>"
        f'<td class="why">{escape(row["reason"])}</td></tr>'
    )


def aside_section(one: Outcome, zone: ZoneInfo, *, few: bool = False) -> str:
    """List what was set aside before seasons were learned, and why."""
    if one.aside.empty:
        return ""
    frame = one.aside.sort_values("start", ascending=False).head(FEW_ASIDE if few else MOST_ASIDE)
    body = "".join(_aside_row(row, zone) for row in frame.to_dict("records"))
    more = len(one.aside) - len(frame)
    note = f" The latest {len(frame)} of {len(one.aside):,}." if more > 0 else ""
    return (
        f'<section class="panel" aria-labelledby="h-aside"><div class="head">'
        f'<h2 id="h-aside">Set aside, and why</h2></div>'
        '<p class="caption">Hours that were limited, bounded or missing when seasons were learned; '
        f"errors and scores count what really came.{note}</p>"
        '<div class="scroll" tabindex="0"><table class="changes aside"><thead><tr>'
        '<th scope="col">when</th><th scope="col">what</th><th scope="col">seen, used</th>'
        f'<th scope="col">why</th></tr></thead><tbody>{body}</tbody></table></div></section>'
    )


def _aside_row(row: dict[Any, Any], zone: ZoneInfo) -> str:
    start, end = row["start"], row["end"]
    hours = (end - start) / pd.Timedelta(hours=1)
    seen, used = amount(row["seen"]), amount(row["used"])
    sizes = f'<span class="was">{seen}</span> &rarr; {used}' if seen and seen != used else seen
    return (
        f'<tr><td class="when"><b>{escape(day(start, zone))}</b>'
        f"<small>{start.astimezone(zone):%H:%M}, {hours:g} h</small></td>"
        f'<td class="op"><span class="badge">{escape(row["kind"])}</span></td>'
        f'<td class="sizes">{sizes}</td><td class="why">{escape(row["why"])}</td></tr>'
    )


def plot_section(chart: str, heading: str, caption: str) -> str:
    """One plot's heading, caption, controls and empty drawing area; `caption` is HTML."""
    return (
        f'<section class="panel" aria-labelledby="h-{chart}"><div class="head">'
        f'<h2 id="h-{chart}">{heading}</h2><div class="views" id="views-{chart}"></div></div>'
        f'<p class="caption">{caption}</p>'
        f'<div class="legend" id="legend-{chart}"></div>'
        f'<div class="plot" id="plot-{chart}" role="img" aria-label="{heading}"></div>'
        "</section>"
    )


def notes_section(notes: list[str]) -> str:
    """List what a reader would otherwise have to guess."""
    if not notes:
        return ""
    items = "".join(f"<li>{escape(note)}</li>" for note in notes)
    return (
        f'<section class="panel" aria-labelledby="h-notes"><div class="head">'
        f'<h2 id="h-notes">Assumed</h2></div><ul class="notes">{items}</ul></section>'
    )


def demand_caption(one: Outcome, axis: Axis, thinned: str) -> str:
    """Say what the demand plot shows; HTML."""
    text = (
        f"One unit serves {amount(one.scale)} at 100 %. The band is the forecast as it was when "
        "each plan was made; before the first plan there is none. Scores begin at the dotted line. "
        f"Times are {axis.label}"
    )
    moved = axis.clock_changes(one.times[0], one.times[-1])
    text += " throughout, though clocks change within them." if moved else "."
    return escape(f"{text} {thinned}")


def calibration_caption(one: Outcome) -> str:
    """Say what the calibration plot shows; HTML."""
    periods = int(one.calibration[0]["periods"]) if one.calibration else 0
    return (
        "Share of demand at or under each quantile, as forecast at the replay's origins: on the "
        f"dotted line it is what was promised. {periods:,} periods."
    )
