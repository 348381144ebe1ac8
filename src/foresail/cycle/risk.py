"""Grade a service's plan: why it waits for a person, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from foresail.approval.grade import Facts, grade
from foresail.changes.compared import Compared
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import Config, ServiceConfig, TierConfig
from foresail.config.approval import ask_of, auto_of
from foresail.store.journal import Journal, Run


@dataclass(frozen=True, slots=True)
class Risk:
    """Why a plan waits, nothing when it may go by itself; dollars of 24 hours, where known."""

    reasons: tuple[str, ...]
    cost_per_day: Decimal | None


def risk_of(config: Config, plan: PlanFile, journal: Journal) -> Risk:
    """Grade all tiers of a plan of one service, each by its own limits."""
    reasons: list[str] = []
    costs: list[Decimal] = []
    for one in plan.tiers:
        service, tier = _configured(config, one)
        facts = facts_of(one, tier, journal, plan.created)
        found = _reasons(config, service, tier, facts)
        reasons += [f"{one.tier}: {reason}" for reason in found]
        costs += [facts.cost_per_day] if facts.cost_per_day is not None else []
    known = len(costs) == len(plan.tiers) and bool(costs)
    return Risk(tuple(reasons), sum(costs, Decimal(0)) if known else None)


def facts_of(plan: TierPlan, tier: TierConfig, journal: Journal, now: datetime) -> Facts:
    """Gather what a tier's plan would do."""
    runs = journal.runs(plan.place, plan.live.type_name, plan.live.name, limit=1)
    return Facts(
        plan.live,
        Compared.from_json(plan.about["compared"]),
        plan.changes(now),
        float(plan.about["trust"]),
        not runs,
        tier.price,
        _rolled_back(runs),
    )


def _rolled_back(runs: Sequence[Run]) -> str | None:
    """Say who took the last plan back: what a person undid, no run does again unasked."""
    if not runs or runs[0].kind != "rollback":
        return None
    by = f" by {runs[0].approved_by}" if runs[0].approved_by else ""
    return f"at {runs[0].started:%Y-%m-%d %H:%MZ}{by}"


def _reasons(config: Config, service: ServiceConfig, tier: TierConfig, facts: Facts) -> list[str]:
    levels = (config.approval, service.approval, tier.approval)
    match ask_of(levels):
        case "never":
            return []
        case "always":
            asked = ["every plan waits here (approval.ask)"] if facts.changes.pending else []
            return [*asked, *grade(facts, auto_of(levels))]
        case "large":
            return grade(facts, auto_of(levels))


def _configured(config: Config, plan: TierPlan) -> tuple[ServiceConfig, TierConfig]:
    service = config.service(plan.service)
    return service, next(tier for tier in service.tiers if tier.name == plan.tier)
