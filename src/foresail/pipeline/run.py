"""Plan every tier of a configuration into one plan file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from foresail.changes.planfile import PlanFile
from foresail.config import Config
from foresail.errors import InputError
from foresail.failures import ServiceFailure, each_service
from foresail.graph import bottom_up
from foresail.pipeline.coordinating import coordinate
from foresail.pipeline.hit_rates import pull_hit_rates
from foresail.pipeline.lead import lead_told, with_lead
from foresail.pipeline.leading_metrics import adjusted, notes
from foresail.pipeline.nowcasting import nowcasted
from foresail.pipeline.planning import Foreseen, Planned, foresee, plan_need
from foresail.pipeline.pulling import pull_tier
from foresail.pipeline.scaling_plan import prefers_plan
from foresail.pipeline.tiers import Tier, open_tier, tiers

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.targets.base import Target


Progress = Callable[[str], None]


def plan_all(
    config: Config,
    aws: Aws,
    now: datetime,
    *,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> tuple[PlanFile, list[Planned]]:
    """Plan every tier of a configuration, the tiers of a service together; nothing is written.

    Tiers come from the bottom up: each after the tiers that it needs. A service that cannot be
    planned does not stop the others: the plan file names it, and why.

    Raises
    ------
    InputError
        The configuration cannot be planned, or none of the services could.
    """
    by_name = groupby(_scheduled(config, service), key=lambda tier: tier.service.name)
    groups = {name: list(group) for name, group in by_name}
    done, failed = each_service(
        groups, lambda name: _plan_service(groups[name], aws, now, progress)
    )
    planned = [one for tiers_of in done.values() for one in tiers_of]
    return seal(config, planned, now, failed), planned


def _scheduled(config: Config, service: str | None) -> list[Tier]:
    """Tiers that foresail moves itself; two that move one tier would undo each other's work."""
    chosen = tiers(config, service)
    planned = sorted({tier.service.name for tier in chosen if prefers_plan(tier.service)})
    if planned:
        raise InputError(
            f"{', '.join(planned)}: a scaling plan moves its tiers (prefer: scaling-plan)",
            cure="run foresail scaling-plan; plan other services by --service, or take prefer out",
        )
    return chosen


def _plan_service(
    group: Sequence[Tier], aws: Aws, now: datetime, progress: Progress
) -> list[Planned]:
    service = group[0].service
    targets = {tier.tier.name: open_tier(tier, aws) for tier in group}
    for tier in group:  # a missing target is told before a long pull
        targets[tier.tier.name].read(tier.tier.target.name)
    ready = {tier.tier.name: with_lead(tier, aws) for tier in group}
    group = [tier for tier, _ in ready.values()]
    foreseen, told = {}, {}
    for tier in group:
        name = tier.tier.name
        foreseen[name], told[name] = _foresee(tier, targets[name], aws, now, progress)
    rows = coordinate(service, foreseen, pull_hit_rates(group, aws, now))
    ordered = bottom_up(service.needs())
    planned = [
        plan_need(row.foreseen, row.wanted, targets[name], now, (*told[name], *row.notes))
        for name, row in ((name, rows[name]) for name in ordered)
    ]
    return [lead_told(one, ready[name][1]) for name, one in zip(ordered, planned, strict=True)]


def _foresee(
    tier: Tier, target: Target, aws: Aws, now: datetime, progress: Progress
) -> tuple[Foreseen, tuple[str, ...]]:
    """Forecast a tier by itself; also say what its signals did to the forecast."""
    pulled = pull_tier(tier, aws, now, progress)
    progress(f"{tier.name}: forecast and plan")
    foreseen, corrections = adjusted(foresee(tier, pulled.demand, target, now), pulled.leading)
    foreseen, rises = nowcasted(foreseen)
    return foreseen, (*pulled.notes, *notes(corrections), *rises)


def seal(
    config: Config,
    planned: list[Planned],
    now: datetime,
    failed: tuple[ServiceFailure, ...] = (),
) -> PlanFile:
    """Put the plans of all tiers into one plan file."""
    plans = tuple(p.plan for p in planned)
    return PlanFile(now, config.region, config.digest(), plans, failed)
