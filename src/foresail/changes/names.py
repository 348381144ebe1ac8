"""Names of what foresail owns on a target: its own prefix, unique per target."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from foresail.policies.items import Item, Setting
from foresail.targets.base import AnyItem, LiveTarget, ScheduledAction

_READABLE = 60


def prefix(target_name: str) -> str:
    """Prefix of every name foresail owns on a target; names of two targets never meet."""
    readable = re.sub(r"[^A-Za-z0-9._-]", "-", target_name)[:_READABLE]
    unique = hashlib.sha256(target_name.encode()).hexdigest()[:6]
    return f"foresail-{readable}-{unique}-"


def owned(live: LiveTarget) -> tuple[ScheduledAction, ...]:
    """Actions on the target that foresail wrote."""
    mine = prefix(live.name)
    return tuple(_as_put(action) for action in live.actions if action.name.startswith(mine))


def _as_put(item: AnyItem) -> AnyItem:
    """Leave out the start of a recurring action: AWS shows one though foresail puts none."""
    if isinstance(item, ScheduledAction) and item.recurrence and item.start:
        return replace(item, start=None)
    return item


def others(live: LiveTarget) -> tuple[ScheduledAction, ...]:
    """Actions on the target that somebody else wrote; foresail never writes these."""
    mine = prefix(live.name)
    return tuple(action for action in live.actions if not action.name.startswith(mine))


def owned_settings(live: LiveTarget) -> tuple[Setting, ...]:
    """Policies, and the warm pool, that foresail wrote."""
    return tuple(setting for setting in live.settings if is_owned(live.name, setting))


def other_settings(live: LiveTarget) -> tuple[Setting, ...]:
    """Policies, and a warm pool, that somebody else wrote; foresail never writes these."""
    return tuple(setting for setting in live.settings if not is_owned(live.name, setting))


def owned_items(live: LiveTarget) -> tuple[Item, ...]:
    """Everything on the target that foresail wrote."""
    return tuple(_as_put(item) for item in live.items if is_owned(live.name, item))


def is_owned(target_name: str, item: Item) -> bool:
    """Whether an item's name is one of foresail's for the target."""
    return item.name.startswith(prefix(target_name))


def name_for(target_name: str, start: datetime, existing: Iterable[ScheduledAction]) -> str:
    """Name of the action at `start`: the one that stands there already, else made of the time."""
    by_name = {action.name: action for action in existing}
    for action in by_name.values():
        if action.one_off_start == start:
            return action.name
    name = f"{prefix(target_name)}{start:%Y%m%dT%H%MZ}"
    while name in by_name:  # moved by hand to another time
        name += "b"
    return name


def weekly_name(target_name: str, days: Sequence[int], minute: int) -> str:
    """Name of a recurring action: it says when it acts, so one name never means two times."""
    on = "".join(str(day + 1) for day in sorted(days))
    return f"{prefix(target_name)}weekly-{on}-{minute // 60:02d}{minute % 60:02d}Z"
