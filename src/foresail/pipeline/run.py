"""Plan every tier of a configuration into one plan file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from foresail.changes.planfile import PlanFile
from foresail.config import Config
from foresail.pipeline.planning import Planned, plan_tier
from foresail.pipeline.pulling import pull_demand
from foresail.pipeline.tiers import tiers
from foresail.targets.registry import open_target

if TYPE_CHECKING:
    from foresail.aws import Aws


Progress = Callable[[str], None]


def plan_all(
    config: Config,
    aws: Aws,
    now: datetime,
    *,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> tuple[PlanFile, list[Planned]]:
    """Plan every tier of a configuration; nothing is written to AWS."""
    planned = []
    for tier in tiers(config, service):
        target = open_target(tier.tier.target.type, aws)
        target.read(tier.tier.target.name)  # a missing group is told before a long pull
        demand = pull_demand(tier, aws, now, progress)
        progress(f"{tier.name}: forecast and plan")
        planned.append(plan_tier(tier, demand, target, now))
    return seal(config, planned, now), planned


def seal(config: Config, planned: list[Planned], now: datetime) -> PlanFile:
    """Put the plans of all tiers into one plan file."""
    return PlanFile(now, config.region, config.digest(), tuple(p.plan for p in planned))
