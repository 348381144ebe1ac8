"""Plan every tier of a configuration into one plan file."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

from foresail.changes.planfile import PlanFile
from foresail.config import Config
from foresail.errors import InputError
from foresail.failures import ServiceFailure, check_any, failures_of
from foresail.pipeline.planning import Planned
from foresail.pipeline.scaling_plan import prefers_plan
from foresail.pipeline.tiers import Tier, tiers
from foresail.store.opening import open_store
from foresail.targets.many import batches
from foresail.tracing import span

if TYPE_CHECKING:
    from foresail.aws import Aws
    from foresail.store.opening import Store

AT_ONCE = 200  # services: all that was pulled for them is in memory together
Progress = Callable[[str], None]


@span("foresail.plan")
def plan_all(
    config: Config,
    aws: Aws,
    now: datetime,
    *,
    store: Store | None = None,
    service: str | None = None,
    progress: Progress = lambda _: None,
) -> tuple[PlanFile, list[Planned]]:
    """Plan every tier of a configuration, the tiers of a service together; nothing is written.

    Tiers come from the bottom up: each after the tiers that it needs. A service that cannot be
    planned does not stop the others: the plan file names it, and why. Services share their calls
    and forecasts, a few hundred at a time.

    Parameters
    ----------
    config, aws, now
        What to plan, where, and the aware time.
    store
        Keeps history and the journal; that of the configuration where None.
    service
        Only this one.
    progress
        Told each step in words.

    Raises
    ------
    InputError
        The configuration cannot be planned, or none of the services could.
    """
    from foresail.pipeline.together import Together  # an urgent plan loads no forecaster

    by_name = groupby(_scheduled(config, service), key=lambda tier: tier.service.name)
    groups = {name: list(group) for name, group in by_name}
    opened = store or open_store(config, aws, lambda: now)
    done: dict[str, list[Planned]] = {}
    errors: dict[str, Exception] = {}
    for names in batches(list(groups), AT_ONCE):
        together = Together(aws, now, opened, progress)
        done |= together.plan({name: groups[name] for name in names})
        errors |= together.errors
    check_any(done, errors)
    planned = [one for tiers_of in done.values() for one in tiers_of]
    in_order = {name: errors[name] for name in groups if name in errors}
    return seal(config, planned, now, failures_of(in_order)), planned


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


def seal(
    config: Config,
    planned: list[Planned],
    now: datetime,
    failed: tuple[ServiceFailure, ...] = (),
) -> PlanFile:
    """Put the plans of all tiers into one plan file."""
    plans = tuple(p.plan for p in planned)
    return PlanFile(now, config.region, config.digest(), plans, failed)
