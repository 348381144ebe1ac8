"""Rollback: put back what stood before the last apply on each target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail.changes.apply import Writer
from foresail.changes.changeset import ChangeSet, diff
from foresail.changes.names import owned_items
from foresail.changes.rollback import last_run, restored
from foresail.config import Config
from foresail.errors import InputError
from foresail.operations.opening import Clock, Progress
from foresail.pipeline import Tier, open_tier, tiers
from foresail.policies.items import Item
from foresail.store.journal import Run
from foresail.store.opening import open_store
from foresail.targets.base import LiveTarget

if TYPE_CHECKING:
    from foresail.aws import Aws

LOOK_BACK = 200  # runs in which the last apply that still stands is sought


@dataclass(frozen=True, slots=True)
class RollbackStep:
    """What a rollback would put back on one target."""

    tier: Tier
    run: Run
    live: LiveTarget
    wanted: tuple[Item, ...]
    changes: ChangeSet


def rollback_plan(
    config: Config, aws: Aws, now: datetime, service: str | None = None
) -> list[RollbackStep]:
    """Work out what the last apply on each target replaced.

    Raises
    ------
    InputError
        When no apply in this journal can be rolled back.
    """
    journal = open_store(config, aws, lambda: now).journal
    steps = []
    for tier in tiers(config, service):
        live = open_tier(tier, aws).read(tier.tier.target.name)
        run = last_run(journal.runs(tier.place, live.type_name, live.name, limit=LOOK_BACK))
        if run is not None:
            wanted = restored(run, live, now)
            changes = diff(live, wanted, now=now, reasons=_why_back(run, live, wanted))
            steps.append(RollbackStep(tier, run, live, wanted, changes))
    if not steps:
        raise InputError(
            f"nothing to roll back: {journal.records.where} knows no apply that still stands",
            cure="check store: in foresail.yaml; the journal is where apply ran",
        )
    return steps


def _why_back(run: Run, live: LiveTarget, wanted: Sequence[Item]) -> dict[str, str]:
    written = {i.name: f"did not stand before run {run.id}" for i in owned_items(live)}
    return written | {i.name: f"as before run {run.id}" for i in wanted}


def rollback_all(
    config: Config,
    aws: Aws,
    steps: Sequence[RollbackStep],
    clock: Clock,
    progress: Progress = lambda _: None,
) -> list[dict[str, Any]]:
    """Carry out a rollback; answers one row for each target."""
    journal = open_store(config, aws, clock).journal
    rows = []
    for step in steps:
        target = open_tier(step.tier, aws)
        name = f"rollback-of-{step.run.id}"
        writer = Writer(target, journal, name, "rollback", step.tier.place, clock, progress)
        run_id, _ = writer.write(step.live, step.wanted)
        journal.finish(step.run.id, "rolled-back", clock())
        rows.append({"target": step.live.name, "run": step.run.id, "rollback_run": run_id})
    return rows
