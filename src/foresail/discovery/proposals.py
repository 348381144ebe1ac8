"""Unit capacity from the metrics that a fleet behind a load balancer has left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from foresail.demand.unit_capacity import UnitCapacity, estimate_unit_capacity
from foresail.errors import InputError
from foresail.history.metrics import MetricQuery
from foresail.history.pull import pull
from foresail.targets.registry import target_class

if TYPE_CHECKING:
    from foresail.aws import Aws

IAM_READ = ("cloudwatch:GetMetricData",)
PERIOD = timedelta(minutes=5)
HISTORY = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one unit serves, and on what that rests; None, and why, where the data cannot tell."""

    unit_capacity: str | None
    why: str
    units_known: bool


def propose(
    aws: Aws, now: datetime, target_type: str, name: str, demand: Mapping[str, Any]
) -> Proposal:
    """Estimate what one unit serves of a request count, from a fortnight of the fleet at work."""
    own = {q.series: q for q in target_class(target_type).metrics(name)}
    if not {"units", "busy"} <= set(own):
        return Proposal(None, "no metrics tell units in service and how busy they were", False)
    where = tuple(sorted(demand["dimensions"].items()))
    asked = MetricQuery("demand", demand["namespace"], demand["metric"], where, demand["stat"])
    client = aws.client("cloudwatch")
    queries = [asked, own["units"], own["busy"]]
    found = pull(client, queries, now - HISTORY, now, PERIOD, now=now, required=False)
    units_known = bool((found["series"] == "units").any())
    try:
        made = estimate_unit_capacity(_observations(found), name=name)
    except InputError as error:
        return Proposal(None, error.message, units_known)
    return Proposal(*_told(made), units_known)


def _observations(found: pd.DataFrame) -> pd.DataFrame:
    wide = found.pivot(index="timestamp", columns="series", values="value")
    wide = wide.reindex(columns=["demand", "units", "busy"]).dropna()
    return pd.DataFrame(
        {
            "demand": wide["demand"] / PERIOD.total_seconds(),
            "units": wide["units"],
            "utilization": (wide["busy"] / 100).clip(0, 1),
        }
    ).reset_index()


def _told(made: UnitCapacity) -> tuple[str | None, str]:
    if made.unit_capacity is None:
        doubts = [verdict.text for verdict in made.verdicts if verdict.blocks]
        return None, "; ".join(doubts)
    low, high = made.unit_capacity.low, made.unit_capacity.high
    return (
        f"{made.unit_capacity.value:.3g} requests/s",
        f"from {made.days} days at 70 % CPU; 95 %: {low:.3g} to {high:.3g}",
    )
