"""How often a machine may look: Step Functions keeps 25,000 events of an execution, then fails it.

An entered and left state is two events, a task three more (AWS Step Functions Developer Guide,
"Service quotas" and "HistoryEvent").
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from foresail.errors import InputError
from foresail.rollout.stages import Stage

MOST_EVENTS = 25_000
SPARE = 2_500  # for retries of tasks
STATE, TASK = 2, 5
POLL = timedelta(seconds=30)
LOOK = TASK + 3 * STATE  # count, enough?, again, count the tries
ENDS = 4  # the execution's own, and Succeed


@dataclass(frozen=True, slots=True)
class Polling:
    """How many times a rise looks for what it needs, and how long it waits in between."""

    tries: int
    apart: timedelta


def polling(todo: Sequence[Stage], tiers: int, patience: timedelta) -> Polling:
    """Spread the looks over the patience so that the history holds if every rise waits it out.

    Raises
    ------
    InputError
        When the steps alone fill the history.
    """
    rises = sum(bool(stage.needs) for stage in todo)
    checks = sum(len(stage.needs) for stage in todo)
    sure = ENDS + len(todo) * (STATE + TASK) + rises * STATE + checks * (TASK + STATE)
    sure += STATE + tiers * TASK  # what may have to be put back
    most = (MOST_EVENTS - SPARE - sure) // (LOOK * max(rises, 1))
    if most < 1:
        raise InputError(
            f"{len(todo)} steps are more than Step Functions' {MOST_EVENTS:,} events of an "
            "execution can tell",
            cure="lower max_actions of the tiers, or shorten the horizon",
        )
    tries = min(max(int(patience / POLL), 1), most)
    return Polling(tries, timedelta(seconds=math.ceil(patience.total_seconds() / tries)))
