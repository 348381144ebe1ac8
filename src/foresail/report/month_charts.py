"""The plots of a month: units of each policy, and how wide of the mark forecasts were."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from foresail.report.series import Axis, Points, rounded
from foresail.report.traces import Figure, Trace, base_layout, line_trace, stairs, stroke
from foresail.score.capacity import ACTUAL, ORACLE, REACTIVE
from foresail.score.month import TierMonth
from foresail.score.score import Score

_LINES = (
    (ACTUAL, "plan", 2.0, None),
    (REACTIVE, "reactive", 1.6, "dash"),
    (ORACLE, "history", 1.4, "dot"),
)


def units_figure(tier: TierMonth, axis: Axis) -> Figure:
    """Draw the mean units of each window, of what was there and of other policies."""
    known = [score for score in tier.scores if score.capacity is not None]
    traces = [
        stairs(_means(known, name, axis), name, stroke(role, width, dash), role)
        for name, role, width, dash in _LINES
    ]
    short = [s for s in known if s.capacity is not None and s.capacity.short_share() > 0]
    traces += [_marks(short, known, axis)] if short else []
    return {"traces": traces, "layout": base_layout([])}


def _means(scores: Sequence[Score], name: str, axis: Axis) -> Points:
    means = [
        s.capacity.usage[name].unit_hours / (s.capacity.minutes / 60)
        for s in scores
        if s.capacity is not None
    ]
    return _held(scores, means, axis)


def _held(scores: Sequence[Score], values: Sequence[float], axis: Axis) -> Points:
    """Values of windows as steps; a window without a score leaves a gap."""
    times, kept = [], []
    for at, (score, value) in enumerate(zip(scores, values, strict=True)):
        times.append(score.window.start)
        kept.append(value)
        last = at + 1 == len(scores)
        if last or scores[at + 1].window.start != score.window.end:
            times.append(score.window.end)
            kept.append(value if last else np.nan)
    return {"x": axis.times(times), "y": rounded(np.array(kept, dtype=np.float64))}


def _marks(short: Sequence[Score], known: Sequence[Score], axis: Axis) -> Trace:
    """Mark windows that were short, at the bottom of the plot."""
    minutes = [
        f"{s.capacity.usage[ACTUAL].short_minutes:.0f} min under capacity"
        for s in short
        if s.capacity is not None
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": axis.times([s.window.start + (s.window.end - s.window.start) / 2 for s in short]),
        "y": [0] * len(short),
        "text": minutes,
        "hovertemplate": "%{text}<extra></extra>",
        "name": "short in this window",
        "marker": {"color": "var:danger", "size": 8, "symbol": "diamond"},
        "role": "danger",
        "kind": "dot",
    }


def error_figure(tier: TierMonth, axis: Axis) -> Figure:
    """Draw the error of each window's forecast, and where a window was bad."""
    known = [score for score in tier.scores if score.mase is not None]
    values = [score.mase or 0.0 for score in known]
    traces = [
        stairs(_held(known, values, axis), "error (MASE)", stroke("forecast", 1.8), "forecast")
    ]
    bad = [score for score in known if score.bad]
    if bad:
        middle = [s.window.start + (s.window.end - s.window.start) / 2 for s in bad]
        points = {"x": axis.times(middle), "y": rounded([s.mase or 0.0 for s in bad])}
        dots = {"color": "var:danger", "size": 8, "symbol": "diamond"}
        traces.append(
            line_trace(points)
            | {"mode": "markers", "name": "bad window", "marker": dots, "role": "danger",
               "kind": "dot"}
        )  # fmt: skip
    even = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 1, "y1": 1}
    line = {"color": "var:muted", "width": 1, "dash": "dot"}
    return {"traces": traces, "layout": base_layout([even | {"line": line}])}
