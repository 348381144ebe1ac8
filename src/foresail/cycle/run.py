"""Plan and apply service by service: one that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.config import Config
from foresail.cycle.outcome import Outcome
from foresail.errors import ForesailError
from foresail.operations import apply_all
from foresail.pipeline import plan_all, tiers

if TYPE_CHECKING:
    from foresail.aws import Aws

Clock = Callable[[], datetime]
Progress = Callable[[str], None]


def plan_and_apply(
    config: Config,
    aws: Aws,
    clock: Clock,
    *,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> list[Outcome]:
    """Plan each service and apply what no guardrail refuses; answers one outcome for each.

    Raises
    ------
    InputError
        When no service has that name, or the configuration cannot be used.
    """
    names = dict.fromkeys(tier.service.name for tier in tiers(config, service))
    return [_one(config, aws, clock, name, progress) for name in names]


def _one(config: Config, aws: Aws, clock: Clock, name: str, progress: Progress) -> Outcome:
    try:
        plan, _ = plan_all(config, aws, clock(), service=name, progress=progress)
        refused = [f"{one.tier}: {why}" for one in plan.tiers for why in one.refused]
        if refused:
            return Outcome(name, "refused", plan.id, tuple(refused))
        if not plan.has_changes:
            return Outcome(name, "unchanged", plan.id)
        rows = apply_all(config, plan, aws, clock, progress)
    except ForesailError as error:
        return Outcome(name, "failed", reasons=(str(error),))
    return Outcome(name, "applied", plan.id, rows=tuple(rows))
