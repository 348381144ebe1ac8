"""The steps of several tiers' plans in one order: when, which tier, to which floor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foresail.changes.floor import Floor
from foresail.changes.planfile import TierPlan
from foresail.graph import bottom_up, top_down


@dataclass(frozen=True, slots=True)
class Stage:
    """One tier's floor from a time on.

    ``needs`` are the units, by tier, that must be ready before a rise: the floor that was asked
    for a lead time ago.
    """

    at: datetime
    tier: str
    units: int
    rise: bool
    needs: Mapping[str, int]


def stages(plans: Sequence[TierPlan], needs: Mapping[str, Sequence[str]]) -> list[Stage]:
    """Order all steps by time; at one time rises go from the bottom up, then falls top down.

    Parameters
    ----------
    plans
        Plans of the tiers of one service.
    needs
        Tiers that each tier calls.
    """
    floors = {p.tier: Floor.of(p.live.min_size, p.wanted) for p in plans}
    leads = {p.tier: timedelta(minutes=float(p.about["lead_time_minutes"])) for p in plans}
    up = {tier: at for at, tier in enumerate(bottom_up(needs))}
    down = {tier: len(up) + at for at, tier in enumerate(top_down(needs))}
    rows = []
    for plan in plans:
        before = plan.live.min_size
        for at, units in zip(floors[plan.tier].times, floors[plan.tier].values, strict=True):
            rise = units > before
            below = {t: floors[t].at(at - leads[t]) for t in needs[plan.tier] if t in floors}
            place = (up if rise else down)[plan.tier]
            stage = Stage(at, plan.tier, units, rise, below if rise else {})
            rows.append((at, place, stage))
            before = units
    return [stage for _, _, stage in sorted(rows, key=lambda row: row[:2])]
