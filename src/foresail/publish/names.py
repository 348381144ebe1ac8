"""Names of what foresail publishes: its metrics, and the alarms and dashboards that it owns."""

from __future__ import annotations

import re
from collections.abc import Iterable

from foresail.errors import InputError
from foresail.store.published import Dimensions

NAMESPACE = "Foresail"
DEMAND = "ForecastDemand"
FLOOR = "PlannedFloor"
NEEDED = "NeededUnits"
TRUST = "ForecastTrust"
AGE = "ForecastAgeHours"
OWNED = "foresail-"


def of_tier(service: str, tier: str) -> Dimensions:
    """Dimensions of a tier's metrics."""
    return (("Service", service), ("Tier", tier))


def of_quantile(service: str, tier: str, signal: str, quantile: str) -> Dimensions:
    """Dimensions of a quantile of one demand metric, like ``0.95``."""
    return (*of_tier(service, tier), ("Signal", signal), ("Quantile", quantile))


def alarm_prefix(service: str) -> str:
    """How the names of a service's alarms begin; no service name holds a slash."""
    return f"{OWNED}{service}/"


def alarm_name(service: str, tier: str, about: str) -> str:
    """Name of an alarm of a tier."""
    return f"{alarm_prefix(service)}{tier}/{about}"


def dashboard_name(service: str) -> str:
    """Name of a service's dashboard; CloudWatch takes letters, digits, - and _ only."""
    return OWNED + re.sub(r"[^A-Za-z0-9_-]", "-", service)


def check_dashboard_names(services: Iterable[str]) -> None:
    """Refuse services whose dashboards would have one name.

    Raises
    ------
    InputError
        Naming both.
    """
    seen: dict[str, str] = {}
    for service in services:
        twin = seen.setdefault(dashboard_name(service), service)
        if twin != service:
            raise InputError(
                f"services {twin!r} and {service!r} would share the dashboard "
                f"{dashboard_name(service)}: CloudWatch takes no dots in its name",
                cure="rename one of them in foresail.yaml",
            )
