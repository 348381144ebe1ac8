"""Overrides first: what people decided is written before, and without, any forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foresail.changes.fence import Fence
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.cycle.keeping import keep_outcome
from foresail.cycle.outcome import Outcome
from foresail.cycle.work import Work
from foresail.graph import bottom_up
from foresail.operations import apply_all
from foresail.operations.leasing import leased
from foresail.overrides.gate import check_writable
from foresail.pipeline import Tier, open_tier, tiers
from foresail.pipeline.decided import decided_for
from foresail.pipeline.fitting import changes_of_day
from foresail.pipeline.standing import follows, plan_overrides


def follow_overrides(work: Work, service: str, fence: Fence) -> list[dict[str, Any]]:
    """Write the overrides of a service that do not stand on its targets yet.

    Returns
    -------
    list of dict
        One row for each target that was written, as `apply_all` answers.
    """
    now = work.clock()
    plans = _plans(work, tiers(work.config, service))
    if not plans:
        return []
    plan = PlanFile(now, work.config.region, work.config.digest(), tuple(plans))
    return apply_all(
        work.config,
        plan,
        work.aws,
        work.clock,
        work.progress,
        store=work.store,
        fences={service: fence},
        approved_by=", ".join(dict.fromkeys(name for p in plans for name in p.about["deciders"])),
    )


def _plans(work: Work, found: Sequence[Tier]) -> list[TierPlan]:
    """Plans of the tiers that need one, from the bottom up."""
    now, journal = work.clock(), work.store.journal
    by_name = {tier.tier.name: tier for tier in found}
    plans = []
    for name in bottom_up(found[0].service.needs()):
        tier = by_name[name]
        decided = decided_for(tier, work.store.records, now)
        if not decided.standing(now):
            continue
        target = open_tier(tier, work.aws)
        live = target.read(tier.tier.target.name)
        if not follows(live, decided, now):
            work.progress(f"{tier.name}: {'; '.join(decided.notes(now))}")
            recent = changes_of_day(tier, live, target, journal, now)
            plans.append(plan_overrides(tier, live, target, decided, now, recent=recent))
    return [plan for plan in plans if plan.changes(now).pending]


def write_overrides(work: Work, service: str) -> Outcome:
    """Write the overrides of a service now, without a new forecast.

    Raises
    ------
    LeaseHeld
        A run is at work on the service; it writes them, or the next one.
    RefusedError
        The service is frozen or in maintenance.
    """
    check_writable(work.store.records, work.config.service(service), work.clock())
    with leased(work.store.leases, service) as fence:
        rows = follow_overrides(work, service, fence)
    return keep_outcome(
        work, Outcome(service, "applied" if rows else "unchanged", rows=tuple(rows))
    )
