"""What keeps a run from applying a plan: a freeze, maintenance, a service that was demoted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from foresail.config import ServiceConfig
from foresail.cycle.outcome import OutcomeState
from foresail.overrides.gate import standstill
from foresail.score.modes import read_mode
from foresail.store.records import Records


@dataclass(frozen=True, slots=True)
class Gate:
    """Why a plan may not be applied now."""

    state: OutcomeState
    reason: str


def closed(records: Records, service: ServiceConfig, now: datetime) -> Gate | None:
    """First gate of a service that is closed; None when all are open."""
    why = standstill(records, service, now)
    if why is not None:
        return Gate("frozen", why)
    mode = read_mode(records, service.name)
    return Gate("forecast-only", mode.reason) if mode.forecast_only else None
