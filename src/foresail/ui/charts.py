"""The two charts of a tier: demand against its forecast, units against the plan."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd

from foresail.ui.drawing import area, chart, frame_for, line
from foresail.ui.html import Html, el
from foresail.ui.views import AHEAD, BACK, TierView, leading_series

LOW, HIGH, MIDDLE = "q0.1", "q0.95", "q0.5"


def demand_chart(view: TierView, zone: ZoneInfo, now: datetime) -> Html:
    """Draw what came, and the forecast in force: the day behind and the day ahead."""
    facts = view.forecast.facts if view.forecast else None
    if facts is None:
        return Html("")
    mine = view.plans[view.plans["signal"] == facts.signal].set_index("timestamp")
    came = view.demand[view.demand["series"] == leading_series(view)]
    actual = came.set_index("timestamp")["value"].astype(float)
    start, end = now - BACK, now + AHEAD
    planned = f"q{facts.quantile:g}"
    drawn = [mine[name] for name in (LOW, HIGH, MIDDLE, planned) if name in mine]
    frame = frame_for(start, end, zone, [_within(one, start, end) for one in [*drawn, actual]])
    marks = [area(frame, mine[LOW], mine[HIGH], "band")] if {LOW, HIGH} <= set(mine) else []
    looks = [(MIDDLE, "middle"), (planned, "forecast")]
    marks += [line(frame, mine[name], look) for name, look in looks if name in mine]
    label = f"Demand of {view.tier.name}: {facts.signal}, yesterday to tomorrow, and its forecast"
    return join_chart(
        chart(frame, now, label, *marks, line(frame, actual, "actual")),
        ("actual", "what came"), ("forecast", f"{planned}, planned for"), ("middle", "median"),
        ("band", f"{LOW} to {HIGH}"),
    )  # fmt: skip


def units_chart(view: TierView, zone: ZoneInfo, now: datetime) -> Html:
    """Draw the planned floor, what it needs, and the units in service."""
    if view.forecast is None:
        return Html("")
    mine = view.plans[view.plans["signal"] == view.forecast.facts.signal].set_index("timestamp")
    units = view.units.astype(float)
    start, end = now - BACK, now + AHEAD
    drawn = [mine["planned_floor"], mine["needed_units"], units]
    frame = frame_for(start, end, zone, [_within(one, start, end) for one in drawn])
    label = f"Units of {view.tier.name}, yesterday to tomorrow: planned floor and in service"
    return join_chart(
        chart(
            frame, now, label,
            line(frame, mine["needed_units"], "needed"),
            line(frame, mine["planned_floor"], "plan", steps=True),
            line(frame, units, "actual", steps=True),
        ),
        ("plan", "planned floor"), ("actual", "in service"), ("needed", "needed by the plan"),
    )  # fmt: skip


def _within(values: pd.Series, start: datetime, end: datetime) -> pd.Series:
    return values[(values.index >= start) & (values.index <= end)].astype(float)


def join_chart(drawn: Html, *legend: tuple[str, str]) -> Html:
    """Put a legend above a chart."""
    keys = [el("span", el("i", class_=look), text) for look, text in legend]
    return el("figure", el("figcaption", keys, class_="keys"), drawn)
