"""The risk of a tier's plan: what makes it wait for a person, each with its figure. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from foresail.changes.changeset import ChangeSet
from foresail.changes.compared import Compared
from foresail.changes.guardrails import allowed
from foresail.config.approval import AutoConfig
from foresail.policies.items import ScalingPolicy, WarmPool
from foresail.targets.base import LiveTarget

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a tier's plan would do, as its risk is graded by.

    Parameters
    ----------
    live
        The target when it was planned.
    compared
        Floors of the next 24 hours, as they stand and as planned, overrides left out.
    changes
        The change set.
    trust
        In the forecast, from 0 to 1.
    first
        Whether foresail never wrote to this target before.
    price
        Dollars of one unit for one hour; None when it is not known.
    rolled_back
        Who rolled the last plan back, and when, in words; None where nobody did.
    """

    live: LiveTarget
    compared: Compared
    changes: ChangeSet
    trust: float
    first: bool
    price: Decimal | None
    rolled_back: str | None = None

    @property
    def cost_per_day(self) -> Decimal | None:
        """Dollars that the floors of the next 24 hours cost more; None without a price."""
        if self.price is None:
            return None
        hours = self.compared.planned_hours - self.compared.hours
        return (self.price * Decimal(str(round(hours, 6)))).quantize(CENT)


def grade(facts: Facts, auto: AutoConfig) -> list[str]:
    """Say why a plan has to wait for a person; nothing when it may go by itself.

    A change that is larger in any respect waits for at least as many reasons.
    """
    if not facts.changes.pending:
        return []
    return [*_floor(facts, auto), *_cost(facts, auto), *_standing(facts, auto)]


def _floor(facts: Facts, auto: AutoConfig) -> Iterator[str]:
    seen = facts.compared
    most, least = allowed(facts.live, seen, auto.increase, auto.decrease)
    high, low = seen.planned_highest, seen.planned_lowest
    if high is not None and high > most:
        today = facts.live.min_size if seen.highest is None else seen.highest
        yield _too_far("raises", today, high, f"+{auto.increase:.0%}", "increase")
    if low is not None and seen.lowest is not None and low < least:
        yield _too_far("lowers", seen.lowest, low, f"-{auto.decrease:.0%}", "decrease")


def _too_far(verb: str, today: int, planned: int, limit: str, key: str) -> str:
    share = f", {planned / today - 1:+.0%}" if today else ""
    return (
        f"it {verb} today's floor of {today} to {planned}{share}; "
        f"{limit} go by themselves (approval.auto.{key})"
    )


def _cost(facts: Facts, auto: AutoConfig) -> Iterator[str]:
    cost = facts.cost_per_day
    if cost is not None and cost > auto.cost_per_day:
        yield (
            f"its floors cost ${cost} more in the next 24 hours; "
            f"${auto.cost_per_day} go by themselves (approval.auto.cost_per_day)"
        )


def _standing(facts: Facts, auto: AutoConfig) -> Iterator[str]:
    if facts.trust < auto.min_trust:
        yield (
            f"trust in its forecast is {facts.trust:.2f}, below {auto.min_trust:.2f} "
            "(approval.auto.min_trust)"
        )
    policies = [
        change.name
        for change in facts.changes.pending
        if isinstance(change.after or change.before, ScalingPolicy | WarmPool)
    ]
    if policies and not auto.policy_changes:
        yield f"it changes {', '.join(policies)} (approval.auto.policy_changes)"
    if facts.first and not auto.first_plan:
        yield f"it is the first plan of {facts.live.name} (approval.auto.first_plan)"
    if facts.rolled_back is not None:
        yield f"the last plan of {facts.live.name} was rolled back {facts.rolled_back}"
