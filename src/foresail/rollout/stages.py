"""The steps of several tiers' plans in one order: when, which tier, to which floor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from foresail.changes.floor import EVER, Floor
from foresail.changes.planfile import TierPlan
from foresail.errors import InputError
from foresail.graph import bottom_up, top_down
from foresail.targets.base import ScheduledAction, scheduled, standing


@dataclass(frozen=True, slots=True)
class Stage:
    """One tier's floor from a time on.

    ``needs`` are the units, by tier, that must be ready before a rise: the floor that was asked
    for a lead time ago. ``desired`` is set too where no policy would follow the floor.
    """

    at: datetime
    tier: str
    units: int
    rise: bool
    needs: Mapping[str, int]
    desired: int | None = None


def stages(
    plans: Sequence[TierPlan], needs: Mapping[str, Sequence[str]], now: datetime | None = None
) -> list[Stage]:
    """Order all steps by time; at one time rises go from the bottom up, then falls top down.

    Parameters
    ----------
    plans
        Plans of the tiers of one service.
    needs
        Tiers that each tier calls.
    now
        Aware time of the start: of the steps of a tier that are over by then the last one counts,
        from now on. All steps when None.

    Raises
    ------
    InputError
        When a plan wants what is no step at a time: policies, or actions that recur.
    """
    steps = {plan.tier: _steps(plan, now) for plan in plans}
    floors = {plan.tier: Floor.of(plan.live.min_size, steps[plan.tier]) for plan in plans}
    leads = {p.tier: timedelta(minutes=float(p.about["lead_time_minutes"])) for p in plans}
    up = {tier: at for at, tier in enumerate(bottom_up(needs))}
    down = {tier: len(up) + at for at, tier in enumerate(top_down(needs))}
    rows = [
        (stage.at, (up if stage.rise else down)[stage.tier], stage)
        for plan in plans
        for stage in _stages(plan, steps[plan.tier], needs[plan.tier], floors, leads)
    ]
    return [stage for _, _, stage in sorted(rows, key=lambda row: row[:2])]


def _stages(
    plan: TierPlan,
    steps: Sequence[ScheduledAction],
    needs: Sequence[str],
    floors: Mapping[str, Floor],
    leads: Mapping[str, timedelta],
) -> Iterator[Stage]:
    """Make each step of one tier a stage; a rise needs what was asked below a lead time before."""
    before = plan.live.min_size
    for step in steps:
        at, units = step.start, step.min_size
        assert at is not None and units is not None  # as _steps gives them
        rise = units > before
        below = {tier: floors[tier].at(at - leads[tier]) for tier in needs if tier in floors}
        yield Stage(at, plan.tier, units, rise, below if rise else {}, step.desired_capacity)
        before = units


def _steps(plan: TierPlan, now: datetime | None) -> list[ScheduledAction]:
    """Give a plan's steps in time; those that are over as one that is due now."""
    unset = [one.name for one in standing(plan.wanted) if one not in plan.live.settings]
    recurring = [one.name for one in scheduled(plan.wanted) if one.one_off_start is None]
    if unset or recurring:
        raise InputError(
            f"{plan.tier}: {', '.join([*unset, *recurring])} cannot be set at a time by a machine",
            cure="leave it to foresail apply, or take policies and schedule: out of the tier",
        )
    found = [one for one in scheduled(plan.wanted) if one.min_size is not None]
    ordered = sorted(found, key=lambda one: one.start or EVER)
    if now is None:
        return ordered
    over = [one for one in ordered if one.start is not None and one.start <= now]
    due = [replace(one, start=now) for one in over[-1:]]
    return [*due, *ordered[len(over) :]]
