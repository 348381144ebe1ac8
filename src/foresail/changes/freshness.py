"""Is a reviewed plan still about the world as it is? What changed since, named."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from foresail.changes.names import others, owned
from foresail.changes.planfile import TierPlan
from foresail.targets.base import LiveTarget, ScheduledAction
from foresail.targets.limits import ceiling_word, floor_word
from foresail.targets.registry import target_class


def staleness(plan: TierPlan, live: LiveTarget, *, now: datetime, resuming: bool) -> list[str]:
    """Differences between the target when it was planned and now that the plan cannot explain.

    Parameters
    ----------
    plan
        The reviewed plan of one tier.
    live
        The target as read just now.
    now
        Aware time; actions that ran in the meantime are explained by it.
    resuming
        Whether an earlier apply of this very plan was cut off: then the owned actions may stand
        anywhere between before and after.
    """
    then = plan.live
    return [
        *_sizes(plan, live, now),
        *_differs("dynamic scaling policies", then.dynamic_policies, live.dynamic_policies),
        *_differs("suspended processes", sorted(then.suspended), sorted(live.suspended)),
        *_actions("scheduled actions of others", others(then), others(live), now),
        *(
            _strangers(plan, live, now)
            if resuming
            else _actions("foresail's scheduled actions", owned(then), owned(live), now)
        ),
    ]


def _sizes(plan: TierPlan, live: LiveTarget, now: datetime) -> list[str]:
    cls = target_class(live.type_name)
    ran = [a for a in (*plan.live.actions, *plan.wanted) if _may_have_run(a, now)]
    minimums = {plan.live.min_size, *(a.min_size for a in ran)}
    maximums = {plan.live.max_size, *(a.max_size for a in ran)}
    return [
        *(
            _differs(floor_word(cls), plan.live.min_size, live.min_size)
            if live.min_size not in minimums
            else []
        ),
        *(
            _differs(ceiling_word(cls), plan.live.max_size, live.max_size)
            if live.max_size not in maximums
            else []
        ),
    ]


def _may_have_run(action: ScheduledAction, now: datetime) -> bool:
    return bool(action.recurrence) or (action.start is not None and action.start <= now)


def _differs(noun: str, then: object, live: object) -> list[str]:
    return [] if then == live else [f"{noun}: {then} when planned, {live} now"]


def _actions(
    noun: str, then: Iterable[ScheduledAction], live: Iterable[ScheduledAction], now: datetime
) -> list[str]:
    was, have = _ahead(then, now), _ahead(live, now)
    changed = sorted(n for n in was.keys() | have.keys() if was.get(n) != have.get(n))
    return [f"{noun}: changed since the plan: {', '.join(changed)}"] if changed else []


def _ahead(actions: Iterable[ScheduledAction], now: datetime) -> dict[str, ScheduledAction]:
    return {a.name: a for a in actions if a.one_off_start is None or a.one_off_start > now}


def _strangers(plan: TierPlan, live: LiveTarget, now: datetime) -> list[str]:
    known = {a.name for a in (*owned(plan.live), *plan.wanted)}
    strange = sorted(n for n in _ahead(owned(live), now) if n not in known)
    return (
        [f"actions under foresail's prefix that no plan made: {', '.join(strange)}"]
        if strange
        else []
    )
