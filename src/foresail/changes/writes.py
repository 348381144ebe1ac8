"""The order of writes: at no moment, whichever writes have landed, is the floor too low.

Between the old schedule and the new one stands their envelope, the pointwise maximum. Phase by
phase, the writes of a phase may land in any order, and any of them may be missing:

raise
    Every action that stays, and every new one, is put at the maximum of both schedules. An action
    not yet written keeps the old floor, so the floor never falls below the old one.
set
    New and changed policies, and the warm pool, are put. The old ones stand, too: whatever reacted
    before still does, and whatever the new floors rely on reacts already.
settle
    New actions get their final size and old ones are deleted. Each action still standing is at
    least the new floor, so the floor never falls below the new one.
unset
    Policies and the warm pool that are no longer wanted are deleted: no floor in force relies on
    them.

The action that ends the schedule is written before the rest: a run that dies between two calls and
is never made again must not leave a floor that nothing brings down.

A recurring action acts at many times; all of this holds at each of them. Its name says when it
acts, so that a put never moves it to other times.

So at each moment and for each time the floor is at least the lower of old and new, and each policy
that is in both the old and the new state stands (docs/decisions/0008). When the quota
has no room for both schedules, two phases before these raise the latest old actions (but not the
end of the schedule) until each covers the next, and delete them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from foresail.changes.floor import EVER, Floor, Window, firings, over, window_of
from foresail.changes.names import others, owned, owned_settings
from foresail.changes.settings import check_settings
from foresail.errors import InputError
from foresail.policies.items import Item
from foresail.targets.base import (
    AnyItem,
    LiveTarget,
    ScheduledAction,
    by_time,
    scheduled,
    standing,
)


@dataclass(frozen=True, slots=True)
class Phase:
    """Writes that may land in any order; the next phase begins when all have landed."""

    put: tuple[Item, ...] = ()
    delete: tuple[Item, ...] = ()


def phases(live: LiveTarget, wanted: Sequence[Item], *, quota: int, now: datetime) -> list[Phase]:
    """Order the writes that lead from what is live to what is wanted.

    Parameters
    ----------
    live
        The target as it stands, possibly half-way through an earlier run.
    wanted
        Owned items that should stand afterwards.
    quota
        Actions that the target may hold, others' included.
    now
        Aware time; owned actions at or before it have run and are ignored.

    Raises
    ------
    InputError
        When the wanted items do not fit beside those of others.
    """
    actions, settings = scheduled(wanted), standing(wanted)
    check_settings(live, settings)
    before = owned_settings(live)
    raising, settling = _action_phases(live, actions, quota, now)
    return [
        *raising,
        *_phase(put=_changed(before, settings)),
        *settling,
        *_phase(delete=_gone(before, settings)),
    ]


def _action_phases(
    live: LiveTarget, wanted: Sequence[ScheduledAction], quota: int, now: datetime
) -> tuple[list[Phase], list[Phase]]:
    """Phases that keep or raise the floor, and those that lower it."""
    old = [a for a in owned(live) if not over(a, now)]
    window = window_of([*old, *wanted], now)
    if not _differs(old, wanted):
        return [], []
    room = quota - len(others(live)) - len(wanted)
    merged, merging = _make_room(live, old, wanted, room, window)
    raised = _envelope(live, merged, wanted, window)
    raising = [*merging, *_phase(put=_end_first(_changed(merged, raised)))]
    return raising, _phase(put=_changed(raised, wanted), delete=_gone(raised, wanted))


def _differs(old: Sequence[ScheduledAction], wanted: Sequence[ScheduledAction]) -> bool:
    return {a.name: a for a in old} != {a.name: a for a in wanted}


def _make_room(
    live: LiveTarget,
    old: list[ScheduledAction],
    wanted: Sequence[ScheduledAction],
    room: int,
    window: Window,
) -> tuple[list[ScheduledAction], list[Phase]]:
    """Merge the latest of the old actions upwards until old and new fit the quota together.

    The one that ends the old schedule is kept: whoever dies here leaves a floor that comes down.
    """
    staying = {action.name for action in wanted}
    leaving = [action for action in _by_first(old, window) if action.name not in staying]
    if room < min(1, len(leaving)):
        raise InputError(
            f"{live.name} has room for {max(room + len(wanted) - 1, 0)} planned actions beside "
            f"{len(others(live))} of others, but the plan has {len(wanted)}",
            cure="lower max_actions, or delete scheduled actions that are no longer needed",
        )
    if len(leaving) <= room:
        return old, []
    held = room - 1 if room > 1 else room  # the end of the schedule stays where there is room
    dropped = {action.name for action in leaving[held : len(leaving) + held - room]}
    floor = Floor.of(live.min_size, old, window)
    recurs = any(action.recurrence for action in old)
    covered = _cover_all(old, floor, window) if recurs else _cover(old, dropped, floor)
    gone = tuple(action for action in by_time(old) if action.name in dropped)
    merging = [*_phase(put=_changed(old, covered)), *_phase(delete=gone)]
    return [action for action in covered if action.name not in dropped], merging


def _cover(
    actions: Sequence[ScheduledAction], dropped: set[str], floor: Floor
) -> list[ScheduledAction]:
    """Raise each action to the highest floor until the next one that stays.

    Those that are about to go are raised as well: they may be deleted in any order, and one that
    still stands must cover for a later one that is gone already.
    """
    covered = []
    end = EVER
    for action in reversed(by_time(actions)):
        start = action.one_off_start
        covered.append(_lift(action, floor.highest(start, end)) if start else action)
        if start and action.name not in dropped:
            end = start
    return covered[::-1]


def _by_first(actions: Sequence[ScheduledAction], window: Window) -> list[ScheduledAction]:
    """Actions in the order in which they act first."""
    first = {a.name: next(firings(a, window), EVER) for a in actions}
    return sorted(actions, key=lambda action: (first[action.name], action.name))


def _cover_all(
    actions: Sequence[ScheduledAction], floor: Floor, window: Window
) -> list[ScheduledAction]:
    """Raise every action to the highest floor there will be.

    What recurs comes between any two others, so that none covers for one until the next. From the
    first that acts on, whichever of them stand, the floor is the highest.
    """
    highest = floor.highest(window[0])
    return [_lift(action, highest) for action in _by_first(actions, window)]


def _envelope(
    live: LiveTarget,
    old: Sequence[ScheduledAction],
    wanted: Sequence[ScheduledAction],
    window: Window,
) -> list[ScheduledAction]:
    """Put every old and new action at the maximum of both schedules at its times.

    A recurring action has the highest of all times at which it acts, and acts until the later of
    its old and its new end: while it changes, no time at which something was put is left out.
    """
    was, will = (Floor.of(live.min_size, one, window) for one in (old, wanted))
    ends = {action.name: action.end for action in old}
    both = {action.name: action for action in [*old, *wanted]}
    late = [_until_later(one, ends.get(one.name, one.end)) for one in both.values()]
    return [
        _lift(one, max((max(was.at(t), will.at(t)) for t in firings(one, window)), default=0))
        for one in by_time(late)
    ]


def _end_first(actions: tuple[ScheduledAction, ...]) -> tuple[ScheduledAction, ...]:
    """Put the latest action, which ends the schedule, before the others."""
    return (*actions[-1:], *actions[:-1])


def _until_later(action: ScheduledAction, end: datetime | None) -> ScheduledAction:
    if action.end is None or end is None:
        return replace(action, end=None)
    return replace(action, end=max(action.end, end))


def _lift(action: ScheduledAction, floor: int) -> ScheduledAction:
    """Raise an action's sizes to a floor; desired follows so that it cannot pull below."""
    if action.min_size is None or action.min_size >= floor:
        return action
    desired = action.desired_capacity
    return replace(
        action,
        min_size=floor,
        max_size=None if action.max_size is None else max(action.max_size, floor),
        desired_capacity=None if desired is None else max(desired, floor),
    )


def _changed(before: Sequence[AnyItem], after: Sequence[AnyItem]) -> tuple[AnyItem, ...]:
    known = {item.name: item for item in before}
    return tuple(item for item in by_time(after) if known.get(item.name) != item)


def _gone(before: Sequence[AnyItem], after: Sequence[AnyItem]) -> tuple[AnyItem, ...]:
    staying = {item.name for item in after}
    return tuple(item for item in by_time(before) if item.name not in staying)


def _phase(put: tuple[Item, ...] = (), delete: tuple[Item, ...] = ()) -> list[Phase]:
    return [Phase(put, delete)] if put or delete else []
