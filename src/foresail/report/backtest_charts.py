"""The plots of a backtest as plain plotly.js figures; colours are roles that the theme fills in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from foresail.backtest.job import ORACLE, REACTIVE, Backtest, Course, Outcome
from foresail.report.charts import lane_axis, lane_ground, moment
from foresail.report.series import Axis, Points, band, rounded, runs
from foresail.report.traces import Figure, Trace, area, base_layout, line_trace, stroke

ROLES = {
    "static": "static",
    REACTIVE: "reactive",
    "aws-predictive": "aws",
    "human schedule": "human",
    "foresail-schedule": "schedule",
    "foresail-hybrid": "hybrid",
    ORACLE: "history",
}
DASHES = ("solid", "dash", "dot", "dashdot")
RECENT = pd.Timedelta(days=14)
DETAIL = pd.Timedelta(days=3)  # of the views that show every period
HOURS = 24
ALL = "All"


@dataclass(frozen=True, slots=True)
class Detail:
    """How much to draw: points of a whole series, and whether also close-ups."""

    points: int
    close: bool


def figures(one: Outcome, done: Backtest, axis: Axis, detail: Detail) -> dict[str, Figure]:
    """All figures of a series by the id of the element they are drawn in."""
    return {
        "demand": demand(one, done, axis, detail),
        "capacity": capacity(one, done, axis, detail),
        "frontier": frontier(one, done),
        "calibration": calibration(one),
        "heat": heat(one, done, axis, detail),
    }


@dataclass(frozen=True, slots=True)
class _Span:
    """Steps to draw, and how many of them make a point."""

    first: int
    last: int
    width: int

    def extremes(self, values: np.ndarray) -> np.ndarray:
        """Lowest and highest of each bucket, in the order in which they came."""
        part = np.asarray(values[self.first : self.last], dtype=np.float64)
        if self.width == 1:
            return part
        low, high, first = self._sides(part)
        return np.stack([np.where(first, low, high), np.where(first, high, low)], 1).ravel()

    def _sides(self, part: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = self._rows(part)
        low, high = _lowest(rows), -_lowest(-rows)
        at_low = np.argmin(np.nan_to_num(rows, nan=np.inf), axis=1)
        at_high = np.argmax(np.nan_to_num(rows, nan=-np.inf), axis=1)
        return low, high, np.asarray(at_low < at_high)

    def _rows(self, part: np.ndarray) -> np.ndarray:
        missing = -len(part) % self.width
        return np.pad(part, (0, missing), constant_values=np.nan).reshape(-1, self.width)

    def lowest(self, values: np.ndarray) -> np.ndarray:
        return _lowest(self._rows(np.asarray(values[self.first : self.last], dtype=np.float64)))

    def highest(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(-self.lowest(-np.asarray(values)))

    def points(self, one: Outcome, values: np.ndarray, axis: Axis, each: int = 1) -> Points:
        """Lay values of buckets, `each` of them a bucket, on a regular grid."""
        step = one.period * self.width / each
        return {
            "x0": axis.at(one.times[self.first]),
            "dx": step / pd.Timedelta(milliseconds=1),
            "y": rounded(values),
        }

    def line(self, one: Outcome, values: np.ndarray, axis: Axis) -> Points:
        return self.points(one, self.extremes(values), axis, 1 if self.width == 1 else 2)

    def times(self, one: Outcome) -> pd.DatetimeIndex:
        return one.times[self.first : self.last : self.width]


def _lowest(rows: np.ndarray) -> np.ndarray:
    filled = np.where(np.isfinite(rows), rows, np.inf).min(axis=1)
    return np.where(np.isfinite(filled), filled, np.nan)


def _spans(one: Outcome, done: Backtest, first: int, detail: Detail) -> dict[str, _Span]:
    """Give the views of a series: all of it, its worst days, and its last."""
    last = len(one.times)
    width = _width(one, last - first, detail.points)
    spans = {ALL: _Span(first, last, width)}
    if not detail.close or width == 1:
        return spans
    steps = int(DETAIL // one.period)
    recent = max(last - int(RECENT // one.period), first)
    if recent > first:
        spans["Last 2 weeks"] = _Span(recent, last, _width(one, last - recent, detail.points))
    spans["Worst days"] = _worst(one, done, steps)
    spans["Last 3 days"] = _Span(max(last - steps, first), last, 1)
    return spans


def _width(one: Outcome, steps: int, points: int) -> int:
    """Count the steps of a bucket: parts of an hour or whole ones, to bend no shape by the hour."""
    if steps <= points:
        return 1
    hour = max(int(pd.Timedelta(hours=1) // one.period), 1)
    least = -(-steps // points)
    parts = [part for part in range(least, hour) if hour % part == 0]
    return parts[0] if parts else -(-least // hour) * hour


def _worst(one: Outcome, done: Backtest, steps: int) -> _Span:
    """Days around the day with most under-capacity time of our policy."""
    late = one.courses[done.ours].late[one.scored - one.start :].astype(np.int64)
    day = max(steps // 3, 1)
    sums = np.convolve(late, np.ones(day, dtype=np.int64))[day - 1 :]
    at = one.scored + (int(np.argmax(sums)) if len(sums) else 0)
    first = max(min(at - day, len(one.times) - steps), one.start)
    return _Span(first, min(first + steps, len(one.times)), 1)


def _views(
    spans: dict[str, _Span], traces: dict[str, list[Trace]], tops: dict[str, float],
    one: Outcome, axis: Axis,
) -> list[dict[str, Any]]:  # fmt: skip
    return [
        {
            "label": label,
            "range": [
                axis.at(one.times[span.first]),
                axis.at(one.times[span.last - 1] + one.period),
            ],
            "top": tops[label],
            **({"traces": traces[label]} if label != ALL else {}),
        }
        for label, span in spans.items()
    ]


def _top(*values: np.ndarray) -> float:
    highest = max((float(np.nanmax(v, initial=0.0)) for v in values), default=1.0)
    return float(f"{max(highest, 1e-9) * 1.08:.4g}")


# Demand and its forecast.


def demand(one: Outcome, done: Backtest, axis: Axis, detail: Detail) -> Figure:
    """Draw demand, and the band as it was forecast at each plan."""
    spans = _spans(one, done, 0, detail)
    whole = _whole(one)
    traces = {label: _demand(one, whole, span, axis) for label, span in spans.items()}
    tops = {
        label: _top(
            one.demand[s.first : s.last] * one.scale, whole["q0.95"][s.first : s.last] * one.scale
        )
        for label, s in spans.items()
    }
    layout = base_layout([_begin(one, axis)])
    layout["xaxis"]["tickangle"] = 0
    return {
        "traces": traces[ALL],
        "layout": layout,
        "views": _views(spans, traces, tops, one, axis),
        "zoom": _shown(spans),
    }


def _shown(spans: dict[str, _Span]) -> int:
    """Give the place of the view shown first: two weeks can be read, a season cannot."""
    return list(spans).index("Last 2 weeks") if "Last 2 weeks" in spans else 0


def _begin(one: Outcome, axis: Axis) -> Figure:
    return moment(one.times[one.scored], axis)


def _whole(one: Outcome) -> dict[str, np.ndarray]:
    """Forecast quantiles over all steps of the series; NaN before the replay."""
    before = np.full(one.start, np.nan)
    return {
        str(name): np.r_[before, one.path[name].to_numpy(dtype=np.float64)] for name in one.path
    }


def _demand(one: Outcome, whole: dict[str, np.ndarray], span: _Span, axis: Axis) -> list[Trace]:
    times = span.times(one)
    low = pd.Series(span.lowest(whole["q0.05"]) * one.scale, index=times)
    high = pd.Series(span.highest(whole["q0.95"]) * one.scale, index=times)
    middle = span.points(one, span.highest(whole["q0.5"]) * one.scale, axis)
    real = span.line(one, one.demand * one.scale, axis)
    return [
        area(band(low, high, axis), "forecast q0.05 to q0.95, as last made", "band") | {"rank": 3},
        line_trace(middle)
        | {"name": "forecast median", "line": stroke("forecast", 1.1), "role": "forecast"}
        | {"rank": 2},
        line_trace(real)
        | {"name": "demand", "line": stroke("actual", 1.1), "role": "actual", "rank": 1},
    ]


def bucket_text(one: Outcome, detail: Detail) -> str:
    """Say of what each point of the view of all is made; empty where it is each period."""
    width = _width(one, len(one.times), detail.points)
    minutes = one.period * width / pd.Timedelta(minutes=1)
    if width == 1:
        return ""
    span = (
        f"{minutes:g} min" if minutes < 60 else "hour" if minutes == 60 else f"{minutes / 60:g} h"
    )
    return f"Where all of it is shown, each {span} stands with its lowest and highest value."


# Capacity.


def capacity(one: Outcome, done: Backtest, axis: Axis, detail: Detail) -> Figure:
    """Draw what demand took, the planned floor, what was in service, and when that was short."""
    names = [name for name in (done.ours, REACTIVE) if name in one.courses]
    spans = _spans(one, done, one.start, detail)
    traces = {label: _capacity(one, done, names, span, axis) for label, span in spans.items()}
    need = one.demand / done.job.rules.slo
    tops = {
        label: _top(
            need[s.first : s.last],
            *(
                one.courses[n].in_service[s.first - one.start : s.last - one.start]
                for n in names[:1]
            ),
        )
        for label, s in spans.items()
    }
    layout = base_layout([_begin(one, axis), *(lane_ground(at) for at in range(len(names)))])
    layout["yaxis"]["domain"] = [0.2, 1]
    layout["yaxis2"] = lane_axis(names)
    layout["xaxis"] |= {"anchor": "free", "position": 0, "tickangle": 0}
    views = _views(spans, traces, tops, one, axis)
    return {"traces": traces[ALL], "layout": layout, "views": views, "zoom": _shown(spans)}


def _capacity(
    one: Outcome, done: Backtest, names: list[str], span: _Span, axis: Axis
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


def _stairs(points: Points, span: _Span, name: str, line: Figure) -> Trace:
    shape = {"shape": "hv"} if span.width == 1 else {}
    return line_trace(points) | {"name": name, "line": line | shape}


def _over(one: Outcome, values: np.ndarray) -> np.ndarray:
    """Lay values of the replay over all steps of the series."""
    return np.asarray(np.r_[np.full(one.start, np.nan), values])


def _lane(one: Outcome, name: str, span: _Span, axis: Axis) -> Trace:
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


# Frontier, calibration, calendar.


def frontier(one: Outcome, done: Backtest) -> Figure:
    """Draw each policy's undominated settings: cost over the oracle against time under capacity."""
    least = _least(one)
    traces = []
    for name, knob in done.knobs.items():
        rows = _undominated(one.scores[one.scores["policy"] == name])
        role = role_of(name, done.ours)
        mine = name == done.ours
        x = np.maximum(rows["under_capacity"].to_numpy(), least)
        mark = {"color": f"var:{role}", "size": 7 if mine else 5}
        notes = [
            f"{name}, {knob} {s}: {u:.2%} ({low:.2%} to {high:.2%})"
            for s, u, low, high in zip(
                rows["setting"],
                rows["under_capacity"],
                rows["late_low"],
                rows["late_high"],
                strict=True,
            )
        ]
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": rounded(x),
                "y": rounded(rows["cost_ratio"]),
                "text": notes,
                "hovertemplate": "%{text}, %{y:.2f}× the oracle<extra></extra>",
                "line": stroke(role, 2.2 if mine else 1.2),
                "marker": mark,
                "name": name,
                "role": role,
                "rank": 0 if mine else 1,
            }
        )
    traces += [_choice(one, name, done, least) for name in done.knobs if name != ORACLE]
    return {"traces": traces, "layout": _frontier_layout(one, done, least)}


def role_of(policy: str, ours: str) -> str:
    """Give the colour role of a policy."""
    return "plan" if policy == ours else ROLES.get(policy, "hybrid")


def _least(one: Outcome) -> float:
    """Half a period's share: stands for none on an axis that has no zero."""
    return 0.5 / max(len(one.times) - one.scored, 1)


def _undominated(rows: pd.DataFrame) -> pd.DataFrame:
    rows = rows.sort_values(["cost_ratio", "under_capacity"])
    late = rows["under_capacity"].to_numpy()
    best = np.minimum.accumulate(late)
    keep = np.r_[True, late[1:] < best[:-1]]
    return rows[keep]


def _choice(one: Outcome, name: str, done: Backtest, least: float) -> Trace:
    """Ring the setting that was chosen; bars hold 90 % of resampled days."""
    row = one.scores[(one.scores["policy"] == name) & one.scores["chosen"]].iloc[0]
    role = role_of(name, done.ours)
    late, cost = max(float(row["under_capacity"]), least), float(row["cost_ratio"])
    bars = {
        "color": f"var:{role}",
        "thickness": 1.2,
        "width": 3,
        "type": "data",
        "symmetric": False,
    }
    size = 15 if name == done.ours else 10
    ring = {"color": f"var:{role}", "width": 2.2}
    return {
        "type": "scatter",
        "mode": "markers",
        "x": rounded([late]),
        "y": rounded([cost]),
        "error_x": bars
        | {
            "array": rounded([max(float(row["late_high"]) - late, 0.0)]),
            "arrayminus": rounded([max(late - max(float(row["late_low"]), least), 0.0)]),
        },
        "error_y": bars
        | {
            "array": rounded([max(float(row["cost_high"]) - cost, 0.0)]),
            "arrayminus": rounded([max(cost - float(row["cost_low"]), 0.0)]),
        },
        "text": [
            f"chosen: {name} {row['setting']}<br>{row['under_capacity']:.2%} "
            f"({row['late_low']:.2%} to {row['late_high']:.2%})"
        ],
        "hovertemplate": "%{text}, %{y:.2f}× the oracle<extra></extra>",
        "marker": {"color": "var:card", "size": size, "symbol": "circle", "line": ring},
        "name": "chosen on the days before",
        "role": role,
        "quiet": name != done.ours,
        "kind": "ring",
        "rank": 9,
    }


def _frontier_layout(one: Outcome, done: Backtest, least: float) -> Figure:
    limit = done.job.wish.limit
    line = {"color": "var:danger", "width": 1.2, "dash": "dash"}
    edge = {"type": "line", "yref": "paper", "x0": limit, "x1": limit, "y0": 0, "y1": 1}
    layout = base_layout([edge | {"line": line}])
    highest = float(one.scores["under_capacity"].max())
    ticks = [t for t in (0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3) if t > least * 1.5]
    layout["xaxis"] = {
        **{k: v for k, v in layout["yaxis"].items() if k not in {"rangemode", "nticks"}},
        "type": "log",
        "tickangle": 0,
        "tickvals": [least, *ticks],
        "ticktext": ["none", *(f"{100 * t:g}%" for t in ticks)],
        "range": [
            float(np.log10(least * 0.8)),
            float(np.log10(max(min(highest, 0.3), 0.02) * 1.2)),
        ],
        "title": {"text": "time under capacity", "font": {"size": 12, "color": "var:muted"}},
        "showgrid": True,
    }
    costs = [1, 1.2, 1.5, 2, 3, 5, 10, 20, 50]
    tallest = float(one.scores["cost_ratio"].quantile(0.9))
    layout["yaxis"] |= {
        "type": "log",
        "tickvals": costs,
        "ticktext": [f"{c:g}×" for c in costs],
        "range": [float(np.log10(0.92)), float(np.log10(max(tallest, 1.6) * 1.1))],
    }
    layout["yaxis"].pop("rangemode")
    layout["hovermode"] = "closest"
    layout["margin"] = {"l": 44, "r": 12, "t": 10, "b": 48}
    layout["annotations"] = [
        {
            "x": float(np.log10(limit)), "y": 1, "yref": "paper", "yanchor": "top",
            "xanchor": "left", "text": f"{100 * limit:g} %", "showarrow": False,
            "font": {"color": "var:danger", "size": 11},
        }
    ]  # fmt: skip
    return layout


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


def heat(one: Outcome, done: Backtest, axis: Axis, detail: Detail) -> Figure:
    """Draw hours by days: minutes under capacity of each policy, and our utilisation."""
    names = [name for name in (done.ours, REACTIVE) if name in one.courses]
    if not detail.close:
        names = names[:1]
    cells = _Cells.of(one, axis)
    minutes = one.period / pd.Timedelta(minutes=1)
    maps = {
        f"Under capacity, {name}": _map(
            cells, cells.sum(one.courses[name].late * minutes), "danger", "%{z:.0f} min", 60.0
        )
        for name in names
    }
    if detail.close:
        used = 100 * _utilisation(one, one.courses[done.ours])
        maps[f"Utilisation, {done.ours}"] = _map(
            cells, cells.peak(used), "plan", "%{z:.0f} %", 100.0
        )
    layout = base_layout([])
    layout["xaxis"] |= {
        "tickformatstops": [],
        "tickformat": "%-d %b",
        "tickangle": 0,
        "hoverformat": "%a %-d %b",
    }
    layout["yaxis"] = {
        **{k: v for k, v in layout["yaxis"].items() if k != "rangemode"},
        "autorange": "reversed",
        "tickvals": [0, 6, 12, 18, 23],
        "ticktext": ["00:00", "06:00", "12:00", "18:00", "23:00"],
        "showgrid": False,
    }
    layout["hovermode"] = "closest"
    views = [{"label": label, "traces": [trace]} for label, trace in maps.items()]
    return {"traces": views[0]["traces"], "layout": layout, "views": views, "zoom": 0}


def _utilisation(one: Outcome, course: Course) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(one.demand[one.start :] / course.in_service)


@dataclass(frozen=True, slots=True)
class _Cells:
    """Place of each replayed step in a grid of hours by days of the axis."""

    days: list[str]
    hour: np.ndarray
    day: np.ndarray

    @classmethod
    def of(cls, one: Outcome, axis: Axis) -> _Cells:
        local = one.times[one.start :].tz_convert("UTC").tz_localize(None) + axis.offset
        dates = local.normalize()
        days = pd.date_range(dates[0], dates[-1], freq="D")
        place = np.asarray((dates - days[0]) // pd.Timedelta(days=1), dtype=np.int64)
        return cls([f"{day:%Y-%m-%d}" for day in days], local.hour.to_numpy(), place)

    def sum(self, values: np.ndarray) -> np.ndarray:
        grid = np.full((HOURS, len(self.days)), np.nan)
        seen = np.zeros(grid.shape, dtype=bool)
        seen[self.hour, self.day] = True
        grid[seen] = 0
        np.add.at(grid, (self.hour, self.day), np.nan_to_num(values))
        return grid

    def peak(self, values: np.ndarray) -> np.ndarray:
        grid = np.full((HOURS, len(self.days)), -np.inf)
        np.maximum.at(grid, (self.hour, self.day), np.nan_to_num(values, nan=-np.inf, posinf=999.0))
        return np.where(np.isfinite(grid), grid, np.nan)


def _map(cells: _Cells, grid: np.ndarray, role: str, text: str, top: float) -> Trace:
    whole = [[None if not np.isfinite(v) else round(float(v)) for v in row] for row in grid]
    return {
        "type": "heatmap",
        "x": cells.days,
        "y": list(range(HOURS)),
        "z": whole,
        "zmin": 0,
        "zmax": top,
        "colorscale": [[0, "var:soft"], [1, f"var:{role}"]],
        "showscale": False,
        "xgap": 1,
        "ygap": 1,
        "hovertemplate": "%{x|%a %-d %b}, %{y}:00: " + text + "<extra></extra>",
        "name": "",
        "role": role,
        "yaxis": "y",
    }
