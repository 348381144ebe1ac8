"""Capacity: what demand took, what was planned and in service, and when that was short."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foresail.backtest.job import REACTIVE, Backtest, Outcome
from foresail.report.backtest_charts.spans import (
    ALL,
    Detail,
    Span,
    begin,
    shown,
    spans_of,
    top,
    views_of,
)
from foresail.report.charts import lane_axis, lane_ground
from foresail.report.series import Axis, Points, runs
from foresail.report.traces import Figure, Trace, base_layout, line_trace, stroke


def capacity(one: Outcome, done: Backtest, axis: Axis, detail: Detail) -> Figure:
    """Draw what demand took, the planned floor, what was in service, and when that was short."""
    names = [name for name in (done.ours, REACTIVE) if name in one.courses]
    spans = spans_of(one, done, one.start, detail)
    traces = {label: _capacity(one, done, names, span, axis) for label, span in spans.items()}
    need = one.demand / done.job.rules.slo
    tops = {
        label: top(
            need[s.first : s.last],
            *(
                one.courses[n].in_service[s.first - one.start : s.last - one.start]
                for n in names[:1]
            ),
        )
        for label, s in spans.items()
    }
    layout = base_layout([begin(one, axis), *(lane_ground(at) for at in range(len(names)))])
    layout["yaxis"]["domain"] = [0.2, 1]
    layout["yaxis2"] = lane_axis(names)
    layout["xaxis"] |= {"anchor": "free", "position": 0, "tickangle": 0}
    views = views_of(spans, traces, tops, one, axis)
    return {"traces": traces[ALL], "layout": layout, "views": views, "zoom": shown(spans)}


def _capacity(
    one: Outcome, done: Backtest, names: list[str], span: Span, axis: Axis
) -> list[Trace]:
    slo = done.job.rules.slo
    need = span.points(one, span.highest(one.demand / slo), axis)
    fill = {"fill": "tozeroy", "fillcolor": "var:required", "line": {"width": 0}}
    text = f"units that demand took at {slo:.0%}"
    traces = [
        line_trace(need) | fill | {"name": text, "role": "required", "kind": "band", "rank": 4}
    ]
    for name in reversed(names):
        mine = name == done.ours
        line = stroke("plan" if mine else REACTIVE, 1.7 if mine else 1.1)
        points = span.line(one, _over(one, one.courses[name].in_service), axis)
        traces.append(
            _stairs(points, span, f"in service, {name}", line)
            | {"role": "plan" if mine else REACTIVE, "rank": 1 if mine else 2, "visible": mine}
        )
    floor = span.line(one, _over(one, one.courses[done.ours].floor), axis)
    dashed = stroke("forecast", 1.2, "dash")
    traces.append(_stairs(floor, span, "planned floor", dashed) | {"role": "forecast", "rank": 3})
    return traces + [_lane(one, name, span, axis) for name in names]


def _stairs(points: Points, span: Span, name: str, line: Figure) -> Trace:
    shape = {"shape": "hv"} if span.width == 1 else {}
    return line_trace(points) | {"name": name, "line": line | shape}


def _over(one: Outcome, values: np.ndarray) -> np.ndarray:
    """Lay values of the replay over all steps of the series."""
    return np.asarray(np.r_[np.full(one.start, np.nan), values])


def _lane(one: Outcome, name: str, span: Span, axis: Axis) -> Trace:
    """Draw a bar for each run of time under capacity; in wide views those of a bucket are one."""
    late = one.courses[name].late[span.first - one.start : span.last - one.start]
    rows = np.pad(late, (0, -len(late) % span.width)).reshape(-1, span.width)
    minutes = rows.sum(axis=1) * (one.period / pd.Timedelta(minutes=1))
    wide = one.period * span.width
    x: list[str | None] = []
    notes: list[str | None] = []
    for first, last in runs(rows.any(axis=1)):
        begin = one.times[span.first] + first * wide
        x += [*axis.times([begin, begin + (last - first) * wide]), None]
        notes += [f"{minutes[first:last].sum():.0f} min under capacity"] * 2 + [None]
    edge = {"color": "var:danger", "width": 1.5}
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x[:-1],
        "y": [name] * max(len(x) - 1, 0),
        "text": notes[:-1],
        "hovertemplate": "%{text}<extra></extra>",
        "line": stroke("danger", 10),
        "marker": {"color": "var:danger", "size": 8, "symbol": "line-ns", "line": edge},
        "yaxis": "y2",
        "name": f"under capacity, {name}",
        "role": "danger",
    }
