"""The change set as a table; every text from outside is escaped here."""

from __future__ import annotations

import math
from html import escape
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

from foresail.report.data import ReportData
from foresail.report.findings import counted
from foresail.report.times import day


def changes_section(data: ReportData, zone: ZoneInfo) -> str:
    """List the change set, a row per item, by local day."""
    warnings = "".join(f"<li>{escape(text)}</li>" for text in data.others)
    warned = f'<ul class="warnings">{warnings}</ul>' if warnings else ""
    if data.actions.empty:
        body = '<p class="empty">No changes: what is live is what is wanted.</p>'
    else:
        body = _changes_table(data.actions.sort_values("time", na_position="first"), zone)
    count = counted(data.actions)
    return (
        '<section class="panel" aria-labelledby="h-changes"><div class="head">'
        f'<h2 id="h-changes">Change set</h2></div><p class="caption">{count} on '
        f"<code>{escape(data.target)}</code>, times in {escape(data.timezone)}.{_ending(data)} "
        f"<code>foresail rollback</code> puts back what stood before.</p>{warned}{body}</section>"
    )


def _ending(data: ReportData) -> str:
    """Say that the plan ends by itself, where its last action says so."""
    kept = data.actions[data.actions["operation"] != "delete"]
    if kept.empty or "floor" not in str(kept.sort_values("time")["reason"].iloc[-1]):
        return ""
    return " The last one returns the group to its own floor: a plan nobody renews ends by itself."


def _changes_table(actions: pd.DataFrame, zone: ZoneInfo) -> str:
    rows = actions.to_dict("records")
    parts = []
    for date, group in groupby(rows, key=lambda row: _day(row["time"], zone)):
        parts.append(f'<tr class="day"><th colspan="4" scope="rowgroup">{escape(date)}</th></tr>')
        parts += [_change_row(row, zone) for row in group]
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("time", "change", "sets", "reason"))
    return (
        '<div class="scroll" tabindex="0"><table class="changes"><thead><tr>'
        f"{heads}</tr></thead><tbody>{''.join(parts)}</tbody></table></div>"
    )


def _day(moment: Any, zone: ZoneInfo) -> str:
    return "scaling policies and warm pool" if pd.isna(moment) else day(moment, zone)


def _when(moment: Any, zone: ZoneInfo) -> str:
    """Local time and UTC; what holds as soon as it is written has none."""
    if pd.isna(moment):
        return "<b>once written</b>"
    return (
        f"<b>{moment.astimezone(zone):%H:%M}</b>"
        f"<small>{moment.astimezone(ZoneInfo('UTC')):%H:%M} UTC</small>"
    )


def _change_row(row: dict[Any, Any], zone: ZoneInfo) -> str:
    operation = escape(str(row["operation"]))
    before, after = (_sizes(row[key]) for key in ("before", "after"))
    sizes = f'<span class="was">{before}</span> &rarr; {after}' if before and after else None
    if sizes is None:
        sizes = after or f'<span class="was">{before}</span>'
    return (
        f'<tr><td class="when">{_when(row["time"], zone)}</td>'
        f'<td class="op"><span class="badge {operation}">{operation}</span></td>'
        f'<td class="sizes">{sizes}</td><td class="why">{escape(str(row["reason"] or ""))}'
        f"<code>{escape(str(row['name']))}</code></td></tr>"
    )


def _sizes(value: Any) -> str:
    return (
        ""
        if value is None or (isinstance(value, float) and math.isnan(value))
        else escape(str(value))
    )
