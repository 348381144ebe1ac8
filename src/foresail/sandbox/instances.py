"""Instances of a group as its simulated fleet has them: in service, or still booting."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from foresail.sandbox.fleet import FleetState


def as_booted(fleets: Mapping[str, FleetState]) -> Any:
    """Property for moto's groups: instances that have not booted yet are Pending."""

    def instances(group: Any) -> list[Any]:
        fleet = fleets.get(group.name)
        if fleet is None:
            return list(group.instance_states)
        return [
            state if at < fleet.in_service else _pending(state)
            for at, state in enumerate(group.instance_states)
        ]

    return property(instances)


def _pending(state: Any) -> Any:
    shown = copy.copy(state)
    shown.lifecycle_state = "Pending"
    return shown
