"""The lines of foresail.yaml that adopt a strategy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from foresail.policies.choose import HYBRID, PREDICTIVE, SCHEDULE, Outcome

LABEL = "app/NAME/ID/targetgroup/NAME/ID"  # what only the account knows: to be filled in


@dataclass(frozen=True, slots=True)
class Followed:
    """What a policy on AWS can follow of a signal, where AWS has it ready.

    Parameters
    ----------
    tracking, pair
        Short names of the metric for target tracking and predictive scaling.
    at_full
        Value of the metric when a unit is at 100 %: in percent, or requests per minute.
    """

    tracking: str
    pair: str
    at_full: float


def followed(metric: str, unit_capacity: float) -> Followed | None:
    """Tell what AWS has ready for a demand metric; None where it has nothing.

    Parameters
    ----------
    metric
        CloudWatch's name.
    unit_capacity
        What one unit serves of it at 100 %: percent, or requests a second.
    """
    if metric in ("CPUUtilization", "MemoryUtilization"):
        short = "cpu" if metric.startswith("CPU") else "memory"
        return Followed(short, short, unit_capacity)
    if metric in ("RequestCount", "RequestCountPerTarget"):
        return Followed("requests_per_target", "requests", unit_capacity * 60)
    return None


def lines(outcome: Outcome, ready: Followed | None) -> dict[str, Any]:
    """Give the keys of a tier that adopt an outcome; metrics to fill in are named as such.

    Parameters
    ----------
    outcome
        As compared.
    ready
        What AWS can follow: of the predictive policy's signal, else of the tier's first.
    """
    found: dict[str, Any] = {}
    if outcome.strategy in (SCHEDULE, HYBRID):
        found["quantile"] = outcome.quantile
    if outcome.target is None:
        return found
    policies: dict[str, Any] = {"target_tracking": _policy(outcome.target, ready, pair=False)}
    if outcome.strategy == PREDICTIVE:
        ahead = _policy(outcome.target, ready, pair=True)
        policies["predictive"] = {**ahead, "mode": "forecast_and_scale", "buffer": "measured"}
    return {**found, "policies": policies}


def _policy(target: float, ready: Followed | None, *, pair: bool) -> dict[str, Any]:
    if ready is None:
        return {"metric": "NAME A METRIC", "target": "ITS VALUE AT " + f"{target:.0%} LOAD"}
    name = ready.pair if pair else ready.tracking
    label = {"resource_label": LABEL} if name.startswith("requests") else {}
    return {"metric": name, "target": round(target * ready.at_full, 2), **label}
