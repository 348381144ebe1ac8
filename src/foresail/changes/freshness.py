"""Is a reviewed plan still about the world as it is? What changed since, named."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from foresail.changes.floor import over
from foresail.changes.names import other_settings, others, owned_items, owned_settings
from foresail.changes.planfile import TierPlan
from foresail.policies.items import Item
from foresail.targets.base import LiveTarget, ScheduledAction, scheduled
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
        *_differs("scaling policies of others", _policies(then), _policies(live)),
        *_differs("suspended processes", sorted(then.suspended), sorted(live.suspended)),
        *_items("scheduled actions of others", others(then), others(live), now),
        *(
            _strangers(plan, live, now)
            if resuming
            else _items("what foresail wrote", owned_items(then), owned_items(live), now)
        ),
    ]


def _policies(live: LiveTarget) -> list[str]:
    """Policies of others that act, and a warm pool of others, by name."""
    mine = {setting.name for setting in owned_settings(live)}
    acting = {*live.dynamic_policies, *live.predictive_policies}
    return sorted({*acting, *(setting.name for setting in other_settings(live))} - mine)


def _sizes(plan: TierPlan, live: LiveTarget, now: datetime) -> list[str]:
    cls = target_class(live.type_name)
    ran = [a for a in (*plan.live.actions, *scheduled(plan.wanted)) if _may_have_run(a, now)]
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


def _items(noun: str, then: Iterable[Item], live: Iterable[Item], now: datetime) -> list[str]:
    was, have = _ahead(then, now), _ahead(live, now)
    changed = sorted(n for n in was.keys() | have.keys() if was.get(n) != have.get(n))
    return [f"{noun}: changed since the plan: {', '.join(changed)}"] if changed else []


def _ahead(items: Iterable[Item], now: datetime) -> dict[str, Item]:
    return {i.name: i for i in items if not over(i, now)}


def _strangers(plan: TierPlan, live: LiveTarget, now: datetime) -> list[str]:
    known = {i.name for i in (*owned_items(plan.live), *plan.wanted)}
    strange = sorted(n for n in _ahead(owned_items(live), now) if n not in known)
    return (
        [f"items under foresail's prefix that no plan made: {', '.join(strange)}"]
        if strange
        else []
    )
