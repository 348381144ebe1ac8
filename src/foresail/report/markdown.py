"""The short form of the report, for a pull request."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from foresail.report.data import ReportData
from foresail.report.findings import counted, operations, trust_reasons, verdict, verified
from foresail.report.times import axis_of, local

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#|!~])")


def render_markdown(data: ReportData) -> str:
    """Render verdict, scores and change set as markdown; times in the report's zone."""
    parts = [_head(data), _scores(data), _changes(data), _notes(data)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(data: ReportData) -> str:
    counts = ", ".join(f"{n} to {name}" for name, n in operations(data).items() if n)
    state = {None: "not written yet", True: "read back and verified", False: "NOT verified"}
    lines = [
        f"## {as_text(data.title)}",
        f"{as_text(data.subtitle)}. Service {as_text(data.service)} / {as_text(data.tier)}, "
        f"target {as_text(data.target)}, {as_text(data.region)}, "
        f"{as_text(local(data.generated_at, axis_of(data).zone))} {as_text(data.timezone)}.",
    ]
    if said := verdict(data):
        lines.append(f"**{as_text(said)}**")
    trust = as_text(data.model.get("trust", "n/a"))
    lines.append(
        f"- change set: {counted(data.actions)} ({counts or 'no changes'}), "
        f"{state[verified(data)]}\n"
        f"- trust in the forecast: {trust} ({as_text('; '.join(trust_reasons(data)))})"
    )
    return "\n\n".join(lines)


def _scores(data: ReportData) -> str:
    if data.scores.empty:
        return ""
    rows = [
        f"| {as_text(r['policy'])} | {r['cost_ratio']:.2f}x | ${r['cost_usd']:,.2f} "
        f"| {r['unit_hours']:,.0f} | {r['under_capacity_minutes']:,} min "
        f"| {r['unserved_share']:.2%} |"
        for r in data.scores.to_dict("records")
    ]
    head = "| policy | cost over oracle | cost | unit-hours | under capacity | unserved |"
    table = "\n".join([head, "|---|--:|--:|--:|--:|--:|", *rows])
    return f"{table}\n\nPrices: {as_text(data.price_note)}."


def _changes(data: ReportData) -> str:
    if data.actions.empty:
        return ""
    zone = axis_of(data).zone
    rows = [
        f"| {as_text(_when(r['time'], zone))} | {as_text(r['operation'])} | {as_text(r['before'])} "
        f"| {as_text(r['after'])} | {as_text(r['reason'])} |"
        for r in data.actions.sort_values("time", na_position="first").to_dict("records")
    ]
    table = "\n".join(
        ["| time | change | before | after | reason |", "|---|---|---|---|---|", *rows]
    )
    title = f"Change set: {counted(data.actions)}"
    return f"<details><summary>{title}</summary>\n\n{table}\n\n</details>"


def _when(moment: Any, zone: ZoneInfo) -> str:
    return "once written" if pd.isna(moment) else local(moment, zone)


def _notes(data: ReportData) -> str:
    return "\n".join(f"- {as_text(text)}" for text in (*data.others, *data.notes))


def as_text(value: Any) -> str:
    """Escape what markdown or HTML would take as markup; one line."""
    plain = "" if value is None else " ".join(str(value).split())
    return _SPECIAL.sub(r"\\\1", plain.replace("&", "&amp;"))
