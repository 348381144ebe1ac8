"""Rollback: put back what stood before the last apply on each target."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from foresail.changes.apply import Writer
from foresail.changes.changeset import ChangeSet, diff
from foresail.changes.fence import Fence
from foresail.changes.names import owned_items
from foresail.changes.rollback import last_run, restored
from foresail.config import Config
from foresail.errors import InputError
from foresail.operations.leasing import leased
from foresail.operations.opening import Clock, Progress
from foresail.overrides.gate import check_writable
from foresail.pipeline import Tier, open_tier, tiers
from foresail.policies.items import Item
from foresail.store.journal import Run
from foresail.store.opening import Store, open_store
from foresail.targets.base import LiveTarget
from foresail.tracing import span

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


@span("foresail.rollback")
def rollback_all(
    config: Config,
    aws: Aws,
    steps: Sequence[RollbackStep],
    clock: Clock,
    progress: Progress = lambda _: None,
    *,
    approved_by: str | None = None,
    despite_freeze: bool = False,
) -> list[dict[str, Any]]:
    """Carry out a rollback under the leases of its services; answers one row for each target.

    Raises
    ------
    LeaseHeld
        A run is at work on one of the services; nothing was written.
    RefusedError
        A service is frozen or in maintenance, and `despite_freeze` does not say to write it.
    InputError
        Another run wrote a target since the steps were worked out; nothing was written there.
    """
    store = open_store(config, aws, clock)
    services = {step.tier.service.name: step.tier.service for step in steps}
    with ExitStack() as held:
        fences = {name: held.enter_context(leased(store.leases, name)) for name in sorted(services)}
        if not despite_freeze:
            for service in services.values():
                check_writable(store.records, service, clock())
        return [
            _put_back(
                step, aws, store, clock, progress, fences[step.tier.service.name], approved_by
            )
            for step in steps
        ]


def _put_back(
    step: RollbackStep,
    aws: Aws,
    store: Store,
    clock: Clock,
    progress: Progress,
    fence: Fence,
    approved_by: str | None,
) -> dict[str, Any]:
    journal, place = store.journal, step.tier.place
    latest = last_run(journal.runs(place, step.live.type_name, step.live.name))
    if latest is None or latest.id != step.run.id:
        raise InputError(
            f"{step.live.name} was written by another run meanwhile",
            cure="look at it, and roll back again: foresail status",
        )
    name = f"rollback-of-{step.run.id}"
    target = open_tier(step.tier, aws)
    writer = Writer(target, journal, name, "rollback", place, clock, progress, fence, approved_by)
    run_id, _ = writer.write(step.live, step.wanted)
    journal.finish(step.run.id, "rolled-back", clock())
    return {"target": step.live.name, "run": step.run.id, "rollback_run": run_id}
