"""Plan the tiers of a service together: driven forecasts, connections, order, shared limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pandas as pd

from foresail.config import NeedConfig, ServiceConfig
from foresail.coordination.cache import let_through, usual
from foresail.coordination.cold import cold_share
from foresail.coordination.connections import (
    Connections,
    higher,
    most_by_connections,
    units_for_connections,
)
from foresail.coordination.driven import driven_units
from foresail.coordination.limits import Claim, fit_limit
from foresail.coordination.ratio import Ratios, measure_ratios
from foresail.coordination.stagger import staggered
from foresail.graph import depths, top_down
from foresail.pipeline.planning import Foreseen, need
from foresail.pipeline.tiers import busy_units, first_capacity
from foresail.plan.capacity import quantile_columns

TRUSTED = 0.8  # share of the variance that measured ratios must explain to drive a forecast
STAGGER = timedelta(minutes=2)  # AWS may run an action two minutes late
HitRates = Mapping[tuple[str, str], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Coordinated:
    """A tier's forecast and need once the other tiers are counted in, and what that did."""

    foreseen: Foreseen
    wanted: pd.DataFrame
    notes: tuple[str, ...] = ()

    def noted(self, wanted: pd.DataFrame, *notes: str) -> Coordinated:
        """Another need, and what made it so."""
        return replace(self, wanted=wanted, notes=(*self.notes, *notes))


def coordinate(
    service: ServiceConfig, foreseen: Mapping[str, Foreseen], hit_rates: HitRates
) -> dict[str, Coordinated]:
    """Count the tiers of a service against each other.

    Parameters
    ----------
    service
        Names who needs whom, and the limits that tiers share.
    foreseen
        Each tier's own forecast, by the tier's name.
    hit_rates
        timestamp, value of the cache between an upper and a lower tier, by both names.

    Raises
    ------
    InputError
        When a shared limit is below the minimums of its tiers.
    """
    rows = _driven(service, dict(foreseen), hit_rates)
    rows = _connected(service, rows)
    deep = depths(service.needs())
    rows = {
        name: row.noted(staggered(row.wanted, STAGGER * deep[name], STAGGER * deep[name]))
        for name, row in rows.items()
    }
    return _limited(service, rows)


def _driven(
    service: ServiceConfig, foreseen: dict[str, Foreseen], hit_rates: HitRates
) -> dict[str, Coordinated]:
    """From the edge down, let the tiers above tell what each tier will have to do."""
    rows: dict[str, Coordinated] = {}
    for name in top_down(service.needs()):
        callers = _callers(service, name)
        if callers:
            cold = {
                upper: _cold(rows[upper], one.warm_up)
                for upper, one in callers.items()
                if one.warm_up is not None
            }
            foreseen[name], note = _driven_tier(name, callers, foreseen, hit_rates, cold)
        notes = (note,) if callers else ()
        rows[name] = Coordinated(foreseen[name], need(foreseen[name]), notes)
    return {tier.name: rows[tier.name] for tier in service.tiers}


def _callers(service: ServiceConfig, name: str) -> dict[str, NeedConfig]:
    return {t.name: one for t in service.tiers for one in t.needs if one.tier == name}


def _driven_tier(
    name: str,
    callers: Mapping[str, NeedConfig],
    foreseen: Mapping[str, Foreseen],
    hit_rates: HitRates,
    cold: Mapping[str, pd.Series],
) -> tuple[Foreseen, str]:
    own = foreseen[name]
    zone = own.tier.timezone
    through = {
        upper: let_through(hit_rates[upper, name])
        for upper in callers
        if (upper, name) in hit_rates and not hit_rates[upper, name].empty
    }
    past = {
        upper: _let_by(busy_units(foreseen[upper].tier, foreseen[upper].demand), through, upper)
        for upper in callers
    }
    known = {
        upper: _in_units(one.ratio, foreseen[upper], own)
        for upper, one in callers.items()
        if not isinstance(one.ratio, str)
    }
    ratios = measure_ratios(pd.DataFrame(past), busy_units(own.tier, own.demand), known)
    kept = _why_not(ratios, all_given=len(known) == len(callers))
    if kept or ratios is None:
        return own, f"own forecast, not driven by {' and '.join(callers)}: {kept}"
    ahead = {
        upper: _frame_by(foreseen[upper].units, through, cold, upper, zone) for upper in callers
    }
    units = driven_units(ahead, ratios, own.tier.name)
    return replace(own, units=units), _said(ratios, through, cold)


def _in_units(ratio: float | str, upper: Foreseen, lower: Foreseen) -> float:
    """Demand per demand, as people write it, in busy units per busy unit."""
    return float(ratio) * first_capacity(upper.tier) / first_capacity(lower.tier)


def _why_not(ratios: Ratios | None, *, all_given: bool) -> str:
    if ratios is None:
        return "too little demand is known on both sides to measure a ratio"
    if not all_given and ratios.explained < TRUSTED:
        return f"the measured ratio explains {max(ratios.explained, 0):.0%} of the last third"
    return ""


def _cold(upper: Coordinated, warm_up: timedelta) -> pd.Series:
    """Share of a growing cache that is empty, by the periods of its forecast."""
    times = pd.DatetimeIndex(upper.foreseen.units["timestamp"])
    return cold_share(upper.wanted, upper.foreseen.tier.tier.lead_time, warm_up, times)


def _said(ratios: Ratios, through: Mapping[str, pd.Series], cold: Mapping[str, pd.Series]) -> str:
    parts = [
        f"{upper} ({value:.3g} busy units each{', past its cache' if upper in through else ''})"
        for upper, value in ratios.values.items()
    ]
    grows = [f"{upper} grows cold by {c.max():.0%}" for upper, c in cold.items() if c.max() > 0]
    explained = f"explains {max(ratios.explained, 0):.0%}"
    return "; ".join([f"driven by {' and '.join(parts)}", explained, *grows])


def _let_by(busy: pd.Series, through: Mapping[str, pd.Series], upper: str) -> pd.Series:
    """Work of an upper tier that got past the cache, where there is one."""
    return busy * through[upper].reindex(busy.index) if upper in through else busy


def _frame_by(
    units: pd.DataFrame,
    through: Mapping[str, pd.Series],
    cold: Mapping[str, pd.Series],
    upper: str,
    zone: str,
) -> pd.DataFrame:
    """Work of an upper tier that will get past its cache; all of it past its cold nodes."""
    if upper not in through:
        return units
    columns = list(quantile_columns(units).values())
    share = usual(through[upper], pd.DatetimeIndex(units["timestamp"]), zone)
    if upper in cold:
        share = share + (1 - share) * cold[upper].to_numpy()
    scaled = units.copy()
    scaled[columns] = units[columns].mul(share.to_numpy(), axis=0)
    return scaled


def _connected(service: ServiceConfig, rows: dict[str, Coordinated]) -> dict[str, Coordinated]:
    """Let lower tiers take the connections that upper ones open; else cap the upper ones."""
    for name in top_down(service.needs()):
        for one in rows[name].foreseen.tier.tier.needs:
            if one.connections is not None:
                given = one.connections
                rule = Connections(given.per_unit, given.limit_per_unit * given.share)
                rows[name], rows[one.tier] = _fit(rows[name], rows[one.tier], rule)
    return rows


def _fit(
    upper: Coordinated, lower: Coordinated, rule: Connections
) -> tuple[Coordinated, Coordinated]:
    below, above = lower.foreseen, upper.foreseen
    most = most_by_connections(min(below.tier.tier.max, below.live.max_size), rule)
    peak = int(upper.wanted["needed"].max())
    if peak > most:
        capped = upper.wanted.assign(needed=upper.wanted["needed"].clip(upper=most))
        upper = upper.noted(
            capped,
            f"capped at {most} of {peak} units: at its maximum {below.tier.tier.name} takes "
            f"{most * rule.opened:g} connections; pool them, or raise its maximum",
        )
    wanted = units_for_connections(upper.wanted, rule, below.tier.name)
    raised = higher(lower.wanted, wanted)
    if int(wanted["needed"].max()) > int(lower.wanted["needed"].max()):
        note = f"raised to {wanted['needed'].max()} units for connections of {above.tier.tier.name}"
        return upper, lower.noted(raised, note)
    return upper, lower.noted(raised)


def _limited(service: ServiceConfig, rows: dict[str, Coordinated]) -> dict[str, Coordinated]:
    """Divide what the tiers share, limit by limit; each can only lower a need."""
    for limit in service.limits:
        claims = [_claim(name, rows[name], each) for name, each in limit.per_unit.items()]
        shared = fit_limit(limit.name, limit.limit, claims)
        for name, wanted in shared.wanted.items():
            notes = [note for note in shared.notes if f" leaves {name} " in note]
            rows[name] = rows[name].noted(wanted, *notes)
    return rows


def _claim(name: str, row: Coordinated, per_unit: float) -> Claim:
    tier = row.foreseen.tier.tier
    levels = quantile_columns(row.foreseen.units)
    needs = {level: need(replace(row.foreseen, quantile=level)) for level in levels}
    return Claim(name, needs, row.wanted, tier.min, per_unit, tier.value)
