"""Is a plan that waits still the one to decide on, beside the plan that a later run made? Pure."""

from __future__ import annotations

from datetime import datetime

from foresail.changes.compared import Compared
from foresail.changes.freshness import staleness
from foresail.changes.planfile import PlanFile, TierPlan

ALIKE = 0.1  # share of floors and of unit-hours
ONE = 1  # unit: a tenth of a small floor is less than one


def still_right(waiting: PlanFile, newer: PlanFile, now: datetime) -> bool:
    """Whether a person may go on deciding on the plan that waits.

    It is for the same configuration and tiers, could be applied to what is live now, and its
    highest and lowest floors and unit-hours lie within a tenth (or one unit) of the newer plan's.
    """
    if waiting.config_digest != newer.config_digest or len(waiting.tiers) != len(newer.tiers):
        return False
    return all(_alike(old, new, now) for old, new in zip(waiting.tiers, newer.tiers, strict=True))


def _alike(old: TierPlan, new: TierPlan, now: datetime) -> bool:
    if (old.tier, old.place) != (new.tier, new.place):
        return False
    if staleness(old, new.live, now=now, resuming=False):
        return False
    was, will = (Compared.from_json(one.about["compared"]) for one in (old, new))
    return (
        _near(was.planned_highest, will.planned_highest)
        and _near(was.planned_lowest, will.planned_lowest)
        and _near(was.planned_hours, will.planned_hours)
    )


def _near(was: float | None, will: float | None) -> bool:
    if was is None or will is None:
        return was == will
    return abs(will - was) <= max(ONE, ALIKE * abs(was))
