"""The calendar: hours by days, minutes under capacity and utilisation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from foresail.backtest.job import REACTIVE, Backtest, Course, Outcome
from foresail.report.backtest_charts.spans import Detail
from foresail.report.series import Axis
from foresail.report.traces import Figure, Trace, base_layout

HOURS = 24


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
