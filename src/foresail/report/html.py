"""Write the report as one HTML file that needs no network."""

from __future__ import annotations

import json
import os
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

from foresail.errors import InputError
from foresail.report.charts import figures
from foresail.report.data import ReportData

_TITLES = {
    "demand": "Demand: what was, what was forecast, what came",
    "capacity": "Capacity: the planned floor, and what was in service",
    "utilization": "Utilisation against the SLO",
}


def write(data: ReportData, path: Path) -> Path:
    """Write the report whole or not at all; answers its path.

    Raises
    ------
    InputError
        When the place cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(render(data), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise InputError(
            f"{path}: cannot be written ({error.strerror})", cure="choose another folder"
        ) from error
    return path


def render(data: ReportData) -> str:
    """Draw the page."""
    from plotly.offline import get_plotlyjs

    made = figures(data)
    template = Template(files("foresail.report").joinpath("page.html").read_text("utf-8"))
    return template.substitute(
        title=escape(data.title),
        subtitle=escape(data.subtitle),
        about=escape(_about(data)),
        cards=_cards(data),
        warnings="".join(f'<p class="warning">{escape(text)}</p>' for text in data.others),
        charts="".join(_place(name) for name in made),
        scores=_scores(data),
        actions=_actions(data),
        notes="".join(f"<li>{escape(note)}</li>" for note in [*data.notes, data.price_note]),
        figures=_json({name: figure.to_plotly_json() for name, figure in made.items()}),
        numbers=_json(numbers(data)),
        plotly=get_plotlyjs(),
    )


def numbers(data: ReportData) -> dict[str, Any]:
    """Figures of the page, as data: scores per policy and the counts of the change set."""
    return {
        "scores": data.scores.to_dict("records"),
        "actions": len(data.actions),
        "model": data.model,
    }


def _json(value: object) -> str:
    """JSON that cannot end the script element it stands in."""
    from plotly.utils import PlotlyJSONEncoder

    text = json.dumps(value, cls=PlotlyJSONEncoder)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _about(data: ReportData) -> str:
    minutes = data.lead.total_seconds() / 60
    return (
        f"{data.service}/{data.tier} on {data.target}, {data.region}. One unit serves "
        f"{data.unit_capacity:g} {data.unit} at 100 %; planned at {data.utilization:.0%} for "
        f"{data.quantile}, ready {minutes:g} min ahead; the SLO is {data.slo:.0%} utilisation. "
        f"Made for {data.generated_at:%Y-%m-%d %H:%M} UTC; times are {data.timezone}."
    )


def _cards(data: ReportData) -> str:
    ours, alone = data.scores.iloc[0], data.scores.iloc[1]
    change = ours["unit_hours"] / alone["unit_hours"] - 1
    cards = [
        (f"{change:+.1%}", "cost against reactive scaling alone"),
        (
            f"{ours['under_capacity_minutes']} min",
            f"under capacity, instead of {alone['under_capacity_minutes']} min",
        ),
        (f"{len(data.actions)}", "scheduled actions written, read back and verified"
         if data.model.get("verified") else "scheduled actions planned"),
        (f"{float(data.model['trust']):.2f}", f"trust: {data.model['trust_reasons']}"),
    ]  # fmt: skip
    return "".join(
        f'<div class="card"><b>{escape(value)}</b><span>{escape(label)}</span></div>'
        for value, label in cards
    )


def _place(name: str) -> str:
    return f'<section><h2>{_TITLES[name]}</h2><div class="plot" id="plot-{name}"></div></section>'


def _scores(data: ReportData) -> str:
    rows = [
        (
            row["policy"],
            f"{row['unit_hours']:.0f}",
            f"${row['cost_usd']:.2f}",
            f"{row['cost_ratio']:.2f}",
            f"{row['under_capacity_minutes']}",
            f"{row['unserved_share']:.2%}",
        )
        for row in data.scores.to_dict("records")
    ]
    heads = ("policy", "unit-hours", "cost", "times oracle", "minutes under capacity", "unserved")
    return _table(heads, rows)


def _actions(data: ReportData) -> str:
    rows = [
        (
            row["operation"],
            _when(row["time"], data.timezone),
            row["before"],
            row["after"],
            row["reason"],
            row["name"],
        )
        for row in data.actions.to_dict("records")
    ]
    heads = ("", f"starts ({data.timezone})", "before", "after", "why", "name")
    return _table(heads, rows)


def _when(time: Any, zone: str) -> str:
    return f"{pd.Timestamp(time).tz_convert(zone):%a %d %b %H:%M}"


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in heads)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f'<div class="scroll"><table><tr>{head}</tr>{body}</table></div>'
