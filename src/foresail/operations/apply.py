"""Apply a plan file: all tiers are checked, then written from the bottom up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foresail.changes.apply import Applied, apply_tier, check_tier
from foresail.changes.planfile import PlanFile, TierPlan
from foresail.config import Config
from foresail.errors import ApplyError, AwsError, ForesailError, InputError
from foresail.operations.opening import Clock, Progress, target_of
from foresail.store.opening import open_store

if TYPE_CHECKING:
    from foresail.aws import Aws


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
    journal = open_store(config, aws, clock).journal
    targets = [target_of(tier, config, aws) for tier in plan.tiers]
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
