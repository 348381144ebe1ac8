"""The tiers of the storefront: what they serve, what they need, and how one demand runs through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from foresail.replay.chain import ChainRun, Tier, simulate_chain

Array = NDArray[np.float64]
RETRY_SHARE = 0.5  # of viewers that got an error and try again a minute later
CONNECTIONS = 110.0  # that one Aurora reader takes
LAMBDA_SECONDS = 0.25  # that one checkout takes
UNLIMITED = 1e9


@dataclass(frozen=True, slots=True)
class Spec:
    """A tier: rates are per second and unit, `boot` and `warm_up` in minutes.

    `target` is the utilisation in percent that its policy tracks; 0 for none.
    """

    name: str
    rate: float
    needs: Mapping[str, float] = field(default_factory=dict)
    low: int = 1
    high: int = 1
    boot: int = 0
    target: float = 0.0
    pool: float = 0.0
    warm_up: int = 0


SPECS = (
    Spec("cdn", UNLIMITED, {"web": 0.25, "api": 0.03}),
    Spec("api", 1000.0, {"checkout": 1.0}),
    Spec("checkout", 1 / LAMBDA_SECONDS, {"carts-write": 2.0}, 5, 200, 3, 70.0),
    Spec("web", 100.0, {"app": 1.0}, 3, 40, 8, 60.0),
    Spec("app", 60.0, {"catalog": 1.2, "orders": 0.02, "carts-read": 0.6}, 3, 60, 2, 60.0, 10.0),
    Spec("catalog", 600.0, {"orders": 0.1}, 2, 8, 12, 60.0, 0.0, 20),
    Spec("orders", 70.0, {}, 1, 6, 10, 60.0),
    Spec("carts-read", 1.0, {}, 200, 2000, 1, 70.0),
    Spec("carts-write", 1.0, {}, 100, 1000, 1, 70.0),
    Spec("clicks", 1000.0, {}, 2, 16, 1),
)
BY_NAME = {spec.name: spec for spec in SPECS}
CLICKS = 1.0  # records per request of a viewer
SCALED = tuple(spec.name for spec in SPECS if spec.high > 1)


def run_chain(
    demand: Array, units: Mapping[str, Array], step_minutes: int, retry_share: float = RETRY_SHARE
) -> ChainRun:
    """Play requests per second of viewers through all tiers.

    Parameters
    ----------
    demand
        Shape ``(steps,)``.
    units
        Units in service of each scaled tier, shape ``(steps,)``.
    step_minutes
        Length of a step; viewers try again one step later.
    retry_share
        Share of the viewers who do.
    """
    tiers = [_tier(spec, units, step_minutes) for spec in SPECS]
    came = {"cdn": demand, "clicks": demand * CLICKS}
    return simulate_chain(came, tiers, retry_share=retry_share)


def _tier(spec: Spec, units: Mapping[str, Array], step_minutes: int) -> Tier:
    capacity, rate = units.get(spec.name, np.ones(1)), spec.rate
    if spec.name == "checkout":  # what is not provisioned starts cold, up to what is reserved
        capacity = np.full_like(capacity, spec.high)
    connections = CONNECTIONS * capacity if spec.name == "orders" else None
    warm_up = -(-spec.warm_up // step_minutes)
    return Tier(spec.name, capacity, rate, spec.needs, spec.pool, connections, warm_up)


def reactive(demand: Array, step_minutes: int) -> dict[str, Array]:
    """Units that target tracking would have had, so many minutes late as a unit boots."""
    ample = {name: np.full(len(demand), float(BY_NAME[name].high)) for name in SCALED}
    wanted = run_chain(demand, ample, step_minutes, 0.0)
    found = {}
    for name in SCALED:
        spec = BY_NAME[name]
        busy = wanted.arrived[wanted.of(name), :, 0] / spec.rate
        needed = np.ceil(busy / ((spec.target or 60.0) / 100))
        late = -(-(spec.boot + 3) // step_minutes)
        behind = np.concatenate([np.repeat(needed[:1], late), needed])[: len(needed)]
        lately = np.max([np.roll(behind, n) for n in range(1 + 15 // step_minutes)], axis=0)
        found[name] = np.clip(lately, spec.low, spec.high)
    return found
