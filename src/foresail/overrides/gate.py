"""What keeps a service from being written: a freeze, or a maintenance window that is open."""

from __future__ import annotations

from datetime import UTC, datetime

from foresail.config import ServiceConfig
from foresail.errors import RefusedError
from foresail.overrides.freeze import frozen
from foresail.overrides.maintenance import window_at
from foresail.store.records import Records


def standstill(records: Records, service: ServiceConfig, now: datetime) -> str | None:
    """Why nothing of a service may be written now, and until when; None when it may."""
    freeze = frozen(records, service.name, now)
    if freeze is not None:
        return freeze.said()
    window = window_at(service, now)
    if window is None:
        return None
    (_, end), reason = window
    return f"{reason} until {end.astimezone(UTC):%Y-%m-%d %H:%MZ}"


def check_writable(records: Records, service: ServiceConfig, now: datetime) -> None:
    """Refuse to write a service that is frozen or in maintenance.

    Raises
    ------
    RefusedError
        Says why, and until when.
    """
    why = standstill(records, service, now)
    if why is not None:
        raise RefusedError(
            f"{service.name}: {why}; nothing was written",
            cure=f"wait, or foresail unfreeze {service.name}; "
            "in an emergency: foresail apply --despite-freeze WHY",
        )
