"""The few figures an approver needs, computed once for the page, its JSON and the markdown."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from foresail.report.data import ReportData

OPERATIONS = ("create", "update", "delete")


@dataclass(frozen=True, slots=True)
class Against:
    """The plan's policy and reactive scaling on the same days.

    ``cost_change`` is the plan's cost over reactive's, less one: negative is cheaper.
    """

    cost_change: float
    cost: float
    reactive_cost: float
    minutes: int
    reactive_minutes: int


def against_reactive(scores: pd.DataFrame) -> Against | None:
    """Compare the first policy with reactive scaling; None when either was not scored."""
    if scores.empty:
        return None
    rest = scores.iloc[1:]
    twins = rest[rest["policy"].astype(str).str.contains("reactive")]
    if twins.empty:
        return None
    ours, twin = scores.iloc[0], twins.iloc[0]
    hours = float(twin["unit_hours"])
    return Against(
        cost_change=float(ours["unit_hours"]) / hours - 1 if hours > 0 else math.nan,
        cost=float(ours["cost_usd"]),
        reactive_cost=float(twin["cost_usd"]),
        minutes=int(ours["under_capacity_minutes"]),
        reactive_minutes=int(twin["under_capacity_minutes"]),
    )


def verdict(data: ReportData) -> str:
    """Say in one sentence what approving means; empty when nothing was played."""
    found = against_reactive(data.scores)
    if found is None:
        return ""
    if found.minutes == found.reactive_minutes == 0:
        risk = "neither a minute"
    else:
        risk = f"{found.minutes:,} instead of {plural(found.reactive_minutes, 'minute')}"
    return f"{_change(found.cost_change)} reactive scaling alone, and {risk} under capacity."


def _change(share: float) -> str:
    if not math.isfinite(share) or abs(share) < 0.0005:
        return "The same cost as"
    return f"{abs(share):.1%} {'less' if share < 0 else 'more'} cost than"


def plural(count: int, noun: str) -> str:
    """Count with its noun: ``1 minute``, ``1,200 minutes``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def counted(actions: pd.DataFrame) -> str:
    """Count a change set by what it holds: ``3 scheduled actions, 1 policy or pool``."""
    timed = int(actions["time"].notna().sum())
    held = len(actions) - timed
    said = plural(timed, "scheduled action")
    if not held:
        return said
    other = "1 policy or pool" if held == 1 else f"{held:,} policies or pools"
    return f"{said}, {other}"


def operations(data: ReportData) -> dict[str, int]:
    """How many actions the change set creates, updates and deletes."""
    return {name: int((data.actions["operation"] == name).sum()) for name in OPERATIONS}


def calibration(data: ReportData) -> list[dict[str, float]]:
    """Share of what happened at or under each quantile: ``quantile``, ``share``, ``periods``."""
    if data.actual is None or data.actual.empty or data.forecast.empty:
        return []
    both = data.forecast.merge(data.actual, on="timestamp", how="inner")
    both = both[both["value"].notna()]
    if both.empty:
        return []
    return [
        {
            "quantile": float(name[1:]),
            "share": float((both["value"] <= both[name]).mean()),
            "periods": len(both),
        }
        for name in quantile_columns(data.forecast)
    ]


def quantile_columns(forecast: pd.DataFrame) -> list[str]:
    """Quantile columns in rising order."""
    names = [str(c) for c in forecast.columns if str(c).startswith("q0.") or str(c) == "q1"]
    return sorted(names, key=lambda name: float(name[1:]))


def short_minutes(log: pd.DataFrame, data: ReportData) -> np.ndarray:
    """Mark the minutes of a log in which demand was above the SLO utilisation of what served."""
    limit = log["in_service"].to_numpy(float) * data.unit_capacity * data.slo
    return np.asarray(log["demand"].to_numpy(float) > limit * (1 + 1e-9))


def verified(data: ReportData) -> bool | None:
    """Whether the change set was written and read back; None when nothing was written."""
    value = data.model.get("verified")
    return None if value is None else bool(value)


def trust_reasons(data: ReportData) -> list[str]:
    """Reasons for the trust score, one each."""
    reasons = data.model.get("trust_reasons", "")
    parts = reasons.replace(";", ",").split(",") if isinstance(reasons, str) else list(reasons)
    return [str(part).strip() for part in parts if str(part).strip()]


def payload(data: ReportData) -> dict[str, Any]:
    """Every figure of the page as plain values: what ``#scores`` holds."""
    found = against_reactive(data.scores)
    return {
        "service": data.service,
        "tier": data.tier,
        "target": data.target,
        "generated_at": data.generated_at.isoformat(),
        "scores": [_plain(row) for row in data.scores.to_dict("records")],
        "against_reactive": None
        if found is None
        else _plain({name: getattr(found, name) for name in Against.__slots__}),
        "actions": operations(data),
        "calibration": calibration(data),
        "verified": verified(data),
        "model": _plain(data.model),
    }


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(key): plain(value) for key, value in row.items()}


def plain(value: Any) -> Any:
    """Give a value JSON can hold; numbers stay exact, NaN and infinity become None."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return str(value)


def to_json(value: Any) -> str:
    """JSON that is safe inside a script element: nothing in it can close the element."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
