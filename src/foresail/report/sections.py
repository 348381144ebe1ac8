"""Fragments of the page: cards, tables, captions; every text from outside is escaped here."""

from __future__ import annotations

import math
from html import escape
from typing import Any

import pandas as pd

from foresail.report.charts import MOST_POINTS
from foresail.report.data import ReportData
from foresail.report.findings import (
    against_reactive,
    calibration,
    operations,
    plural,
    trust_reasons,
    verified,
)
from foresail.report.series import Axis
from foresail.report.times import length

HEADINGS = {
    "demand": "Demand and forecast",
    "capacity": "Capacity, planned and real",
    "utilization": "Utilisation",
}


def cards(data: ReportData) -> str:
    """Key figures: cost, risk, size of the change, whether it stands, and trust."""
    made = [*_outcome_cards(data), _actions_card(data), _verified_card(data), _trust_card(data)]
    return "\n".join(made)


def card(label: str, value: str, about: str, tone: str = "", extra: str = "") -> str:
    """One key figure; `value`, `about` and `extra` are HTML."""
    return (
        f'<div class="card {tone}"><p class="label">{escape(label)}</p>'
        f'<p class="value">{value}</p>{extra}<p class="about">{about}</p></div>'
    )


def _outcome_cards(data: ReportData) -> list[str]:
    found = against_reactive(data.scores)
    if found is None:
        return []
    share, less = found.cost_change, found.minutes < found.reactive_minutes
    cost = f"${found.cost:,.2f} instead of ${found.reactive_cost:,.2f}"
    risk = f"instead of {found.reactive_minutes:,} with reactive scaling alone"
    more = found.minutes > found.reactive_minutes
    dearer = share > 0 and not less  # paying more for less risk is a choice, not a failure
    return [
        card("Cost against reactive", signed(share), escape(cost), _tone(share < 0, dearer)),
        card(
            "Under capacity",
            f"{found.minutes:,} <small>min</small>",
            escape(risk),
            _tone(less, more),
        ),
    ]


def _tone(good: bool, bad: bool) -> str:
    return "good" if good else "bad" if bad else ""


def signed(share: float) -> str:
    """Signed per cent with a real minus sign: ``−12.4%``."""
    if not math.isfinite(share):
        return "n/a"
    return f"{share:+.1%}".replace("-", "\N{MINUS SIGN}")


def _actions_card(data: ReportData) -> str:
    counts = operations(data)
    parts = [f"{count} to {name}" for name, count in counts.items() if count]
    return card(
        "Changes",
        f"{len(data.actions):,}",
        escape(", ".join(parts) or "no changes: what is live is what is wanted"),
    )


def _verified_card(data: ReportData) -> str:
    state = verified(data)
    if state is None:
        return card("Verified", "Not yet", "a plan: nothing was written")
    if state:
        return card("Verified", "Yes", "read back from AWS, as planned", "good")
    return card("Verified", "No", "what AWS holds differs from the plan", "bad")


def _trust_card(data: ReportData) -> str:
    trust = _float(data.model.get("trust"))
    reasons = escape("; ".join(trust_reasons(data)) or "no reasons given")
    if not math.isfinite(trust):
        return card("Trust in the forecast", "n/a", reasons)
    share = min(max(trust, 0.0), 1.0)
    meter = f'<div class="meter" aria-hidden="true"><i style="width:{share:.0%}"></i></div>'
    return card("Trust in the forecast", f"{trust:.2f} <small>of 1</small>", reasons, extra=meter)


def _float(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def chart_section(name: str, data: ReportData, axis: Axis) -> str:
    """One plot's heading, caption, controls and empty drawing area."""
    return (
        f'<section class="panel" aria-labelledby="h-{name}"><div class="head">'
        f'<h2 id="h-{name}">{HEADINGS[name]}</h2><div class="views" id="views-{name}"></div></div>'
        f'<p class="caption">{_caption(name, data, axis)}</p>'
        f'<div class="legend" id="legend-{name}"></div>'
        f'<div class="plot" id="plot-{name}" role="img" aria-label="{HEADINGS[name]}"></div>'
        "</section>"
    )


def _caption(name: str, data: ReportData, axis: Axis) -> str:
    unit = escape(data.unit)
    texts = {
        "demand": f"In {unit}. The dotted upright line is the moment of the plan"
        f"{_thinned(data)}. {_zone_text(data, axis)}",
        "capacity": "In units. Grey: what the demand took. A line that dips into it is under "
        "capacity; the red marks below say when and for whom."
        if data.played is not None
        else "In units: the planned floor against what the forecast asks for.",
        "utilization": f"Demand over what is in service. Above {data.slo:.0%} counts as under "
        f"capacity; the plan aims at {data.utilization:.0%}.",
    }
    return texts[name]


def _thinned(data: ReportData) -> str:
    if len(data.history) <= MOST_POINTS:
        return ""
    return "; the long history is drawn as mean with its lowest and highest values"


def _zone_text(data: ReportData, axis: Axis) -> str:
    times = (
        [data.generated_at, *data.forecast["timestamp"].iloc[[0, -1]]]
        if len(data.forecast)
        else [data.generated_at]
    )
    first = data.history["timestamp"].min() if len(data.history) else times[0]
    text = f"Times are {escape(axis.label)}"
    if axis.clock_changes(pd.Timestamp(first), pd.Timestamp(max(times))):
        return f"{text} throughout the plots, though clocks change within them."
    return f"{text}."


def scores_section(data: ReportData) -> str:
    """Cost and risk of each policy as a table with bars."""
    if data.scores.empty:
        return ""
    widest = max(float(data.scores["cost_ratio"].max()), 1e-9)
    longest = max(float(data.scores["under_capacity_minutes"].max()), 1e-9)
    rows = [
        _score_row(index, row, widest, longest)
        for index, row in enumerate(data.scores.to_dict("records"))
    ]
    heads = ("policy", "cost over the oracle", "cost", "unit-hours", "under capacity", "unserved")
    return (
        '<section class="panel" aria-labelledby="h-scores"><div class="head">'
        '<h2 id="h-scores">What each policy would have cost and missed</h2></div>'
        '<p class="caption">On the same demand, minute by minute. The oracle knows the demand '
        f"beforehand: nobody can be cheaper without going under capacity. Prices: "
        f'{escape(data.price_note)}.</p><table class="scores stack"><thead><tr>'
        + "".join(f'<th scope="col">{head}</th>' for head in heads)
        + f"</tr></thead><tbody>{''.join(rows)}</tbody></table></section>"
    )


def _score_row(index: int, row: dict[Any, Any], widest: float, longest: float) -> str:
    ratio, minutes = float(row["cost_ratio"]), int(row["under_capacity_minutes"])
    cells = [
        ("cost over the oracle", bar(ratio / widest, f"{ratio:.2f}&times;", "cost")),
        ("cost", f"${float(row['cost_usd']):,.2f}"),
        ("unit-hours", f"{float(row['unit_hours']):,.0f}"),
        ("under capacity", bar(minutes / longest, f"{minutes:,} min", "risk")),
        ("unserved", f"{float(row['unserved_share']):.2%}"),
    ]
    body = "".join(f'<td data-label="{label}">{cell}</td>' for label, cell in cells)
    mark = ' class="ours"' if index == 0 else ""
    return f'<tr{mark}><th scope="row">{escape(str(row["policy"]))}</th>{body}</tr>'


def bar(share: float, text: str, kind: str) -> str:
    """Bar with its figure beside it; `text` is HTML."""
    width = min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0
    return (
        f'<span class="bar {kind}"><span class="track"><i style="width:{width:.1%}"></i></span>'
        f"<b>{text}</b></span>"
    )


def calibration_section(data: ReportData) -> str:
    """How often demand stayed at or under each quantile, promised and seen."""
    rows = calibration(data)
    if not rows:
        return ""
    body = "".join(calibration_row(row) for row in rows)
    return (
        '<section class="panel" aria-labelledby="h-cal"><div class="head">'
        '<h2 id="h-cal">Did the forecast keep its word?</h2></div>'
        '<p class="caption">Share of what happened at or under each quantile. '
        f"{plural(int(rows[0]['periods']), 'period')} of one window: a small sample.</p>"
        '<table class="cal"><thead><tr><th scope="col">quantile</th><th scope="col">promised</th>'
        f'<th scope="col">seen</th><th scope="col"></th></tr></thead><tbody>{body}</tbody></table>'
        "</section>"
    )


def calibration_row(row: dict[str, float]) -> str:
    """One quantile: what it promised, and the share that was seen at or under it."""
    promised, seen = row["quantile"], row["share"]
    return (
        f'<tr><th scope="row">q{promised:g}</th><td>{promised:.1%}</td><td><b>{seen:.1%}</b></td>'
        f'<td><span class="bullet" aria-hidden="true"><i style="width:{seen:.1%}"></i>'
        f'<u style="left:{promised:.1%}"></u></span></td></tr>'
    )


def facts_section(data: ReportData) -> str:
    """Tell what the plan rests on: settings and model."""
    rows = [*_setting_facts(data), *_model_facts(data)]
    body = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in rows if v)
    return (
        '<section class="panel" aria-labelledby="h-facts"><div class="head">'
        f'<h2 id="h-facts">What the plan rests on</h2></div><dl class="facts">{body}</dl></section>'
    )


def _setting_facts(data: ReportData) -> list[tuple[str, str]]:
    return [
        ("One unit serves", f"{data.unit_capacity:g} {data.unit} at 100%"),
        ("Planned utilisation", f"{data.utilization:.0%}"),
        ("SLO utilisation", f"{data.slo:.0%}"),
        ("Lead time", length(data.lead)),
        ("Quantile covered", data.quantile),
    ]


def _model_facts(data: ReportData) -> list[tuple[str, str]]:
    model = data.model
    return [
        ("Model", str(model.get("model", ""))),
        ("Skill over yesterday's values", _percent(model.get("skill"), sign=True)),
        ("Coverage of q0.9 in the past", _percent(model.get("coverage"))),
        ("History", _days(model.get("history_days"))),
        ("History missing", _percent(model.get("missing_share"))),
    ]


def _percent(value: Any, *, sign: bool = False) -> str:
    number = _float(value)
    if not math.isfinite(number):
        return "n/a" if value is not None else ""
    return signed(number) if sign else f"{number:.1%}"


def _days(value: Any) -> str:
    number = _float(value)
    return f"{number:.4g} days" if math.isfinite(number) else ""


def notes_section(data: ReportData) -> str:
    """List what was set aside and assumed."""
    if not data.notes:
        return ""
    items = "".join(f"<li>{escape(note)}</li>" for note in data.notes)
    return (
        '<section class="panel" aria-labelledby="h-notes"><div class="head">'
        f'<h2 id="h-notes">Set aside and assumed</h2></div><ul class="notes">{items}</ul></section>'
    )
