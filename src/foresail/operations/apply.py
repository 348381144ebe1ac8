"""Apply a plan file: all tiers are checked, then written from the bottom up."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from foresail.changes.apply import Applied, apply_tier, check_tier
from foresail.changes.fence import Fence
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import Config
from foresail.errors import ApplyError, AwsError, ForesailError, InputError
from foresail.operations.decisions import decision
from foresail.operations.leasing import leased
from foresail.operations.opening import Clock, Progress, target_of
from foresail.overrides.gate import check_writable
from foresail.store.opening import Store, open_store
from foresail.targets.base import Target
from foresail.tracing import span

if TYPE_CHECKING:
    from foresail.aws import Aws


@span("foresail.apply")
def apply_all(
    config: Config,
    plan: PlanFile,
    aws: Aws,
    clock: Clock,
    progress: Progress = lambda _: None,
    *,
    store: Store | None = None,
    fences: Mapping[str, Fence] | None = None,
    approved_by: str | None = None,
    despite_freeze: bool = False,
) -> list[dict[str, Any]]:
    """Apply a plan file tier by tier; answers one row for each target.

    All tiers are checked before the first write: a plan that is refused has written nothing. The
    tiers of a service are written from the bottom up; one that fails stops those after it, which
    keep the schedule they had, and the other services go on.

    Parameters
    ----------
    config, plan, aws, clock, progress
        What is written where, what tells the time, and who hears of each step.
    store
        That of the configuration, where it is open already.
    fences
        Leases of the plan's services that the caller holds; without them they are taken here.
    approved_by
        Who approved the plan, for the journal.
    despite_freeze
        Write also what is frozen or in maintenance.

    Raises
    ------
    LeaseHeld
        A run is at work on one of the services; nothing was written.
    RefusedError, InputError, AwsError, ApplyError
        As `apply_tier`, when nothing was written; else an ApplyError that names what was written,
        what failed and what was left alone. RefusedError also for a service that is frozen.
    """
    store = store or open_store(config, aws, clock)
    names = sorted({tier.service for tier in plan.tiers})
    with ExitStack() as held:
        if fences is None:
            fences = {name: held.enter_context(leased(store.leases, name)) for name in names}
        if not despite_freeze:
            for name in names:
                check_writable(store.records, config.service(name), clock())
        return _apply(Writing(config, plan, store, clock, progress, fences, approved_by), aws)


@dataclass(frozen=True, slots=True)
class Writing:
    """What an apply carries from tier to tier."""

    config: Config
    plan: PlanFile
    store: Store
    clock: Clock
    progress: Progress
    fences: Mapping[str, Fence]
    approved_by: str | None

    def write(self, tier: TierPlan, target: Target) -> dict[str, Any]:
        """Write one tier, keep what was decided, and answer its row."""
        done = apply_tier(
            self.plan,
            tier,
            target,
            self.store.journal,
            self.clock,
            self.progress,
            fence=self.fences[tier.service],
            approved_by=self.approved_by,
        )
        if done.run_id is not None:
            made = decision(self.config, self.plan, tier, done.run_id, self.approved_by)
            self.store.decisions.write(made)
        return _row(tier, done)


def _apply(work: Writing, aws: Aws) -> list[dict[str, Any]]:
    plan = work.plan
    targets = [target_of(tier, work.config, aws) for tier in plan.tiers]
    both = list(zip(plan.tiers, targets, strict=True))
    for tier, target in both[1:]:  # the first is checked when it is written
        check_tier(plan, tier, target, work.store.journal, work.clock())
    rows: list[dict[str, Any]] = []
    failed: dict[str, tuple[str, ForesailError]] = {}
    left = []
    for tier, target in both:
        if tier.service in failed:
            left.append(f"{tier.service}/{tier.tier}")
            continue
        try:
            rows.append(work.write(tier, target))
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
