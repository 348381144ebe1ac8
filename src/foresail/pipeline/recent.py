"""What the schedules of earlier runs changed lately: it counts against limits of a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from foresail.store.journal import Run
from foresail.targets.base import scheduled

DAY = timedelta(hours=24)
Change = tuple[datetime, int, int]


def recent_changes(runs: Sequence[Run], now: datetime) -> tuple[Change, ...]:
    """List changes of the floor within a day before `now`: when, from what, to what.

    Each run's one-off actions count from its start until the next run's.
    """
    level: int | None = None
    changes = []
    for when, size in _carried_out(sorted(runs, key=lambda run: run.started), now):
        if level is not None and size != level and now - DAY < when <= now:
            changes.append((when, level, size))
        level = size
    return tuple(changes)


def _carried_out(runs: Sequence[Run], now: datetime) -> Iterator[tuple[datetime, int]]:
    for run, until in zip(runs, [*(one.started for one in runs), now][1:], strict=True):
        yield run.started, run.before.min_size
        starts = [
            (action.one_off_start, action.min_size)
            for action in scheduled(run.wanted)
            if action.one_off_start is not None and action.min_size is not None
        ]
        yield from ((at, size) for at, size in sorted(starts) if run.started < at <= until)
