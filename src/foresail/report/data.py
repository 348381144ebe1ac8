"""What a report shows: one frozen record, filled by whoever planned, applied or replayed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class ReportData:
    """Everything in one report; timestamps are tz-aware UTC, demand is a rate in `unit`.

    Parameters
    ----------
    title, subtitle
        Headline of the page and the line under it.
    generated_at
        When the plan was made (tz-aware); drawn as "now" in the charts.
    service, tier, target, region
        What is scaled and where.
    timezone
        IANA name; every time on the page is shown in it.
    unit, unit_capacity
        Unit of demand (``requests/s``) and what one unit of capacity serves at 100 %.
    utilization, slo
        Utilisation planned for, and the limit above which a period is under capacity; in (0, 1].
    lead, quantile
        How long ahead capacity is requested, and the forecast column covered (``q0.9``).
    history
        timestamp, value, censored (bool; optional).
    forecast
        timestamp and one column per quantile.
    actual
        timestamp, value: what happened after `generated_at`; None when not known.
    steps, needed
        start, capacity: the planned floor; start, end, needed: what the forecast asks for.
    actions
        time, name, operation (create, update, delete), before, after, reason.
    others
        Warnings about what others run on the same target.
    played, reactive
        Minute logs (timestamp, demand, min_size, desired, in_service, launching, utilization) of
        the group with the plan and of its twin without; None when nothing was played.
    scores
        policy, unit_hours, cost_ratio, cost_usd, under_capacity_minutes, unserved_share; the first
        policy is the plan's. Empty when nothing was played.
    model
        model, trust (0 to 1), trust_reasons, skill, coverage, history_days, missing_share, and
        verified (bool) once the change set was written and read back.
    price_note, notes
        Where the prices come from; what was set aside or assumed.
    """

    title: str
    subtitle: str
    generated_at: datetime
    service: str
    tier: str
    target: str
    timezone: str
    region: str
    unit: str
    unit_capacity: float
    utilization: float
    slo: float
    lead: timedelta
    quantile: str
    history: pd.DataFrame
    forecast: pd.DataFrame
    actual: pd.DataFrame | None
    steps: pd.DataFrame
    needed: pd.DataFrame
    actions: pd.DataFrame
    others: list[str]
    played: pd.DataFrame | None
    reactive: pd.DataFrame | None
    scores: pd.DataFrame
    model: dict[str, Any]
    price_note: str
    notes: list[str] = field(default_factory=list)
