"""Put the page together: one file, everything inlined, nothing fetched."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from foresail.report.changes import changes_section
from foresail.report.charts import figures
from foresail.report.data import ReportData
from foresail.report.findings import payload, verdict
from foresail.report.sections import (
    calibration_section,
    cards,
    chart_section,
    facts_section,
    notes_section,
    scores_section,
)
from foresail.report.series import Axis
from foresail.report.shell import asset, shell, write_whole
from foresail.report.times import axis_of, local


def render(data: ReportData) -> str:
    """Render the report as one HTML page.

    Parameters
    ----------
    data
        What was planned and, where it was played, what came of it.

    Returns
    -------
    str
        The page: works from a file, asks no network, in light and dark. Every figure in it is also
        JSON in ``<script type="application/json" id="scores">``.

    Raises
    ------
    InputError
        When plotly is not installed (the ``report`` extra).
    """
    axis = axis_of(data)
    plots = figures(data, axis)
    texts = _texts(data, axis) | _sections(data, axis, set(plots))
    main = Template(asset("report.html")).substitute(texts)
    return shell(data.title, main, axis.label, {"scores": payload(data), "charts": plots})


def write(data: ReportData, path: Path | str) -> Path:
    """Write the report to `path` in one step: a reader never sees half a page.

    Raises
    ------
    InputError
        When the folder cannot be written, or plotly is not installed.
    """
    return write_whole(path, render(data))


def _texts(data: ReportData, axis: Axis) -> dict[str, str]:
    plain = {
        "title": data.title,
        "subtitle": data.subtitle,
        "verdict": verdict(data),
        "service": f"{data.service} / {data.tier}",
        "target": data.target,
        "region": data.region,
        "made": local(data.generated_at, axis.zone),
    }
    return {key: escape(text) for key, text in plain.items()}


def _sections(data: ReportData, axis: Axis, drawn: set[str]) -> dict[str, str]:
    charts = {f"chart_{n}": "" for n in ("demand", "capacity", "utilization")}
    charts |= {f"chart_{name}": chart_section(name, data, axis) for name in drawn}
    return charts | {
        "cards": cards(data),
        "scores_table": scores_section(data),
        "changes": changes_section(data, axis.zone),
        "calibration": calibration_section(data),
        "facts": facts_section(data),
        "notes": notes_section(data),
    }
