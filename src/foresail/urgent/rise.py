"""How far demand lies above what was forecast for it, and what the next hours then need. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

import pandas as pd

from foresail.forecast.nowcast import HALF_LIFE, MOST, nowcast
from foresail.plan.bounds import Bound
from foresail.urgent.calls import Point

STEP = timedelta(minutes=30)  # a raised floor falls again in steps of this


@dataclass(frozen=True, slots=True)
class Rise:
    """More than was forecast: the factor, whether its excess halves every hour, and why."""

    factor: float
    fades: bool
    why: str


def shown(
    ahead: pd.DataFrame, earlier: pd.DataFrame, seen: pd.DataFrame, period: timedelta, least: int
) -> Rise | None:
    """Tell the rise that demand shows where it left an earlier forecast; None where it did not.

    Parameters
    ----------
    ahead
        Forecast from the first period that is not known yet: series, timestamp, quantiles.
    earlier
        Forecast that was made before the periods that are looked at.
    seen
        series, timestamp, value: demand as it came.
    period
        Length of a period.
    least
        How many periods in a row have to lie above the upper quantile.
    """
    first = ahead["timestamp"].min()
    recent = earlier[earlier["timestamp"] >= first - least * period]
    _, found = nowcast(ahead, recent, seen, period, periods=least)
    if not found:
        return None
    most = max(found, key=lambda one: one.factor)
    return Rise(
        most.factor,
        fades=True,
        why=f"{most.series} lies above the forecast of the last {_said(least * period)}: raised by "
        f"{most.factor - 1:.0%}, halving every hour",
    )


def promised(factor: float, trigger: str) -> Rise | None:
    """Take a rise that was told, at most threefold; None where it is none."""
    held = min(factor, MOST)
    if held <= 1:
        return None
    return Rise(held, fades=False, why=f"{trigger}: raised by {held - 1:.0%}")


def told(points: Sequence[Point], first: str, period: timedelta) -> pd.DataFrame:
    """Bring single measurements to demand by period, the mean of each, series by signal.

    Parameters
    ----------
    points
        Of one tier.
    first
        Signal that a point without one is of.
    period
        Length of a period.
    """
    frame = pd.DataFrame(
        {
            "series": [point.signal or first for point in points],
            "timestamp": pd.DatetimeIndex([point.at for point in points]).floor(period),
            "value": [point.value for point in points],
        }
    )
    means: pd.DataFrame = frame.groupby(["series", "timestamp"]).mean().reset_index()
    return means


def raised_bounds(
    needed: pd.Series, rise: Rise, now: datetime, window: timedelta, most: int
) -> list[Bound]:
    """Least floors of the next hours, half hour by half hour, none above what is allowed.

    Parameters
    ----------
    needed
        Units that the last plan needs, by the period (UTC) from which it needs them.
    rise
        How much more that is now.
    now, window
        From when, and for how long at most.
    most
        Largest floor that is allowed.
    """
    bounds = []
    times = pd.DatetimeIndex(needed.index)
    for start in (now + number * STEP for number in range(ceil(window / STEP))):
        end = min(start + STEP, now + window)
        first = max(times.searchsorted(start, side="right") - 1, 0)
        inside = needed.iloc[first : times.searchsorted(end)]
        if len(inside):
            level = ceil(float(inside.max()) * _factor(rise, start - now) - 1e-9)
            bounds.append(Bound(start, end, least=min(level, most)))
    return bounds


def _factor(rise: Rise, away: timedelta) -> float:
    left = float(0.5 ** (away / HALF_LIFE)) if rise.fades else 1.0
    return 1 + (rise.factor - 1) * left


def allowed(floors: pd.Series, increase: float, least: int) -> int:
    """Largest floor that a guardrail allows over the plan's own: its highest, and a share more.

    Parameters
    ----------
    floors
        Floors of the last plan of the hours ahead, as it was made: a raise allows no other raise.
    increase
        Share, as ``guardrails.increase``.
    least
        What may stand in any case: the configured minimum.
    """
    highest = max([least, *(int(floor) for floor in floors.dropna())])
    return max(int(highest * (1 + increase)), highest + 1)


def _said(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"
