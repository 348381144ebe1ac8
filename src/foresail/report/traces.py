"""Pieces of a plotly.js figure; colours are roles (``var:plan``) that the page's theme fills in."""

from __future__ import annotations

from typing import Any

from foresail.report.series import Points

Trace = dict[str, Any]
Figure = dict[str, Any]


def line_trace(points: Points) -> Trace:
    """Draw points as a line whose gaps stay open."""
    return {"type": "scatter", "mode": "lines", "connectgaps": False, **points}


def stairs(points: Points, name: str, line: Figure, role: str) -> Trace:
    """Draw a step function that holds each value until the next."""
    return line_trace(points) | {"name": name, "line": line | {"shape": "hv"}, "role": role}


def area(points: Points, name: str, role: str) -> Trace:
    """Fill closed polygons without an outline."""
    fill = {"fill": "toself", "fillcolor": f"var:{role}", "line": {"width": 0}}
    return (
        line_trace(points)
        | fill
        | {"hoverinfo": "skip", "name": name, "role": role, "kind": "band"}
    )


def stroke(role: str, width: float, dash: str | None = None) -> Figure:
    """Style a line in the colour of a role."""
    style = {"dash": dash} if dash else {}
    return {"color": f"var:{role}", "width": width, **style}


def base_layout(shapes: list[Figure]) -> Figure:
    """Lay out a time plot: dates below, values from zero, no legend of its own."""
    ticks = {"size": 11.5, "color": "var:muted"}
    line = {"gridcolor": "var:grid", "linecolor": "var:grid", "tickfont": ticks}
    stops = [
        {"dtickrange": [None, 86_399_999], "value": "%H:%M\n%a %-d %b"},
        {"dtickrange": [86_400_000, None], "value": "%a %-d %b"},
    ]
    hover = {"bgcolor": "var:card", "bordercolor": "var:grid", "font": {"color": "var:ink"}}
    return {
        "xaxis": line
        | {
            "type": "date",
            "showgrid": False,
            "ticks": "outside",
            "ticklen": 5,
            "tickcolor": "var:grid",
            "tickformatstops": stops,
            "hoverformat": "%a %-d %b %H:%M",
        },
        "yaxis": line
        | {
            "rangemode": "tozero",
            "fixedrange": True,
            "ticklabelstandoff": 6,
            "zeroline": False,
            "automargin": True,
            "nticks": 6,
        },
        "shapes": shapes,
        "hovermode": "x unified",
        "hoverlabel": hover,
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": "var:ink"},
        "margin": {"l": 44, "r": 12, "t": 10, "b": 44},
    }
