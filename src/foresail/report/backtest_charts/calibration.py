"""Calibration: how often demand stayed at or under each quantile."""

from __future__ import annotations

import numpy as np

from foresail.backtest.job import Outcome
from foresail.report.series import rounded
from foresail.report.traces import Figure, base_layout, stroke


def calibration(one: Outcome) -> Figure:
    """Draw how often demand stayed at or under each quantile, against how often it should."""
    rows = [row for row in one.calibration if np.isfinite(row["share"])]
    diagonal = {"type": "line", "x0": 0, "x1": 1, "y0": 0, "y1": 1}
    layout = base_layout([diagonal | {"line": {"color": "var:muted", "width": 1, "dash": "dot"}}])
    share = {"tickformat": ".0%", "range": [-0.02, 1.02], "dtick": 0.25}
    plain = {k: v for k, v in layout["yaxis"].items() if k not in {"rangemode", "nticks"}}
    titled = {"text": "quantile", "font": {"size": 12, "color": "var:muted"}}
    layout["xaxis"] = {**plain, **share, "title": titled}
    layout["yaxis"] = {**plain, **share}
    layout["hovermode"] = "closest"
    trace = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": [row["quantile"] for row in rows],
        "y": rounded([row["share"] for row in rows]),
        "hovertemplate": "q%{x:.2~f}: %{y:.1%} at or under it<extra></extra>",
        "line": stroke("forecast", 1.6),
        "marker": {"color": "var:forecast", "size": 7},
        "name": "seen",
        "role": "forecast",
    }
    return {"traces": [trace], "layout": layout, "percent": True}
