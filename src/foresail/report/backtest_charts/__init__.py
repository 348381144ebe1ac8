"""The plots of a backtest as plain plotly.js figures; colours are roles that the theme fills in."""

from __future__ import annotations

from foresail.backtest.job import Backtest, Outcome
from foresail.report.backtest_charts.calibration import calibration
from foresail.report.backtest_charts.capacity import capacity
from foresail.report.backtest_charts.demand import demand
from foresail.report.backtest_charts.frontier import frontier
from foresail.report.backtest_charts.heat import heat
from foresail.report.backtest_charts.spans import ALL, Detail, bucket_text
from foresail.report.series import Axis
from foresail.report.traces import Figure

__all__ = ["ALL", "Detail", "bucket_text", "figures"]


def figures(one: Outcome, done: Backtest, axis: Axis, detail: Detail) -> dict[str, Figure]:
    """All figures of a series by the id of the element they are drawn in."""
    return {
        "demand": demand(one, done, axis, detail),
        "capacity": capacity(one, done, axis, detail),
        "frontier": frontier(one, done),
        "calibration": calibration(one),
        "heat": heat(one, done, axis, detail),
    }
