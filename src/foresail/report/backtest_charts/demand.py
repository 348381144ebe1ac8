"""Demand and its forecast."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foresail.backtest.job import Backtest, Outcome
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
from foresail.report.series import Axis, band
from foresail.report.traces import Figure, Trace, area, base_layout, line_trace, stroke


def demand(one: Outcome, done: Backtest, axis: Axis, detail: Detail) -> Figure:
    """Draw demand, and the band as it was forecast at each plan."""
    spans = spans_of(one, done, 0, detail)
    whole = _whole(one)
    traces = {label: _demand(one, whole, span, axis) for label, span in spans.items()}
    tops = {
        label: top(
            one.demand[s.first : s.last] * one.scale, whole["q0.95"][s.first : s.last] * one.scale
        )
        for label, s in spans.items()
    }
    layout = base_layout([begin(one, axis)])
    layout["xaxis"]["tickangle"] = 0
    return {
        "traces": traces[ALL],
        "layout": layout,
        "views": views_of(spans, traces, tops, one, axis),
        "zoom": shown(spans),
    }


def _whole(one: Outcome) -> dict[str, np.ndarray]:
    """Forecast quantiles over all steps of the series; NaN before the replay."""
    before = np.full(one.start, np.nan)
    return {
        str(name): np.r_[before, one.path[name].to_numpy(dtype=np.float64)] for name in one.path
    }


def _demand(one: Outcome, whole: dict[str, np.ndarray], span: Span, axis: Axis) -> list[Trace]:
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
