"""What the command line and the flows do with a plan: apply, status, rollback over all tiers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foresail.changes.apply import Applied, Writer, apply_tier, check_tier
from foresail.changes.changeset import ChangeSet, diff
from foresail.changes.floor import CYCLE, firings
from foresail.changes.names import other_settings, others, owned, owned_items, owned_settings
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.changes.rollback import drift, last_run, restored
from foresail.config import Config
from foresail.errors import ApplyError, AwsError, ForesailError, InputError
from foresail.pipeline import Tier, tiers
from foresail.policies.items import Item
from foresail.store.journal import Journal, Run
from foresail.targets.base import LiveTarget, ScheduledAction, Target
from foresail.targets.registry import open_target
from foresail.terminal import drift_lines

if TYPE_CHECKING:
    from foresail.aws import Aws

Clock = Callable[[], datetime]
Progress = Callable[[str], None]


def open_journal(config: Config) -> Journal:
    """Open the journal of the configured store."""
    return Journal(Path(config.store) / "journal.sqlite")


def apply_all(
    config: Config, plan: PlanFile, aws: Aws, clock: Clock, progress: Progress = lambda _: None
) -> list[dict[str, Any]]:
    """Apply a plan file tier by tier; answers one row for each target.

    All tiers are checked before the first write: a plan that is refused has written nothing. The
    tiers of a service are written from the bottom up; one that fails stops those after it, which
    keep the schedule they had, and the other services go on.

    Raises
    ------
    RefusedError, InputError, AwsError, ApplyError
        As `apply_tier`, when nothing was written; else an ApplyError that names what was written,
        what failed and what was left alone.
    """
    journal = open_journal(config)
    targets = [open_target(tier.live.type_name, aws, config.scheduler) for tier in plan.tiers]
    both = list(zip(plan.tiers, targets, strict=True))
    for tier, target in both[1:]:  # the first is checked when it is written
        check_tier(plan, tier, target, journal, clock())
    rows: list[dict[str, Any]] = []
    failed: dict[str, tuple[str, ForesailError]] = {}
    left = []
    for tier, target in both:
        if tier.service in failed:
            left.append(f"{tier.service}/{tier.tier}")
            continue
        try:
            rows.append(_row(tier, apply_tier(plan, tier, target, journal, clock, progress)))
        except ForesailError as error:
            if not rows and not failed and not isinstance(error, AwsError | ApplyError):
                raise  # the plan itself is refused, as it is for the tiers that were checked before
            failed[tier.service] = (tier.tier, error)
    if failed:
        raise _failure(failed, [row["target"] for row in rows], left)
    return rows


def _row(tier: TierPlan, done: Applied) -> dict[str, Any]:
    return {
        "target": tier.live.name,
        "run": done.run_id,
        "created": done.changes.count("create"),
        "updated": done.changes.count("update"),
        "deleted": done.changes.count("delete"),
        "unchanged": done.changes.count("keep"),
        "resumed": done.resumed,
        "verified": True,
    }


def _failure(
    failed: dict[str, tuple[str, ForesailError]], written: list[str], left: list[str]
) -> ForesailError:
    """Tell what failed, what was written before and beside it, and what was left alone.

    One failure where nothing was written and nobody waits is told in its own words.
    """
    errors = [error for _, error in failed.values()]
    if len(errors) == 1 and not written and (isinstance(errors[0], InputError) or not left):
        return errors[0]
    said = "; ".join(f"{name}/{tier}: {error.message}" for name, (tier, error) in failed.items())
    kept = f"; left with the schedule they had: {', '.join(left)}" if left else ""
    cures = dict.fromkeys(error.cure or "" for _, error in failed.values())
    return ApplyError(
        f"{said}; written: {', '.join(written) or 'none'}{kept}",
        cure=f"{'; '.join(filter(None, cures))}; the same command again does the rest",
    )


@dataclass(frozen=True, slots=True)
class Status:
    """How one target stands against the last run on it."""

    tier: str
    live: LiveTarget
    run: Run | None
    drift: ChangeSet
    now: datetime

    def next_action(self) -> ScheduledAction | None:
        """Owned action that runs next."""
        window = (self.now, self.now + CYCLE)
        ahead = [(at, a) for a in owned(self.live) for at in firings(a, window) if at > self.now]
        return min(ahead, key=lambda one: one[0])[1] if ahead else None

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``--json``."""
        upcoming = self.next_action()
        return {
            "tier": self.tier,
            "target": self.live.name,
            "min_size": self.live.min_size,
            "desired_capacity": self.live.desired_capacity,
            "max_size": self.live.max_size,
            "owned_actions": len(owned(self.live)),
            "other_actions": len(others(self.live)),
            "owned_settings": [one.to_json() for one in owned_settings(self.live)],
            "other_settings": [one.to_json() for one in other_settings(self.live)],
            "next": upcoming.to_json() if upcoming else None,
            "last_run": self.run.id if self.run else None,
            "last_run_state": self.run.state if self.run else None,
            "drift": [change.to_json() for change in self.drift.pending],
            "warnings": list(self.drift.warnings),
        }

    def lines(self) -> list[str]:
        """Say the same for people."""
        live, upcoming = self.live, self.next_action()
        return [
            f"{self.tier} -> {live.name}: {live.sizes()}",
            f"  {len(owned(live))} actions of foresail, {len(others(live))} of others; next: "
            + (f"{upcoming.when()} {upcoming.sizes()}" if upcoming else "none"),
            *(f"  {one.name}: {one.sizes()}" for one in owned_settings(live)),
            *(f"  {one.name} (not foresail's): {one.sizes()}" for one in other_settings(live)),
            f"  last run: {self._said_run()}",
            *(f"  drift: {line}" for line in drift_lines(self.drift.pending)),
            *([] if self.drift.pending else ["  in sync with the last run"]),
        ]

    def _said_run(self) -> str:
        if self.run is None:
            return "none in this journal"
        cut = ", cut off: run the same apply again" if self.run.state == "running" else ""
        return f"{self.run.kind} {self.run.id} at {self.run.started:%Y-%m-%d %H:%MZ}{cut}"


def status_of(config: Config, aws: Aws, now: datetime, service: str | None = None) -> list[Status]:
    """Read each target and compare it with the last run on it."""
    journal = open_journal(config)
    rows = []
    for tier in tiers(config, service):
        live = _target(tier, aws).read(tier.tier.target.name)
        runs = journal.runs(config.region, live.type_name, live.name)
        run = runs[0] if runs else None
        rows.append(Status(tier.name, live, run, drift(run, live, now), now))
    return rows


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
    journal = open_journal(config)
    steps = []
    for tier in tiers(config, service):
        live = _target(tier, aws).read(tier.tier.target.name)
        run = last_run(journal.runs(config.region, live.type_name, live.name))
        if run is not None:
            wanted = restored(run, live, now)
            changes = diff(live, wanted, now=now, reasons=_why_back(run, live, wanted))
            steps.append(RollbackStep(tier, run, live, wanted, changes))
    if not steps:
        raise InputError(
            f"nothing to roll back: {journal.path} knows no apply that still stands",
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
    journal = open_journal(config)
    rows = []
    for step in steps:
        target = _target(step.tier, aws)
        name = f"rollback-of-{step.run.id}"
        writer = Writer(target, journal, name, "rollback", config.region, clock, progress)
        run_id, _ = writer.write(step.live, step.wanted)
        journal.finish(step.run.id, "rolled-back", clock())
        rows.append({"target": step.live.name, "run": step.run.id, "rollback_run": run_id})
    return rows


def _target(tier: Tier, aws: Aws) -> Target:
    return open_target(tier.tier.target.type, aws, tier.config.scheduler)
