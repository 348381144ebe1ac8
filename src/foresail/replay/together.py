"""A chain of tiers replayed twice: planned together, and each tier alone from its own metric.

Both see the same past: what each tier handled, marked as censored where it was full. Alone, each
tier's own history is forecast. Together, only the edge is forecast; the tiers below follow by the
ratios measured so far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.coordination.driven import driven_units
from foresail.coordination.ratio import measure_ratios
from foresail.forecast.rolling import rolling_forecasts
from foresail.plan.capacity import quantile_columns
from foresail.replay.chain import Tier, simulate_chain

Floats = NDArray[np.float64]
LEVELS = (0.1, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
ALONE, TOGETHER = "each tier alone", "together"


@dataclass(frozen=True, slots=True)
class Member:
    """A tier of the chain.

    `needs` is the work sent below per piece of work, by step; `past_capacity` the quantile of the
    past's need that its units covered, at the planned utilisation.
    """

    name: str
    unit_capacity: float
    needs: Mapping[str, Floats] = field(default_factory=dict)
    unit_cost: float = 1.0
    lead_steps: int = 2
    past_capacity: float = 0.98


@dataclass(frozen=True, slots=True)
class Protocol:
    """How the two are replayed.

    Parameters
    ----------
    history
        Before the first plan.
    every
        Between two plans.
    utilization
        Planned share of a unit's capacity.
    retry_share, retry_after
        As `simulate_chain` takes them.
    """

    history: timedelta = timedelta(days=8)
    every: timedelta = timedelta(hours=6)
    utilization: float = 0.7
    retry_share: float = 0.5
    retry_after: int = 1


def compare_together(
    demand: pd.Series, chain: Sequence[Member], protocol: Protocol | None = None
) -> pd.DataFrame:
    """Replay both ways of planning at each quantile of `LEVELS` from the median up.

    Parameters
    ----------
    demand
        Work per step that arrives at the first tier, by time (tz-aware, a regular period).
    chain
        Tiers from the edge down.

    Returns
    -------
    DataFrame
        policy, quantile, cost (sum of units x unit cost x steps), unserved (share of the demand
        that was not served, retries counted in).
    """
    rules = protocol or Protocol()
    times = pd.DatetimeIndex(demand.index)
    begin = int(times.searchsorted(times[0] + rules.history))
    known = _known(demand, chain, begin, rules)
    origins = _origins(times, begin, rules)
    busy = _forecasts(known, chain, origins, rules)
    rows = []
    for policy, found in ((ALONE, busy), (TOGETHER, _driven(busy, known, chain, origins))):
        for level in LEVELS[1:]:
            units = {m.name: _units(found[m.name], m, level, times[begin:], rules) for m in chain}
            rows.append({"policy": policy, "quantile": level,
                         **_play(demand, chain, units, begin, rules)})  # fmt: skip
    return pd.DataFrame(rows)


def _known(
    demand: pd.Series, chain: Sequence[Member], begin: int, rules: Protocol
) -> dict[str, pd.Series]:
    """Measure what each tier handled, in busy units; missing where it was full.

    Until `begin` with the capacity of the past; after it as if nothing had been short, so that
    both ways learn from the same measurements.
    """
    ample = _tiers(chain, dict.fromkeys((m.name for m in chain), 1e9), slice(None))
    free = simulate_chain(demand.to_numpy(), ample)
    past = {}
    for at, member in enumerate(chain):
        busy = free.arrived[at, :begin, 0] / member.unit_capacity / rules.utilization
        past[member.name] = float(np.ceil(np.quantile(busy, member.past_capacity)))
    run = simulate_chain(
        demand.to_numpy()[:begin],
        _tiers(chain, past, slice(0, begin)),
        retry_share=rules.retry_share,
        retry_after=rules.retry_after,
    )
    known = {}
    for at, member in enumerate(chain):
        handled, limit = run.handled[at, :, 0], run.limit[at, :, 0]
        values = np.where(handled >= limit * (1 - 1e-9), np.nan, handled)
        whole = np.concatenate([values, free.arrived[at, begin:, 0]])
        known[member.name] = pd.Series(whole / member.unit_capacity, index=demand.index)
    return known


def _tiers(chain: Sequence[Member], units: Mapping[str, object], steps: slice) -> list[Tier]:
    return [
        Tier(m.name, units[m.name], m.unit_capacity,  # type: ignore[arg-type]
             {name: ratio[steps] for name, ratio in m.needs.items()})
        for m in chain
    ]  # fmt: skip


def _origins(times: pd.DatetimeIndex, begin: int, rules: Protocol) -> pd.DatetimeIndex:
    step = times[1] - times[0]
    return times[begin :: max(int(rules.every / step), 1)]


def _forecasts(
    known: Mapping[str, pd.Series],
    chain: Sequence[Member],
    origins: pd.DatetimeIndex,
    rules: Protocol,
) -> dict[str, pd.DataFrame]:
    """Forecasts of each tier's own history at each origin, in busy units."""
    frames = [
        pd.DataFrame({"series": m.name, "timestamp": known[m.name].index,
                      "value": known[m.name].to_numpy()})
        for m in chain
    ]  # fmt: skip
    step = frames[0]["timestamp"].iloc[1] - frames[0]["timestamp"].iloc[0]
    spare = max(m.lead_steps for m in chain) + len(chain) + 2
    horizon = rules.every + spare * step
    found = rolling_forecasts(pd.concat(frames).dropna(), origins, horizon, LEVELS)
    return {str(name): rows for name, rows in found.groupby("series", sort=False)}


def _driven(
    busy: Mapping[str, pd.DataFrame],
    known: Mapping[str, pd.Series],
    chain: Sequence[Member],
    origins: pd.DatetimeIndex,
) -> dict[str, pd.DataFrame]:
    """Forecasts of the tiers below from those above, by ratios known at each origin."""
    edge = chain[0].name
    columns = list(quantile_columns(busy[edge]).values())
    parts: dict[str, list[pd.DataFrame]] = {m.name: [] for m in chain}
    by_origin = {name: dict(list(rows.groupby("origin"))) for name, rows in busy.items()}
    for origin in origins:
        ahead = {edge: by_origin[edge][origin][["timestamp", *columns]]}
        for member in chain[1:]:
            ahead[member.name] = _below(member.name, chain, ahead, known, origin)
            if ahead[member.name].empty:
                ahead[member.name] = by_origin[member.name][origin][["timestamp", *columns]]
        for name, frame in ahead.items():
            parts[name].append(frame.assign(series=name, origin=origin))
    return {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}


def _below(
    name: str,
    chain: Sequence[Member],
    ahead: Mapping[str, pd.DataFrame],
    known: Mapping[str, pd.Series],
    origin: pd.Timestamp,
) -> pd.DataFrame:
    callers = [m.name for m in chain if name in m.needs]
    past = {m: known[m][known[m].index < origin].dropna() for m in (*callers, name)}
    ratios = measure_ratios(pd.DataFrame({m: past[m] for m in callers}), past[name])
    if ratios is None:
        return pd.DataFrame()
    return driven_units({m: ahead[m] for m in callers}, ratios, name).drop(columns="series")


def _units(
    found: pd.DataFrame, member: Member, level: float, times: pd.DatetimeIndex, rules: Protocol
) -> Floats:
    """Units in service at each step: the highest need until the lead, of the newest plan."""
    latest = found.sort_values("origin", kind="stable")
    needs = np.ceil(latest[f"q{level:g}"] / rules.utilization - 1e-9).clip(lower=1)
    table = latest.assign(needs=needs)
    ahead = table.groupby("origin", sort=False)["needs"].transform(
        lambda rows: rows[::-1].rolling(member.lead_steps + 1, min_periods=1).max()[::-1]
    )
    newest = table.assign(ahead=ahead).drop_duplicates("timestamp", keep="last")
    return newest.set_index("timestamp")["ahead"].reindex(times).ffill().to_numpy(dtype=float)


def _play(
    demand: pd.Series,
    chain: Sequence[Member],
    units: Mapping[str, Floats],
    begin: int,
    rules: Protocol,
) -> dict[str, float]:
    """Cost, and the share that was not served."""
    fresh = demand.to_numpy()[begin:]
    tiers = _tiers(chain, units, slice(begin, None))
    run = simulate_chain(fresh, tiers, retry_share=rules.retry_share, retry_after=rules.retry_after)
    served = float(run.served[0].sum())
    cost = sum(float(units[m.name].sum()) * m.unit_cost for m in chain)
    return {"cost": cost, "unserved": max(1 - served / max(float(fresh.sum()), 1e-12), 0.0)}
