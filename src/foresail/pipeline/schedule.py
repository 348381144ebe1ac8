"""A tier's schedule beside what stands: asked for once, never in the minute of another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from foresail.changes.names import others, owned
from foresail.plan.compile import DUE_NOW, DesiredAction
from foresail.targets.base import LiveTarget

if TYPE_CHECKING:
    pass


def settled(live: LiveTarget, desired: list[DesiredAction], now: datetime) -> list[DesiredAction]:
    """Do not ask again for a floor that is due now and stands already, or is about to.

    Without this each run a minute later would move the first action by a minute.
    """
    first, rest = desired[0], desired[1:]
    if not rest or first.reason != DUE_NOW:
        return desired
    soon = [a for a in owned(live) if a.start is not None and now < a.start <= first.start]
    if soon and soon[-1].min_size == first.min_size and soon[-1].start is not None:
        return [replace(first, start=soon[-1].start), *rest]
    if not soon and live.min_size == first.min_size:
        return rest
    return desired


def taken_minutes(live: LiveTarget, now: datetime, end: datetime) -> frozenset[datetime]:
    """Minutes at which actions of others start: AWS lets no two start together."""
    from foresail.targets.cron import occurrences

    starts = {a.start for a in others(live) if a.start is not None and a.start >= now}
    for action in others(live):
        if action.recurrence:
            last = end + timedelta(hours=1)  # the final action may have to move past its minute
            starts |= set(occurrences(action.recurrence, action.time_zone, now, last))
    return frozenset(starts)
