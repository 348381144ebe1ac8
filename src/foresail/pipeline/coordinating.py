"""Plan the tiers of a service together: driven forecasts, connections, order, shared limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pandas as pd

from foresail.config import NeedConfig, ServiceConfig
from foresail.coordination.cache import let_through, usual
from foresail.coordination.cold import cold_share
from foresail.coordination.driven import driven_units
from foresail.coordination.ratio import Ratios, measure_ratios
from foresail.graph import top_down
from foresail.pipeline.planning import Foreseen, need
from foresail.pipeline.sharing import own_most, share
from foresail.pipeline.tiers import busy_units, first_capacity
from foresail.plan.capacity import quantile_columns
from foresail.units import format_duration

TRUSTED = 0.8  # share of the variance that measured ratios must explain to drive a forecast
HitRates = Mapping[tuple[str, str], pd.DataFrame]


@dataclass(frozen=True, slots=True)
class Coordinated:
    """A tier's forecast and need once the other tiers are counted in, and what that did."""

    foreseen: Foreseen
    wanted: pd.DataFrame
    notes: tuple[str, ...] = ()


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
        When a shared limit, or another tier's connections, are below the minimums of tiers.
    """
    rows = _driven(service, dict(foreseen), hit_rates)
    driven = {name: row.foreseen for name, row in rows.items()}
    shared = share(service, driven, {name: row.wanted for name, row in rows.items()})
    return {
        name: replace(row, wanted=shared.wanted[name], notes=(*row.notes, *shared.notes[name]))
        for name, row in rows.items()
    }


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
    apart = _other_periods(own, {upper: foreseen[upper] for upper in callers})
    if apart:
        return own, f"{_own_forecast(callers)}: {apart}"
    through = _through(name, callers, hit_rates)
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
        return own, f"{_own_forecast(callers)}: {kept}"
    ahead = {
        upper: _frame_by(foreseen[upper].units, through, cold, upper, zone) for upper in callers
    }
    units = driven_units(ahead, ratios, own.tier.name)
    silent = [u for u, one in callers.items() if one.hit_rate is not None and u not in through]
    driving = pd.concat([foreseen[upper].evidence for upper in callers], ignore_index=True)
    return replace(own, units=units, driving=driving), _said(ratios, through, cold, silent)


def _own_forecast(callers: Mapping[str, NeedConfig]) -> str:
    return f"own forecast, not driven by {' and '.join(callers)}"


def _other_periods(own: Foreseen, callers: Mapping[str, Foreseen]) -> str:
    """Say which callers' demand has another period; empty when all have the same."""
    mine = own.tier.tier.period
    found = dict.fromkeys(one.tier.tier.period for one in callers.values())
    return "; ".join(
        f"demand there is in periods of {format_duration(period)}, here of {format_duration(mine)}"
        for period in found
        if period != mine
    )


def _through(
    name: str, callers: Mapping[str, NeedConfig], hit_rates: HitRates
) -> dict[str, pd.Series]:
    """Share of each caller's calls that get past its cache, where that is known."""
    return {
        upper: let_through(hit_rates[upper, name], percent=_percent(one))
        for upper, one in callers.items()
        if (upper, name) in hit_rates and not hit_rates[upper, name].empty
    }


def _percent(one: NeedConfig) -> bool | None:
    """AWS's own hit rates are in percent; of others, their values tell."""
    return True if one.hit_rate is not None and one.hit_rate.namespace.startswith("AWS/") else None


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
    sizes = upper.wanted["needed"].clip(upper=own_most(upper.foreseen))
    return cold_share(
        upper.wanted.assign(needed=sizes), upper.foreseen.tier.tier.lead_time, warm_up, times
    )


def _said(
    ratios: Ratios,
    through: Mapping[str, pd.Series],
    cold: Mapping[str, pd.Series],
    silent: Sequence[str],
) -> str:
    parts = [
        f"{upper} ({value:.3g} busy units each{', past its cache' if upper in through else ''})"
        for upper, value in ratios.values.items()
    ]
    grows = [f"{upper} grows cold by {c.max():.0%}" for upper, c in cold.items() if c.max() > 0]
    explained = f"explains {max(ratios.explained, 0):.0%}"
    lost = [f"no data of the hit rate from {one}: its cache is not counted" for one in silent]
    return "; ".join([f"driven by {' and '.join(parts)}", explained, *grows, *lost])


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
