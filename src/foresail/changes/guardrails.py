"""Guardrails: how much one run may change, and how good its forecast must be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foresail.changes.compared import Compared, compare
from foresail.plan.bounds import Window
from foresail.policies.items import Item
from foresail.targets.base import LiveTarget

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
    aside: Sequence[Window] = (),
) -> list[str]:
    """Reasons, empty when there are none, not to write a plan.

    The last wanted action returns the group to its configured floor; it is what keeps a stopped
    foresail safe, so it is not counted as a decrease. What overrides ask for is not in `wanted`,
    and the times at which they make today's floor are `aside`.
    """
    compared = compare(live, wanted, now, aside)
    return [*_change(live, compared, limits), *_trust(limits, evidence), *_history(evidence)]


def _change(live: LiveTarget, compared: Compared, limits: Limits) -> list[str]:
    most, least = allowed(live, compared, limits.increase, limits.decrease)
    high, low = compared.planned_highest, compared.planned_lowest
    found = []
    if high is not None and high > most:
        today = live.min_size if compared.highest is None else compared.highest
        found.append(_too_far("raise", today, high, limits.increase, "+"))
    if low is not None and compared.lowest is not None and low < least:
        found.append(_too_far("lower", compared.lowest, low, limits.decrease, "-"))
    return found


def allowed(
    live: LiveTarget, compared: Compared, increase: float, decrease: float
) -> tuple[float, float]:
    """Highest and lowest floor that shares of today's allow; always one unit each way."""
    high = live.min_size if compared.highest is None else compared.highest
    most = max(high * (1 + increase), high + ALWAYS_ALLOWED)
    if high == 0 and live.desired_capacity is None:
        most = float(live.max_size)  # no share of nothing: a reservation begins as it is planned
    low = 0 if compared.lowest is None else compared.lowest
    return most, min(low * (1 - decrease), low - ALWAYS_ALLOWED)


def _too_far(verb: str, today: int, planned: int, limit: float, sign: str) -> str:
    key = "increase" if sign == "+" else "decrease"
    change = f" ({abs(planned / today - 1):.0%})" if today else ""
    return (
        f"the plan would {verb} today's floor of {today} to {planned}{change}; "
        f"the guardrail allows {sign}{limit:.0%} (guardrails.{key})"
    )


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
