"""What tiers of a service share: connections between two of them, and limits of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pandas as pd

from foresail.config import LimitConfig, ServiceConfig
from foresail.coordination.connections import (
    Connections,
    higher,
    lower,
    most_by_connections,
    units_by_connections,
    units_for_connections,
)
from foresail.coordination.limits import Claim, fit_limit
from foresail.coordination.stagger import staggered
from foresail.errors import InputError
from foresail.graph import bottom_up, depths, top_down
from foresail.pipeline.planning import Foreseen, need
from foresail.plan.capacity import quantile_columns

STAGGER = timedelta(minutes=2)  # AWS may run an action two minutes late
Needs = dict[str, pd.DataFrame]
Notes = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Shared:
    """Needs of all tiers once they share what they share, and what that did, by tier."""

    wanted: Needs
    notes: Notes

    def noted(self, wanted: Mapping[str, pd.DataFrame], tier: str, *notes: str) -> Shared:
        """Other needs, and what made one tier's so."""
        told = {**self.notes, tier: (*self.notes[tier], *notes)}
        return Shared({**self.wanted, **wanted}, told)


def share(
    service: ServiceConfig, foreseen: Mapping[str, Foreseen], wanted: Mapping[str, pd.DataFrame]
) -> Shared:
    """Raise who takes connections, put tiers in order of time, and divide what is limited.

    Parameters
    ----------
    service
        Names connections and limits.
    foreseen
        Each tier's forecast, by the tier's name, the tiers above counted in.
    wanted
        Each tier's need, as `needed_capacity` gives it.

    Raises
    ------
    InputError
        When the minimums of tiers are more than a limit, or than what another tier takes.
    """
    most = _most(service, foreseen)
    shared = Shared(dict(wanted), dict.fromkeys(wanted, ()))
    asked = shared = _in_order(service, _connected(service, foreseen, most, shared))
    for limit in service.limits:
        shared = _limited(service, foreseen, most, limit, shared)
    return _left_connections(service, foreseen, asked, shared)


def own_most(foreseen: Foreseen) -> int:
    """Most units that a tier may have by itself."""
    return min(foreseen.tier.tier.max, foreseen.live.max_size)


def _rules(service: ServiceConfig, name: str) -> dict[str, Connections]:
    """Tell which connections a tier opens, by the tier that takes them."""
    tier = next(one for one in service.tiers if one.name == name)
    return {
        one.tier: Connections(
            one.connections.per_unit, one.connections.limit_per_unit * one.connections.share
        )
        for one in tier.needs
        if one.connections is not None
    }


def _most(service: ServiceConfig, foreseen: Mapping[str, Foreseen]) -> dict[str, int]:
    """Most units of each tier; what is below may take no more connections."""
    most: dict[str, int] = {}
    for name in bottom_up(service.needs()):
        tier = foreseen[name].tier
        most[name] = own_most(foreseen[name])
        for below, rule in _rules(service, name).items():
            bound = most_by_connections(most[below], rule)
            if bound < tier.tier.min:
                raise InputError(
                    f"{tier.name}: min is {tier.tier.min}, but {below} at its maximum takes the "
                    f"connections of {bound} units",
                    cure=f"raise max of {below}, pool the connections, or lower min of {name}",
                )
            most[name] = min(most[name], bound)
    return most


def _connected(
    service: ServiceConfig,
    foreseen: Mapping[str, Foreseen],
    most: Mapping[str, int],
    shared: Shared,
) -> Shared:
    """From the edge down, let lower tiers take what upper ones open; cap what none can take.

    A need beyond what a tier may have by itself is left as it is, for the plan to tell, but opens
    no connections.
    """
    for name in top_down(service.needs()):
        wanted = shared.wanted[name]
        peak, bound = int(wanted["needed"].max()), most[name]
        capped = wanted.assign(needed=wanted["needed"].clip(upper=bound))
        rules = _rules(service, name)
        if bound < own_most(foreseen[name]) and peak > bound:
            tight = min(rules, key=lambda below: most_by_connections(most[below], rules[below]))
            shared = shared.noted({name: capped}, name, _capped(bound, peak, tight, rules[tight]))
        for below, rule in rules.items():
            shared = _raised(shared, capped, below, rule, name)
    return shared


def _capped(bound: int, peak: int, below: str, rule: Connections) -> str:
    return (
        f"capped at {bound} of {peak} units: at its maximum {below} takes "
        f"{bound * rule.opened:g} connections; pool them, or raise its maximum"
    )


def _raised(
    shared: Shared, upper: pd.DataFrame, below: str, rule: Connections, name: str
) -> Shared:
    own = shared.wanted[below]
    wanted = units_for_connections(upper, rule, below)
    peak = int(wanted["needed"].max())
    said = [f"raised to {peak} units for connections of {name}"]
    notes = said if peak > int(own["needed"].max()) else []
    return shared.noted({below: higher(own, wanted)}, below, *notes)


def _in_order(service: ServiceConfig, shared: Shared) -> Shared:
    """Let each tier be up before those above it, and down after them."""
    ahead = {name: STAGGER * deep for name, deep in depths(service.needs()).items()}
    wanted = {n: staggered(one, ahead[n], ahead[n]) for n, one in shared.wanted.items()}
    return replace(shared, wanted=wanted)


def _limited(
    service: ServiceConfig,
    foreseen: Mapping[str, Foreseen],
    most: Mapping[str, int],
    limit: LimitConfig,
    shared: Shared,
) -> Shared:
    """Divide one limit; that can only lower a need."""
    levels = _by_level(service, foreseen, most)
    claims = []
    for name, each in limit.per_unit.items():
        tier, wanted = foreseen[name].tier.tier, shared.wanted[name]
        asked = wanted.assign(needed=wanted["needed"].clip(upper=most[name]))
        needs = {level: rows[name] for level, rows in levels.items()}
        claims.append(Claim(name, needs, asked, tier.min, each, tier.value))
    fitted = fit_limit(limit.name, limit.limit, claims)
    for name, wanted in fitted.wanted.items():
        notes = [note for note in fitted.notes if f" leaves {name} " in note]
        if notes:
            shared = shared.noted({name: wanted}, name, *notes)
    return shared


def _by_level(
    service: ServiceConfig, foreseen: Mapping[str, Foreseen], most: Mapping[str, int]
) -> dict[float, Needs]:
    """Needs by quantile level; connections and order counted in, as in what is wanted."""
    levels = {n: list(quantile_columns(one.units)) for n, one in foreseen.items()}
    found = {}
    for level in sorted({one for own in levels.values() for one in own}):
        needs = {
            name: need(replace(one, quantile=min(max(level, levels[name][0]), levels[name][-1])))
            for name, one in foreseen.items()
        }
        start = Shared(needs, dict.fromkeys(needs, ()))
        found[level] = _in_order(service, _connected(service, foreseen, most, start)).wanted
    return found


def _left_connections(
    service: ServiceConfig, foreseen: Mapping[str, Foreseen], before: Shared, shared: Shared
) -> Shared:
    """Cap upper tiers at the connections of the tiers below that limits have lowered."""
    cut = {name for name, wanted in shared.wanted.items() if wanted is not before.wanted[name]}
    for name in bottom_up(service.needs()):
        least = foreseen[name].tier.tier.min
        for below, rule in _rules(service, name).items():
            if below not in cut:
                continue
            own = shared.wanted[name]
            bound = units_by_connections(shared.wanted[below], rule, name)
            capped = lower(own, bound.assign(needed=bound["needed"].clip(lower=least)))
            if _unit_time(capped) < _unit_time(own):
                peak = int(capped["needed"].max())
                note = f"at most {peak} units, for the connections that {below} has left"
                shared = shared.noted({name: capped}, name, note)
                cut.add(name)
    return shared


def _unit_time(wanted: pd.DataFrame) -> float:
    return float((wanted["needed"] * (wanted["end"] - wanted["start"]).dt.total_seconds()).sum())
