"""Guardrails: how much one run may change, and how good its forecast must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foresail.changes.floor import Floor
from foresail.policies.items import Item
from foresail.targets.base import LiveTarget, by_time, scheduled

TODAY = timedelta(hours=24)
MINIMUM_HISTORY = timedelta(days=2)
ALWAYS_ALLOWED = 1  # unit: percentages of a floor of 1 or 2 would refuse every step
CURE = (
    "look at the forecast first; if the plan is right, widen the named key of the tier in "
    "foresail.yaml and plan again"
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest change of the floor, as shares of today's, and least trust in the forecast."""

    increase: float = 1.0
    decrease: float = 0.5
    min_trust: float = 0.3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the plan rests on."""

    trust: float
    trust_reasons: str
    history: timedelta


def refusals(
    live: LiveTarget,
    wanted: Sequence[Item],
    limits: Limits,
    evidence: Evidence,
    now: datetime,
) -> list[str]:
    """Reasons, empty when there are none, not to write a plan.

    The last wanted action returns the group to its configured floor; it is what keeps a stopped
    foresail safe, so it is not counted as a decrease.
    """
    return [*_change(live, wanted, limits, now), *_trust(limits, evidence), *_history(evidence)]


def _change(live: LiveTarget, wanted: Sequence[Item], limits: Limits, now: datetime) -> list[str]:
    today = Floor.of(live.min_size, live.actions, (now, now + TODAY))
    high, low = today.highest(now, now + TODAY), today.lowest(now, now + TODAY)
    sizes = [a.min_size for a in by_time(scheduled(wanted))[:-1] if a.min_size is not None]
    most = max(high * (1 + limits.increase), high + ALWAYS_ALLOWED)
    if high == 0 and live.desired_capacity is None:
        most = float(live.max_size)  # no share of nothing: a reservation begins as it is planned
    least = min(low * (1 - limits.decrease), low - ALWAYS_ALLOWED)
    return [
        *(
            _too_far("raise", high, max(sizes), limits.increase, "+")
            if _any_above(sizes, most)
            else []
        ),
        *(
            _too_far("lower", low, min(sizes), limits.decrease, "-")
            if _any_below(sizes, least)
            else []
        ),
    ]


def _any_above(sizes: Sequence[int], most: float) -> bool:
    return bool(sizes) and max(sizes) > most


def _any_below(sizes: Sequence[int], least: float) -> bool:
    return bool(sizes) and min(sizes) < least


def _too_far(verb: str, today: int, planned: int, limit: float, sign: str) -> list[str]:
    key = "increase" if sign == "+" else "decrease"
    change = f" ({abs(planned / today - 1):.0%})" if today else ""
    return [
        f"the plan would {verb} today's floor of {today} to {planned}{change}; "
        f"the guardrail allows {sign}{limit:.0%} (guardrails.{key})"
    ]


def _trust(limits: Limits, evidence: Evidence) -> list[str]:
    if evidence.trust >= limits.min_trust:
        return []
    return [
        f"trust in the forecast is {evidence.trust:.2f}, below {limits.min_trust:.2f} "
        f"(guardrails.min_trust): {evidence.trust_reasons}"
    ]


def _history(evidence: Evidence) -> list[str]:
    if evidence.history >= MINIMUM_HISTORY:
        return []
    hours = evidence.history.total_seconds() / 3600
    return [f"only {hours:.0f} h of history; a plan needs at least 48 h"]
