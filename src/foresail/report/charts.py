"""The three plots, as plain plotly.js figures; colours are roles that the page's theme fills in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd

from foresail.report.data import ReportData
from foresail.report.findings import quantile_columns, short_minutes
from foresail.report.series import (
    Axis,
    band,
    buckets,
    regular,
    rounded,
    runs,
    staircase,
)
from foresail.report.traces import Figure, Trace, area, base_layout, line_trace, stairs, stroke

MOST_POINTS = 1600  # of a drawn history: about two per pixel
MOST_MINUTES = 12_000  # of a drawn utilisation
LANES = {"plan": "foresail", "reactive": "reactive"}
RANK = {"plan": 1, "reactive": 2}  # place in the legend, apart from the order of drawing


def figures(data: ReportData, axis: Axis) -> dict[str, Figure]:
    """All figures of a report by the id of the element they are drawn in."""
    made = {"demand": demand(data, axis), "capacity": capacity(data, axis)}
    if data.played is not None and len(data.played):
        made["utilization"] = utilization(data, axis)
    return made


def demand(data: ReportData, axis: Axis) -> Figure:
    """History, forecast band and what happened."""
    width, past = buckets(data.history, MOST_POINTS)
    traces = history_traces(past, width, axis) + _forecast(data, axis)
    if data.actual is not None and len(data.actual):
        what = {"name": "what happened", "line": stroke("actual", 1.6), "role": "actual"}
        traces.append(line_trace(regular(data.actual, "value", axis)) | what)
    traces += _censored(data, axis)
    views = _views(data, axis)
    layout = base_layout([moment(data.generated_at, axis)])
    return {"traces": traces, "layout": layout, "views": views, "zoom": len(views) - 1}


def history_traces(past: pd.DataFrame, width: str | None, axis: Axis) -> list[Trace]:
    """Mean line of a history, and where it was thinned its lowest and highest values."""
    label = {None: "history", "1h": "history, hourly mean", "1D": "history, daily mean"}
    name = label.get(width, f"history, {width} mean")
    frame = past.rename_axis("timestamp").reset_index()
    mean = line_trace(regular(frame, "mean", axis))
    mean |= {"name": name, "line": stroke("history", 1.4), "role": "history"}
    if width is None:
        return [mean]
    extent = band(past["min"], past["max"], axis)
    spans = {"1h": "hour", "1D": "day"}
    name = f"lowest to highest in each {spans.get(width, width)}"
    return [area(extent, name, "historyband"), mean]


def _forecast(data: ReportData, axis: Axis) -> list[Trace]:
    names = quantile_columns(data.forecast)
    if not names or data.forecast.empty:
        return []
    frame = data.forecast.set_index("timestamp")
    low, high = names[0], names[-1]
    middle = "q0.5" if "q0.5" in names else low
    traces = (
        []
        if low == high
        else [area(band(frame[low], frame[high], axis), f"{low} to {high}", "band")]
    )
    shown = dict.fromkeys([middle, data.quantile])
    for name in (n for n in shown if n in names):
        covered = name == data.quantile
        line = stroke("forecast", 1.8 if covered else 1.4, None if covered else "dot")
        text = f"forecast {name}" + (" (planned for)" if covered else "")
        points = line_trace(regular(data.forecast, name, axis))
        traces.append(points | {"name": text, "line": line, "role": "forecast"})
    return traces


def _censored(data: ReportData, axis: Axis) -> list[Trace]:
    if "censored" not in data.history:
        return []
    hidden = data.history[data.history["censored"].astype(bool)]
    if hidden.empty:
        return []
    mark = {"color": "var:danger", "size": 5, "symbol": "diamond"}
    text = {"name": "demand hidden by the capacity limit", "mode": "markers", "marker": mark}
    points = {"x": axis.times(hidden["timestamp"]), "y": rounded(hidden["value"])}
    return [{"type": "scatter", "role": "danger", "kind": "dot"} | text | points]


def _views(data: ReportData, axis: Axis) -> list[dict[str, Any]]:
    """Time windows with a button each: all, a week back, two days back; the last is shown."""
    end = _end(data)
    first = data.history["timestamp"].min() if len(data.history) else data.generated_at
    spans = [("All", first)]
    for label, days in (("1 week + forecast", 7), ("2 days + forecast", 2)):
        start = pd.Timestamp(data.generated_at) - pd.Timedelta(days=days)
        if start > first:
            spans.append((label, start))
    return [
        {
            "label": label,
            "range": [axis.at(start), axis.at(end)],
            "top": _highest(data, start),
        }
        for label, start in spans
    ]


def _highest(data: ReportData, start: datetime) -> float:
    """Top of the vertical axis for a window that begins at `start`."""
    past = data.history[data.history["timestamp"] >= start]["value"]
    ahead = [data.forecast[name] for name in quantile_columns(data.forecast)]
    what = [] if data.actual is None else [data.actual["value"]]
    highest = max((float(s.max()) for s in (past, *ahead, *what) if s.notna().any()), default=1)
    return float(f"{max(highest, 1e-9) * 1.08:.4g}")


def capacity(data: ReportData, axis: Axis) -> Figure:
    """Needed, planned and real capacity, with lanes that mark under-capacity minutes."""
    end = _end(data)
    traces: list[Trace] = []
    logs = _logs(data)
    if logs:
        traces.append(_required(data, logs[0][1], axis))
    asked, floor = _planned(data, axis, end)
    traces.append(asked)
    for (role, name), log in reversed(logs):
        steps = staircase(log["timestamp"], log["in_service"], end, axis)
        width = 2.2 if role == "plan" else 1.6
        real = stairs(steps, f"in service, {name}", stroke(role, width), role)
        traces.append(real | {"rank": RANK[role]})
    traces.append(floor)
    lanes = [_lane(data, log, role, axis) for (role, _), log in logs]
    layout = base_layout([])
    layout["xaxis"]["range"] = [axis.at(_start(data)), axis.at(end)]
    if lanes:
        layout["yaxis"]["domain"] = [0.2, 1]
        layout["yaxis2"] = lane_axis([LANES[role] for (role, _), _ in logs])
        layout["shapes"] = [lane_ground(at) for at in range(len(lanes))]
        layout["xaxis"]["anchor"] = "free"
        layout["xaxis"]["position"] = 0
    return {"traces": traces + lanes, "layout": layout, "lanes": bool(lanes)}


def _planned(data: ReportData, axis: Axis, end: datetime) -> tuple[Trace, Trace]:
    needed = staircase(data.needed["start"], data.needed["needed"], end, axis)
    floor = staircase(data.steps["start"], data.steps["capacity"], end, axis)
    asked = stairs(
        needed, f"needed for forecast {data.quantile}", stroke("history", 1.2, "dot"), "history"
    )
    wide = 1.5 if data.played is not None else 2.2
    planned = stairs(floor, "planned floor", stroke("forecast", wide, "dash"), "forecast")
    return asked | {"visible": data.played is None, "rank": 5}, planned | {"rank": 3}


def _required(data: ReportData, log: pd.DataFrame, axis: Axis) -> Trace:
    """Units that the demand which came took to stay at the SLO: the ground the rest stands on."""
    units = log["demand"] / (data.unit_capacity * data.slo)
    frame = pd.DataFrame({"timestamp": log["timestamp"], "value": units})
    _, thin = buckets(frame, MOST_MINUTES)
    points = regular(thin.rename_axis("timestamp").reset_index(), "max", axis)
    fill = {"fill": "tozeroy", "fillcolor": "var:required", "line": {"width": 0}}
    name = f"units that demand took at {data.slo:.0%}"
    return line_trace(points) | fill | {"name": name, "role": "required", "kind": "band", "rank": 4}


def _lane(data: ReportData, log: pd.DataFrame, role: str, axis: Axis) -> Trace:
    """One bar per run of under-capacity minutes, in the policy's own lane."""
    times = log["timestamp"].reset_index(drop=True)
    x: list[str | None] = []
    notes: list[str | None] = []
    for first, last in runs(short_minutes(log, data)):
        begin, finish = times[first], times[last - 1] + pd.Timedelta("1min")
        x += [*axis.times([begin, finish]), None]
        notes += [f"{last - first} min under capacity"] * 2 + [None]
    edge = {"color": "var:danger", "width": 2}
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": x[:-1],
        "y": [LANES[role]] * max(len(x) - 1, 0),
        "text": notes[:-1],
        "hovertemplate": "%{text}<extra></extra>",
        "line": stroke("danger", 12),
        "marker": {"color": "var:danger", "size": 9, "symbol": "line-ns", "line": edge},
        "yaxis": "y2",
        "name": f"under capacity, {LANES[role]}",
    }


def lane_ground(at: int) -> Figure:
    """Draw the ground of one lane, so that a lane without marks is seen to be empty."""
    place = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "yref": "y2"}
    edges = {"y0": at - 0.36, "y1": at + 0.36, "layer": "below"}
    return place | edges | {"fillcolor": "var:soft", "line": {"width": 0}}


def lane_axis(names: list[str]) -> dict[str, Any]:
    """Lay out one lane for each name under a chart."""
    return {
        "domain": [0.01, 0.13],
        "type": "category",
        "categoryarray": list(reversed(names)),
        "categoryorder": "array",
        "range": [-0.6, len(names) - 0.4],
        "showgrid": False,
        "fixedrange": True,
        "automargin": True,
        "ticklabelstandoff": 6,
        "zeroline": False,
        "tickfont": {"size": 11, "color": "var:muted"},
    }


def utilization(data: ReportData, axis: Axis) -> Figure:
    """Utilisation of both groups with the SLO line; the space above it is tinted."""
    traces = []
    top = data.slo
    for (role, name), log in reversed(_logs(data)):
        frame = log[["timestamp"]].assign(value=log["utilization"])
        width, thin = buckets(frame, MOST_MINUTES)
        text = name if width is None else f"{name}, highest in each {width}"
        points = regular(thin.rename_axis("timestamp").reset_index(), "max", axis)
        line = stroke(role, 1.6 if role == "plan" else 1.1)
        traces.append(
            line_trace(points) | {"name": text, "line": line, "role": role, "rank": RANK[role]}
        )
        top = max(top, float(frame["value"].max()))
    top = max(top * 1.06, 1.0)
    layout = base_layout(_limit(data.slo, top))
    layout["yaxis"] |= {"tickformat": ".0%", "range": [0, top]}
    layout["xaxis"]["range"] = [axis.at(_start(data)), axis.at(_end(data))]
    layout["annotations"] = [_limit_label(data.slo)]
    return {"traces": traces, "layout": layout, "percent": True}


def _limit(slo: float, top: float) -> list[Figure]:
    edge = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": slo, "y1": slo}
    space = {"type": "rect", "xref": "paper", "x0": 0, "x1": 1, "y0": slo, "y1": top}
    line = {"color": "var:danger", "width": 1.2, "dash": "dash"}
    fill = {"fillcolor": "var:dangerwash", "line": {"width": 0}, "layer": "below"}
    return [space | fill, edge | {"line": line}]


def _limit_label(slo: float) -> Figure:
    place = {"xref": "paper", "x": 1, "xanchor": "right", "y": slo, "yanchor": "bottom"}
    font = {"color": "var:danger", "size": 11}
    return place | {
        "text": f"SLO {slo:.0%}",
        "showarrow": False,
        "font": font,
        "bgcolor": "var:card",
    }


def _logs(data: ReportData) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    """Role and name of each played group with its log; the plan's first."""
    named = (("plan", "foresail", data.played), ("reactive", "reactive alone", data.reactive))
    return [((role, name), log) for role, name, log in named if log is not None and len(log)]


def _start(data: ReportData) -> datetime:
    if data.played is not None and len(data.played):
        return pd.Timestamp(data.played["timestamp"].min())
    starts = [pd.Timestamp(data.generated_at), *data.steps["start"], *data.needed["start"]]
    return pd.Timestamp(min(starts))


def _end(data: ReportData) -> datetime:
    """End of the last forecast period, or of the play when that is longer."""
    ends = [pd.Timestamp(data.generated_at), *data.needed["end"], *data.forecast["timestamp"]]
    if data.played is not None and len(data.played):
        ends.append(data.played["timestamp"].max())
    return pd.Timestamp(max(ends))


def moment(when: datetime, axis: Axis) -> Figure:
    """Draw an upright line at a time: what lies right of it was not known."""
    at = axis.at(when)
    line = {"color": "var:muted", "width": 1, "dash": "dot"}
    return {"type": "line", "yref": "paper", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": line}
