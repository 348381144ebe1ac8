"""A page for a service's month: cost and risk against benchmarks, forecasts, and what followed."""

from __future__ import annotations

from html import escape
from zoneinfo import ZoneInfo

from foresail.report.month_charts import error_figure, units_figure
from foresail.report.month_words import (
    MEANINGS,
    MOST_BAD,
    bad_windows,
    cost,
    cost_change,
    lead,
    number,
    savings,
    title,
    velocity,
    verdict,
    work_cost,
)
from foresail.report.sections import bar, calibration_row, card, signed
from foresail.report.series import Axis
from foresail.report.shell import shell
from foresail.report.times import axis_at, local
from foresail.report.traces import Figure
from foresail.score.capacity import ACTUAL, ORACLE, REACTIVE
from foresail.score.month import Month, TierMonth
from foresail.score.summary import PolicyRow, Summary


def month_page(month: Month) -> str:
    """Render a month as one HTML page that fetches nothing.

    Raises
    ------
    InputError
        When plotly is not installed (the ``report`` extra).
    """
    axis = axis_at(month.timezone, month.until)
    figures: dict[str, Figure] = {}
    parts = [_hero(month)]
    for at, tier in enumerate(month.tiers):
        parts.append(_tier(tier, at, axis, figures))
    parts += [_happenings(month), _meanings()]
    data = {"month": month.to_json(), "charts": figures}
    return shell(title(month), "\n".join(parts), axis.label, data)


def _hero(month: Month) -> str:
    zone = ZoneInfo(month.timezone)
    span = f"{local(month.since, zone)} to {local(month.until, zone)}"
    return (
        '<section class="hero"><p class="where">'
        f"<span>{escape(span)}</span><span>{escape(month.timezone)}</span>"
        f"<span>{_count(len(month.tiers), 'tier')}</span></p><h1>{escape(title(month))}</h1>"
        f'<p class="verdict">{escape(verdict(month))}</p></section>'
        '<noscript><p class="panel">The plots need JavaScript; the rest works without.</p>'
        "</noscript>"
    )


def _tier(tier: TierMonth, at: int, axis: Axis, figures: dict[str, Figure]) -> str:
    summary = tier.summary
    parts = [
        f'<section class="hero"><h2>{escape(f"{summary.service}/{summary.tier}")}</h2>'
        f'<p class="subtitle">{_count(summary.windows, "window")} of '
        f"{_count(summary.plans, 'plan')}"
        f", {summary.applied} with a plan written by foresail</p></section>",
        _cards(summary),
    ]
    if summary.policies:
        figures[f"units-{at}"] = units_figure(tier, axis)
        parts += [_policies(tier), _plot(f"units-{at}", "Units", _UNITS), _facts(summary)]
    figures[f"error-{at}"] = error_figure(tier, axis)
    parts += [_plot(f"error-{at}", "How far forecasts were off", _ERROR), _calibration(summary)]
    return "\n".join([*parts, _leads(summary), _bad(tier, axis)])


def _bad(tier: TierMonth, axis: Axis) -> str:
    rows = bad_windows(tier)
    if not rows:
        return ""
    items = "".join(
        f"<div><dt>{escape(local(at, axis.zone))}</dt><dd>{escape(text)}</dd></div>"
        for at, text in rows
    )
    about = f"The last {MOST_BAD}, by their start, and why." if len(rows) == MOST_BAD else ""
    return _panel("Bad windows", about, f'<dl class="facts">{items}</dl>')


_UNITS = (
    "Mean units in service of each window: what was there, what reactive scaling alone would have "
    "had, and the least that was needed. Red marks: windows with time under capacity."
)
_ERROR = (
    "Error of the forecast in force over that of repeating the day before (MASE), by window. Below "
    "the dotted line the forecast was better."
)


def _cards(summary: Summary) -> str:
    ours, alone = summary.policy(ACTUAL), summary.policy(REACTIVE)
    many = summary.bad * 10 > summary.windows
    about = f"MASE; 1 is the day before repeated. {summary.bad} of {summary.windows} windows bad"
    error = card("Forecast error", number(summary.mase, ".2f"), about, "bad" if many else "")
    shown = [*(_outcome(summary, ours, alone) if ours and alone else []), error]
    return f'<section class="cards" aria-label="Key figures">{"".join(shown)}</section>'


def _outcome(summary: Summary, ours: PolicyRow, alone: PolicyRow) -> list[str]:
    change = cost_change([ours], [alone])
    spent = (
        f"{cost(ours.dollars, ours.unit_hours)} instead of {cost(alone.dollars, alone.unit_hours)}"
    )
    less, more = (
        ours.short_minutes < alone.short_minutes,
        ours.short_minutes > alone.short_minutes,
    )
    dearer = change > 0 and not less
    return [
        card(
            "Cost against reactive",
            signed(change),
            escape(spent),
            _tone(change < 0 and not more, dearer),
        ),
        card(
            "Under capacity",
            f"{ours.short_minutes:,.0f} <small>min</small>",
            f"instead of {alone.short_minutes:,.0f} with reactive scaling alone",
            _tone(less, more),
        ),
        card(
            "Waste",
            escape(cost(summary.idle_dollars, summary.idle_hours)),
            "in service, and more than was needed",
        ),
        card(
            "Utilised",
            number(summary.utilization, ".0%"),
            f"of the units in service; {escape(work_cost(summary))}",
        ),
    ]


def _tone(good: bool, bad: bool) -> str:
    return "good" if good else "bad" if bad else ""


def _policies(tier: TierMonth) -> str:
    rows = tier.summary.policies
    widest = max([row.cost_ratio or 0.0 for row in rows] + [1e-9])
    longest = max([row.short_minutes for row in rows] + [1e-9])
    body = "".join(_policy(row, widest, longest) for row in rows)
    heads = ("policy", "cost over the oracle", "cost", "unit-hours", "under capacity", "unserved")
    return _panel(
        f"What each policy would have cost and missed in {tier.summary.tier}",
        f"On the demand that came. Above {tier.slo:.0%} utilisation counts as under capacity; the "
        f"plans aim at {tier.utilization:.0%}.",
        '<table class="scores stack"><thead><tr>'
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + f"</tr></thead><tbody>{body}</tbody></table>",
    )


def _policy(row: PolicyRow, widest: float, longest: float) -> str:
    ratio = row.cost_ratio or 0.0
    money = "no price" if row.dollars is None else f"${row.dollars:,.2f}"
    cells = [
        ("cost over the oracle", bar(ratio / widest, f"{ratio:.2f}&times;", "cost")),
        ("cost", money),
        ("unit-hours", f"{row.unit_hours:,.0f}"),
        (
            "under capacity",
            bar(row.short_minutes / longest, f"{row.short_minutes:,.0f} min", "risk"),
        ),
        ("unserved", f"{row.unserved_share:.2%}"),
    ]
    body = "".join(f'<td data-label="{name}">{cell}</td>' for name, cell in cells)
    mark = ' class="ours"' if row.policy == ACTUAL else ""
    return f'<tr{mark}><th scope="row">{escape(row.policy)}</th>{body}</tr>'


def _facts(summary: Summary) -> str:
    least = summary.policy(ORACLE)
    best = summary.utilization
    if least is not None and best is not None:
        ours = summary.policy(ACTUAL)
        best = best * ours.unit_hours / least.unit_hours if ours and least.unit_hours else best
    rows = [
        *((f"Against {name}", text) for name, text in savings(summary)),
        ("Scaling velocity", velocity(summary)),
        ("Utilised", f"{number(summary.utilization, '.1%')}; the oracle {number(best, '.1%')}"),
        ("Cost of work", work_cost(summary)),
    ]
    body = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in rows)
    return _panel("Speed, efficiency, savings", "", f'<dl class="facts">{body}</dl>')


def _calibration(summary: Summary) -> str:
    rows = [
        calibration_row({"quantile": float(name[1:]), "share": share})
        for name, share in summary.calibration.items()
    ]
    return _panel(
        "Did the forecasts keep their word?",
        f"Share of demand at or under each quantile of the forecast in force. The plans cover "
        f"q{summary.quantile:g}.",
        '<table class="cal"><thead><tr><th scope="col">quantile</th><th scope="col">promised</th>'
        f'<th scope="col">seen</th><th scope="col"></th></tr></thead><tbody>{"".join(rows)}</tbody>'
        "</table>",
    )


def _leads(summary: Summary) -> str:
    rows = "".join(
        f'<tr><th scope="row">{lead(one.hours)}</th><td>{one.periods:,}</td>'
        f"<td>{number(one.mase, '.2f')}</td><td>{number(one.pinball, '.3f')}</td>"
        f"<td>{number(one.coverage, '.1%')}</td></tr>"
        for one in summary.by_lead
    )
    heads = ("made", "periods", "MASE", "scaled pinball", f"q{summary.quantile:g} covered")
    return _panel(
        "By lead time",
        "Of all forecasts that told of a period, by how long before it they were made.",
        "<table><thead><tr>"
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + f"</tr></thead><tbody>{rows}</tbody></table>",
    )


def _happenings(month: Month) -> str:
    if not month.happenings:
        return ""
    zone = ZoneInfo(month.timezone)
    items = "".join(
        f"<div><dt>{escape(local(one.at, zone))}</dt><dd>{escape(one.text)}</dd></div>"
        for one in month.happenings
    )
    return _panel("What scores brought about", "", f'<dl class="facts">{items}</dl>')


def _meanings() -> str:
    items = "".join(f"<li><b>{name}</b>: {escape(text)}</li>" for name, text in MEANINGS)
    return _panel("What the numbers are", "", f'<ul class="notes">{items}</ul>')


def _plot(name: str, heading: str, caption: str) -> str:
    return (
        f'<section class="panel" aria-labelledby="h-{name}"><div class="head">'
        f'<h2 id="h-{name}">{heading}</h2><div class="views" id="views-{name}"></div></div>'
        f'<p class="caption">{caption}</p><div class="legend" id="legend-{name}"></div>'
        f'<div class="plot" id="plot-{name}" role="img" aria-label="{heading}"></div></section>'
    )


def _panel(heading: str, caption: str, body: str) -> str:
    said = f'<p class="caption">{escape(caption)}</p>' if caption else ""
    return (
        f'<section class="panel"><div class="head"><h2>{escape(heading)}</h2></div>{said}{body}'
        "</section>"
    )


def _count(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
