"""What happened, as events: a plan made or refused, applied, drift, demand that nobody foresaw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from foresail.changes.planfile import PlanFile, TierPlan
from foresail.publish.events import Event
from foresail.publish.surprises import Surprise
from foresail.targets.base import ScheduledAction

VERSION = 1
MOST_DRIFT = 50  # changes that one event lists; `changes` counts them all


def plan_events(plan: PlanFile) -> list[Event]:
    """One event for each service that was planned, and one for each tier that was refused."""
    by_service = [list(tiers) for _, tiers in groupby(plan.tiers, key=lambda tier: tier.service)]
    made = [
        Event("plan.made", {**_of_plan(plan, tiers[0]), "tiers": [_tier(plan, t) for t in tiers]})
        for tiers in by_service
    ]
    refused = [
        Event(
            "refused",
            {**_of_plan(plan, tier), "tier": tier.tier, "reasons": list(tier.refused)},
        )
        for tier in plan.tiers
        if tier.refused
    ]
    return [*made, *refused]


def applied_events(plan: PlanFile, rows: Sequence[dict[str, Any]], now: datetime) -> list[Event]:
    """One event for each tier of a plan that was applied and read back."""
    keys = ("created", "updated", "deleted", "unchanged", "resumed")
    return [
        Event(
            "plan.applied",
            {
                **_of_plan(plan, tier),
                "time": now.isoformat(),
                "tier": tier.tier,
                "target": tier.live.name,
                "run": row["run"],
                **{key: row[key] for key in keys},
            },
        )
        for tier, row in zip(plan.tiers, rows, strict=True)
    ]


def drift_events(
    rows: Iterable[dict[str, Any]], regions: Mapping[str, str], now: datetime
) -> list[Event]:
    """One event for each target that no longer stands as the last run left it.

    Rows are those of `foresail status --json`; regions are by service.
    """
    return [
        Event(
            "drift",
            {
                **_of_row(row, regions, now),
                "tier": row["tier"].split("/", 1)[1],
                "target": row["target"],
                "run": row["last_run"],
                "changes": len(row["drift"]),
                "actions": [
                    {"operation": one["operation"], "name": one["name"]}
                    for one in row["drift"][:MOST_DRIFT]
                ],
            },
        )
        for row in rows
        if row["drift"]
    ]


def anomaly_events(
    surprises: Iterable[Surprise], regions: Mapping[str, str], now: datetime
) -> list[Event]:
    """One event for each demand metric that left the forecast that was made before.

    Regions are by service.
    """
    return [
        Event(
            "anomaly",
            {
                **common(one.service, regions[one.service], now),
                "tier": one.tier,
                "signal": one.signal,
                "side": one.side,
                "since": one.since.isoformat(),
                "periods": one.periods,
                "demand": one.demand,
                "foreseen": one.foreseen,
                "quantile": one.quantile,
                "forecast": one.forecast,
            },
        )
        for one in surprises
    ]


def common(service: str, region: str, now: datetime) -> dict[str, Any]:
    """Say what the detail of every event says."""
    return {"version": VERSION, "time": now.isoformat(), "region": region, "service": service}


def _of_row(row: dict[str, Any], regions: Mapping[str, str], now: datetime) -> dict[str, Any]:
    service = row["tier"].split("/")[0]
    return common(service, regions[service], now)


def _of_plan(plan: PlanFile, tier: TierPlan) -> dict[str, Any]:
    return {**common(tier.service, tier.region, plan.created), "plan": plan.id}


def _tier(plan: PlanFile, tier: TierPlan) -> dict[str, Any]:
    changes = tier.changes(plan.created)
    floors = [
        item.min_size
        for item in tier.wanted
        if isinstance(item, ScheduledAction) and item.min_size is not None
    ]
    return {
        "tier": tier.tier,
        "target_type": tier.live.type_name,
        "target": tier.live.name,
        "floor_now": tier.live.min_size,
        "highest_floor": max(floors, default=tier.live.min_size),
        "peak_need": float(tier.about["peak_need"]),
        "maximum": float(tier.about["maximum"]),
        "trust": float(tier.about["trust"]),
        "changes": len(changes.pending),
        "refused": bool(tier.refused),
    }
