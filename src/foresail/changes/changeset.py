"""The diff: what is wanted against what is live, as a reviewable change set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from foresail.changes.floor import over
from foresail.changes.names import name_for, others, owned, owned_items
from foresail.changes.warnings import reacts, setting_warnings
from foresail.plan.compile import DesiredAction
from foresail.policies.items import Item
from foresail.targets.base import LiveTarget, ScheduledAction, by_time, scheduled, standing
from foresail.targets.registry import sets_capacity, target_class
from foresail.targets.tools import leave_to_foresail

Operation = Literal["create", "update", "delete", "keep"]


@dataclass(frozen=True, slots=True)
class Change:
    """One item before and after; `reason` says why it is wanted."""

    operation: Operation
    name: str
    before: Item | None
    after: Item | None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain values for plan files and ``--json``."""
        return {
            "operation": self.operation,
            "name": self.name,
            "before": self.before.to_json() if self.before else None,
            "after": self.after.to_json() if self.after else None,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """Everything one run would change on one target, and what it leaves alone."""

    target: str
    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()

    @property
    def pending(self) -> tuple[Change, ...]:
        """Changes that would write something."""
        return tuple(change for change in self.changes if change.operation != "keep")

    def count(self, operation: Operation) -> int:
        """How many changes of one kind."""
        return sum(change.operation == operation for change in self.changes)

    @property
    def after(self) -> tuple[Item, ...]:
        """Owned items as they will stand."""
        return tuple(change.after for change in self.changes if change.after is not None)


def name_actions(live: LiveTarget, desired: Sequence[DesiredAction]) -> list[ScheduledAction]:
    """Give each desired action its name: the one standing at that time, else a new one."""
    mine = owned(live)
    return [
        ScheduledAction(
            name=name_for(live.name, action.start, mine),
            start=action.start,
            min_size=action.min_size,
            desired_capacity=action.desired_capacity,
        )
        for action in desired
    ]


def diff(
    live: LiveTarget,
    wanted: Sequence[Item],
    *,
    now: datetime,
    reasons: dict[str, str] | None = None,
) -> ChangeSet:
    """Compare wanted items with the owned ones that are live.

    Parameters
    ----------
    live
        The target as read from AWS.
    wanted
        All owned items that should stand afterwards.
    now
        Aware time; owned actions that already ran do not count as changes.
    reasons
        Why each wanted item is there, by name.
    """
    before = {item.name: item for item in owned_items(live) if not over(item, now)}
    after = {item.name: item for item in wanted}
    said = reasons or {}
    both = by_time([*after.values(), *(a for n, a in before.items() if n not in after)])
    changes = [_change(before.get(a.name), after.get(a.name), said.get(a.name, "")) for a in both]
    return ChangeSet(live.name, tuple(changes), tuple(warn(live, wanted, now)))


def _change(before: Item | None, after: Item | None, reason: str) -> Change:
    name = (after or before).name  # type: ignore[union-attr]  # one of the two is there
    if before is None:
        return Change("create", name, None, after, reason)
    if after is None:
        return Change("delete", name, before, None, reason or "no longer part of the plan")
    return Change("keep" if before == after else "update", name, before, after, reason)


def warn(live: LiveTarget, wanted: Sequence[Item], now: datetime) -> list[str]:
    """Say where the plan meets what others wrote or what AWS will not carry out."""
    return [
        *_suspended(live),
        *_set_back(live),
        *_conflicts(live, scheduled(wanted), now),
        *_no_reaction(live, wanted),
        *setting_warnings(live, standing(wanted)),
    ]


def _suspended(live: LiveTarget) -> list[str]:
    effects = {
        "ScheduledActions": "no scheduled action will run",
        "Launch": "scheduled actions run but cannot add instances",
        "Terminate": "scheduled actions run but cannot remove instances",
        "ScheduledScaling": "no scheduled action will run",
        "DynamicScalingOut": "nothing reacts above the planned floor",
        "DynamicScalingIn": "nothing scales in when the floor falls",
    }
    return [
        f"process {process} of {live.name} is suspended: {effect}"
        for process, effect in effects.items()
        if process in live.suspended
    ]


def _set_back(live: LiveTarget) -> list[str]:
    if not live.tool:
        return []
    return [
        f"{live.tool} owns {live.name}: its next run may set the minimum and the desired capacity "
        f"back; {leave_to_foresail(live.tool, group=live.desired_capacity is not None)}"
    ]


def _conflicts(live: LiveTarget, wanted: Sequence[ScheduledAction], now: datetime) -> list[str]:
    last = max((a.start for a in wanted if a.start), default=now)
    return [
        f"{action.name} (not foresail's) also sets {action.sizes()} at {action.when()}: "
        "it overrides the plan from then until the plan's next action"
        for action in others(live)
        if action.recurrence or (action.start is not None and now <= action.start <= last)
    ]


def _no_reaction(live: LiveTarget, wanted: Sequence[Item]) -> list[str]:
    if reacts(live, wanted) or sets_capacity(target_class(live.type_name)):
        return []
    return [
        f"{live.name} has no dynamic scaling policy: nothing reacts above the planned floor, "
        + (
            "so each action sets the desired capacity too"
            if live.desired_capacity is not None
            else "and nothing scales in when the floor falls"
        )
    ]
