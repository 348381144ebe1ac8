"""How pressing the demand ahead is, in four words with their reason."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast.parts import Bools, Floats

URGENCIES = ("low", "medium", "high", "critical")


def urgency_level(
    current: Floats | float,
    peak: Floats | float,
    hours_to_breach: Floats | float,
    capacity: Floats | float,
    certain: Bools | bool = False,
) -> list[str]:
    """How pressing demand ahead is: how soon it exceeds what is served, and how far.

    Parameters
    ----------
    current
        Demand now.
    peak
        Highest demand forecast in the hours ahead, at the quantile that is planned for.
    hours_to_breach
        Hours until the forecast first exceeds `capacity`; inf for never.
    capacity
        Demand that what is in service now can serve.
    certain
        Whether the median, too, exceeds the capacity.

    Returns
    -------
    list of str
        low, medium, high or critical, by this table; a step further up when `certain`, and
        demand that is above the capacity already counts as the first row:

        ============  ==============  =============  ============
        first above   by up to 10 %   by up to 50 %  by more
        ============  ==============  =============  ============
        within 1 h    medium          high           critical
        within 6 h    low             medium         high
        within 24 h   low             low            medium
        later, never  low             low            low
        ============  ==============  =============  ============

    Notes
    -----
    The columns are what a fleet absorbs by itself: 10 % is within the reserve of a target of
    70 % or less, 50 % uses it up (1 / 0.7 = 1.43). The rows are what help is still in time:
    within an hour only capacity that is launched now, within six a plan of today's, within a day
    the next regular plan.
    """
    now, top, room = (np.atleast_1d(np.asarray(v, np.float64)) for v in (current, peak, capacity))
    top = np.fmax(top, now)
    hours = np.where(now > room, 0.0, np.asarray(hours_to_breach, np.float64))
    over = np.where(top > room, top / np.where(room > 0, room, np.nan), 0.0)
    over = np.where((top > room) & ~(room > 0), np.inf, over)
    far = np.searchsorted([1.0, 1.1, 1.5], over, side="left") - 1  # -1: not above
    soon = 2 - np.searchsorted([1.0, 6.0], hours, side="left")
    step = np.where(hours <= 24, np.clip(soon + far - 1, 0, 3), 0)
    sure = np.broadcast_to(np.asarray(certain, dtype=bool), step.shape)
    step = np.where(sure & (hours <= 24), np.minimum(step + 1, 3), step)
    return [URGENCIES[int(one)] for one in np.where((far < 0) | ~(top > room), 0, step)]


def urgency(
    forecast: pd.DataFrame,
    current: Mapping[str, float] | pd.Series,
    capacity: Mapping[str, float] | pd.Series | None = None,
    *,
    quantile: str | None = None,
    headroom: float = 0.25,
) -> pd.DataFrame:
    """Urgency of each series of a forecast: the next 24 hours against what is served now.

    Parameters
    ----------
    forecast
        series, timestamp (start of the period) and quantile columns.
    current
        Demand now, by series; where it is unknown, the first median stands in.
    capacity
        Demand that can be served now, by series. Where it is unknown, the current demand and
        `headroom` on top of it are taken to be served.
    quantile
        Column that is planned for; q0.9 when there, else the highest.
    headroom
        Reserve that a fleet is taken to have over the current demand.

    Returns
    -------
    DataFrame
        series, urgency, reason, peak, peak_at, breach_at (NaT for never) and served.
    """
    names = sorted((str(c) for c in forecast if _is_quantile(str(c))), key=lambda n: float(n[1:]))
    if not names:
        raise InputError("the forecast has no quantile column", cure="pass q0.5, q0.9 ...")
    column = quantile or ("q0.9" if "q0.9" in names else names[-1])
    middle = "q0.5" if "q0.5" in names else names[0]
    rows = []
    for name, ahead in forecast.groupby("series", sort=False):
        start = ahead["timestamp"].iloc[0]
        day = ahead[ahead["timestamp"] < start + pd.Timedelta("24h")]
        now = _of(current, str(name), float(day[middle].iloc[0]))
        served = _of(capacity, str(name), now * (1 + headroom))
        rows.append(_urgency(str(name), day, now, served, column, middle))
    return pd.DataFrame(rows)


def _urgency(
    name: str, day: pd.DataFrame, now: float, served: float, column: str, middle: str
) -> dict[str, object]:
    values = day[column].to_numpy(dtype=float)
    at = int(np.nanargmax(values)) if np.isfinite(values).any() else 0
    above = np.flatnonzero(values > served)
    start = day["timestamp"].iloc[0]
    breach = day["timestamp"].iloc[above[0]] if len(above) else pd.NaT
    hours = (breach - start) / pd.Timedelta("1h") if len(above) else np.inf
    certain = bool((day[middle].to_numpy(dtype=float) > served).any())
    level = urgency_level(now, values[at], hours, served, certain)[0]
    if now > served:
        reason = f"demand of {now:.4g} is above the {served:.4g} served now"
    elif len(above):
        soon = "now" if hours < 1 else f"in {hours:.0f} h"
        reason = f"{column} is above the {served:.4g} served {soon}, and peaks at {values[at]:.4g}"
        reason += "; the median, too" if certain else ""
    else:
        reason = f"{column} stays within the {served:.4g} served for 24 h"
    return {
        "series": name,
        "urgency": level,
        "reason": reason,
        "peak": float(values[at]),
        "peak_at": day["timestamp"].iloc[at],
        "breach_at": breach,
        "served": served,
    }


def _of(values: Mapping[str, float] | pd.Series | None, name: str, otherwise: float) -> float:
    found = None if values is None else values.get(name)
    number = float("nan") if found is None else float(found)
    return number if np.isfinite(number) else otherwise


def _is_quantile(name: str) -> bool:
    try:
        return name.startswith("q") and 0 < float(name[1:]) < 1
    except ValueError:
        return False
