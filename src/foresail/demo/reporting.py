"""Gather what the demo saw into the report's data."""

from __future__ import annotations

from typing import Any

import pandas as pd

from foresail.demo.scenario import LEAD, REGION, SLO, UTILIZATION, Scenario
from foresail.demo.scoring import PolicyLog
from foresail.pipeline import Planned
from foresail.report.data import ReportData
from foresail.units import format_duration


def report_data(
    scenario: Scenario,
    planned: Planned,
    applied: dict[str, Any],
    played: list[PolicyLog],
    table: pd.DataFrame,
    price_note: str,
) -> ReportData:
    """Collect history, forecast, plan, change set, played days and scores."""
    changes = planned.plan.changes(scenario.now)
    future = scenario.demand[scenario.demand.index >= scenario.now]
    return ReportData(
        title="Two days ahead of demand",
        subtitle=f"foresail demo on {scenario.title}",
        generated_at=scenario.now,
        service=planned.plan.service,
        tier=planned.plan.tier,
        target=planned.plan.live.name,
        timezone=scenario.timezone,
        region=REGION,
        unit="requests/s",
        unit_capacity=scenario.unit_capacity,
        utilization=UTILIZATION,
        slo=SLO,
        lead=LEAD,
        quantile=f"q{planned.tier.tier.quantile:g}",
        history=planned.demand[["timestamp", "value", "censored"]],
        forecast=planned.forecast.frame.drop(columns="series"),
        actual=future.rename("value").rename_axis("timestamp").reset_index(),
        steps=planned.steps[["start", "capacity"]],
        needed=planned.needed[["start", "end", "needed"]],
        actions=_actions(planned, changes.pending),
        others=list(changes.warnings),
        played=played[0].log,
        reactive=played[1].log,
        scores=table,
        model={**planned.plan.about, "verified": bool(applied["verified"])},
        price_note=price_note,
        notes=_notes(scenario, planned),
    )


def _actions(planned: Planned, pending: Any) -> pd.DataFrame:
    rows = [
        {
            "time": (c.after or c.before).start,
            "name": c.name,
            "operation": c.operation,
            "before": c.before.sizes() if c.before else "",
            "after": c.after.sizes() if c.after else "",
            "reason": c.reason,
        }
        for c in pending
    ]
    columns = ["time", "name", "operation", "before", "after", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _notes(scenario: Scenario, planned: Planned) -> list[str]:
    about = planned.plan.about
    return [
        f"played on {scenario.title}: {len(scenario.demand)} periods of "
        f"{format_duration(scenario.period)}",
        f"{float(about['missing_share']):.1%} of the history's periods were missing",
        f"{int(float(about['censored_periods']))} periods were censored (demand hidden at max "
        "capacity)",
        "one plan for all 48 hours: a running foresail would plan again every few hours",
        "both groups react with the same target tracking; only one has the schedule",
    ]
