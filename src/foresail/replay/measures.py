"""The project's measures of a run: under-capacity time, unserved share, cost, oracle, frontier."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from foresail.replay.fleet import Run
from foresail.replay.settings import Floats

SLO = 0.8
LIMITS = (0.05, 0.02, 0.01, 0.005, 0.001)
_ROUNDING = 1e-9


def oracle(
    demand: Floats, slo: float = SLO, *, minimum: ArrayLike = 1, maximum: ArrayLike = np.inf
) -> Floats:
    """Least units that keep the SLO in each step with demand known; the minimum where it is not."""
    units = np.ceil(np.nan_to_num(demand) / slo - _ROUNDING)
    return np.clip(units, minimum, maximum)


def under_capacity(offered: Floats, in_service: Floats, slo: float = SLO) -> np.ndarray:
    """Tell in which steps utilisation is above the SLO; never where demand is unknown."""
    with np.errstate(invalid="ignore"):
        return np.asarray(offered > slo * in_service * (1 + _ROUNDING))


def measure(run: Run, demand: Floats, hours: float, slo: float = SLO) -> pd.DataFrame:
    """Score each scenario of a run.

    Parameters
    ----------
    run
        The steps to score.
    demand
        Shape (steps, scenarios) or (steps, 1), in units at 100 %; NaN is unknown.
    hours
        Length of a step.
    slo
        Utilisation that should not be exceeded.

    Returns
    -------
    DataFrame
        One row per scenario: under_capacity (share of the periods with known demand), unserved
        (sum of demand above the SLO over the sum of demand), lost (never served, as a share),
        unit_hours (in service or launching), launched and stopped (units).
    """
    known = np.isfinite(np.broadcast_to(demand, run.in_service.shape))
    total = np.maximum(np.nansum(np.broadcast_to(demand, known.shape), axis=0), 1e-300)
    periods = np.maximum(known.sum(axis=0), 1)
    late = under_capacity(run.offered, run.in_service, slo) & known
    above = np.where(known, np.nan_to_num(run.offered) - slo * run.in_service, 0.0)
    change = np.diff(run.in_service, axis=0)
    return pd.DataFrame(
        {
            "under_capacity": late.sum(axis=0) / periods,
            "unserved": np.maximum(above, 0.0, out=above).sum(axis=0) / total,
            "lost": (run.lost.sum(axis=0) + run.waiting[-1]) / total,
            "unit_hours": (run.in_service.sum(axis=0) + run.launching.sum(axis=0)) * hours,
            "units_started": np.maximum(change, 0.0).sum(axis=0),
        }
    )


def frontier(scores: pd.DataFrame, limits: Sequence[float] = LIMITS) -> pd.DataFrame:
    """Find for each series, policy and limit the cheapest setting which stays within the limit.

    Parameters
    ----------
    scores
        As `foresail.replay` gives them: series, policy, setting, under_capacity, cost_ratio.
    limits
        Shares of under-capacity time.

    Returns
    -------
    DataFrame
        series, policy, limit, setting, cost_ratio, least (under-capacity time of the setting that
        has the least). Where that is above the limit, setting and cost_ratio are missing.
    """
    rows = []
    for (series, policy), of in scores.groupby(["series", "policy"], sort=False):
        for limit in limits:
            inside = of[of["under_capacity"] <= limit + _ROUNDING]
            best = inside.iloc[int(inside["cost_ratio"].argmin())] if len(inside) else None
            rows.append(
                {
                    "series": series,
                    "policy": policy,
                    "limit": limit,
                    "setting": None if best is None else best["setting"],
                    "cost_ratio": np.nan if best is None else float(best["cost_ratio"]),
                    "least": float(of["under_capacity"].min()),
                }
            )
    return pd.DataFrame(rows)


def reach(front: pd.DataFrame) -> pd.DataFrame:
    """Summarise a frontier over series: median cost over the oracle, and share within the limit.

    Returns
    -------
    DataFrame
        policy, limit, cost_ratio (median of the series that reach it), share, series.
    """
    of = front.groupby(["policy", "limit"], sort=False)["cost_ratio"]
    told = pd.DataFrame(
        {
            "cost_ratio": of.median(),
            "share": of.apply(lambda ratios: float(ratios.notna().mean())),
            "series": of.size(),
        }
    )
    return told.reset_index()


def against(front: pd.DataFrame, ours: str, where: str | None = None) -> pd.DataFrame:
    """Compare one policy with each other on the series where both reach the limit.

    Parameters
    ----------
    front
        As `frontier` gives it.
    ours
        Name of the policy.
    where
        A third policy that must reach the limit, too, for a series to count.

    Returns
    -------
    DataFrame
        policy, limit, ratio (geometric mean of our cost over theirs), both (series that count).
    """
    table = front.pivot_table(
        index=["limit", "series"], columns="policy", values="cost_ratio", dropna=False, sort=False
    )
    if where is not None:
        table = table[table[where].notna()]
    rows = []
    for policy in [name for name in table.columns if name != ours]:
        logs = np.log((table[ours] / table[policy]).to_numpy(dtype=np.float64))
        for limit in front["limit"].unique():
            here = logs[(table.index.get_level_values("limit") == limit) & np.isfinite(logs)]
            ratio = float(np.exp(here.mean())) if len(here) else np.nan
            rows.append({"policy": policy, "limit": limit, "ratio": ratio, "both": len(here)})
    return pd.DataFrame(rows)
