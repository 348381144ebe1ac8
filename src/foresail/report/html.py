"""Put the page together: one file, everything inlined, nothing fetched."""

from __future__ import annotations

import os
import tempfile
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from foresail.errors import InputError
from foresail.report.changes import changes_section
from foresail.report.charts import figures
from foresail.report.data import ReportData
from foresail.report.findings import payload, to_json, verdict
from foresail.report.sections import (
    calibration_section,
    cards,
    chart_section,
    facts_section,
    notes_section,
    scores_section,
)
from foresail.report.series import Axis
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
    return Template(_asset("page.html")).substitute(
        _texts(data, axis) | _sections(data, axis, set(plots)) | _scripts(data, plots)
    )


def write(data: ReportData, path: Path | str) -> Path:
    """Write the report to `path` in one step: a reader never sees half a page.

    Raises
    ------
    InputError
        When the folder cannot be written, or plotly is not installed.
    """
    target = Path(path)
    page = render(data)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _replace(target, page)
    except OSError as error:
        raise InputError(
            f"{target}: cannot be written ({error.strerror})", cure="choose another path"
        ) from error
    return target


def _replace(target: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _texts(data: ReportData, axis: Axis) -> dict[str, str]:
    plain = {
        "title": data.title,
        "subtitle": data.subtitle,
        "verdict": verdict(data),
        "service": f"{data.service} / {data.tier}",
        "target": data.target,
        "region": data.region,
        "zone": axis.label,
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


def _scripts(data: ReportData, plots: dict[str, dict[str, object]]) -> dict[str, str]:
    return {
        "style": _asset("page.css"),
        "script": _asset("page.js"),
        "plotly": _plotly(),
        "scores_json": to_json(payload(data)),
        "charts_json": to_json(plots),
    }


def _plotly() -> str:
    try:
        from plotly.offline import get_plotlyjs
    except ImportError as error:
        raise InputError(
            "the report needs plotly, which is not installed", cure="pip install 'foresail[report]'"
        ) from error
    return str(get_plotlyjs())


def _asset(name: str) -> str:
    return (files("foresail.report") / "template" / name).read_text(encoding="utf-8")
