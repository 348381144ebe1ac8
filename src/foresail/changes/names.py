"""Names of the scheduled actions that foresail owns: its own prefix, unique per group."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime

from foresail.targets.base import LiveTarget, ScheduledAction

_READABLE = 60


def prefix(target_name: str) -> str:
    """Prefix of every name foresail owns on a target; names of two targets never meet."""
    readable = re.sub(r"[^A-Za-z0-9._-]", "-", target_name)[:_READABLE]
    unique = hashlib.sha256(target_name.encode()).hexdigest()[:6]
    return f"foresail-{readable}-{unique}-"


def owned(live: LiveTarget) -> tuple[ScheduledAction, ...]:
    """Actions on the target that foresail wrote."""
    mine = prefix(live.name)
    return tuple(action for action in live.actions if action.name.startswith(mine))


def others(live: LiveTarget) -> tuple[ScheduledAction, ...]:
    """Actions on the target that somebody else wrote; foresail never writes these."""
    mine = prefix(live.name)
    return tuple(action for action in live.actions if not action.name.startswith(mine))


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
