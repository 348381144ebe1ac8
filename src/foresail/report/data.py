"""What a report shows; made by whoever ran the job, drawn by `foresail.report.html`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class ReportData:
    """All frames and figures of a report; times are UTC, shown in `timezone`.

    ``history`` timestamp,value,censored; ``forecast`` timestamp,q0.5 ...; ``actual``
    timestamp,value; ``steps`` start,capacity; ``needed`` start,end,needed; ``actions`` time, name,
    operation, before, after, reason; ``played`` and ``reactive`` are minute logs; ``scores`` has a
    row per policy.
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
    notes: list[str]
