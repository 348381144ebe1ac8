"""Rollback: put back what stood before a run, from the journal. Status: what drifted since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from foresail.changes.apply import EARLIEST
from foresail.changes.changeset import ChangeSet, diff
from foresail.changes.floor import Floor, firings, over, taken_by
from foresail.changes.names import name_for, owned, owned_settings
from foresail.changes.warnings import reacts
from foresail.policies.items import Item
from foresail.store.journal import Run
from foresail.targets.base import LiveTarget, ScheduledAction, scheduled


def last_run(runs: Sequence[Run]) -> Run | None:
    """Latest run that can be rolled back: an apply that was not rolled back yet.

    One that was cut off counts, also after a later run has ended it: it may have written.
    """
    return next((r for r in runs if r.kind == "apply" and r.state != "rolled-back"), None)


def restored(run: Run, live: LiveTarget, now: datetime) -> tuple[Item, ...]:
    """Owned items as they stood before a run; actions whose time has passed cannot come back.

    When actions of the run have already moved the group's MinSize, one more action puts back
    the floor that would be in force without the run.
    """
    before = [a for a in owned(run.before) if not over(a, now)]
    settings = owned_settings(run.before)
    since = (run.started, now + timedelta(minutes=1))
    floor = Floor.of(run.before.min_size, run.before.actions, since).at(now)
    wanted = scheduled(run.wanted)
    moved = {a.min_size for a in wanted if any(at <= now for at in firings(a, since))}
    if live.min_size == floor or live.min_size not in moved:
        return (*before, *settings)
    set_desired = live.desired_capacity is not None and not reacts(live, settings)
    back = _put_floor_back(live, before, floor, now, set_desired=set_desired)
    return (back, *before, *settings)


def _put_floor_back(
    live: LiveTarget,
    before: Sequence[ScheduledAction],
    floor: int,
    now: datetime,
    *,
    set_desired: bool,
) -> ScheduledAction:
    start = (now + EARLIEST + timedelta(minutes=1)).replace(second=0, microsecond=0)
    taken = taken_by((*live.actions, *before), now)
    while start in taken:
        start += timedelta(minutes=1)
    desired = floor if set_desired else None
    name = name_for(live.name, start, owned(live))
    return ScheduledAction(name=name, start=start, min_size=floor, desired_capacity=desired)


def drift(run: Run | None, live: LiveTarget, now: datetime) -> ChangeSet:
    """Diff that would bring the target back to how the last run left it."""
    wanted = run.wanted if run else ()
    ahead = [i for i in wanted if not over(i, now)]
    return diff(live, ahead, now=now)
