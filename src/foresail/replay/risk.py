"""Risk as a choice: which setting of a policy to run, judged on what is past only.

Settings were simulated side by side; each day of the past is one observation of how much time was
under capacity and what it cost. Days count less the older they are, so that a service that
changes is judged by its recent days; what is uncertain is shown by resampling whole days (block
bootstrap: Künsch, 1989).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.replay.settings import Floats

FORGET = 0.93  # weight of a day against the next one
CAUTION = 0.5  # standard errors added to what a setting is expected to miss
RESAMPLES = 400


@dataclass(frozen=True)
class Record:
    """What each setting did on each past day.

    Parameters
    ----------
    late
        Shape (days, settings): share of the day under capacity.
    unserved
        Shape (days, settings): unit-hours of demand above the SLO.
    unit_hours
        Shape (days, settings): in service or launching.
    settings
        The settings, in order.
    """

    late: Floats
    unserved: Floats
    unit_hours: Floats
    settings: tuple[Any, ...]

    @property
    def weights(self) -> Floats:
        """Weight of each day; they sum to one."""
        weight = FORGET ** np.arange(len(self.late))[::-1]
        return np.asarray(weight / weight.sum())

    def until(self, day: int) -> Record:
        """Keep the days before one."""
        return Record(self.late[:day], self.unserved[:day], self.unit_hours[:day], self.settings)


@dataclass(frozen=True)
class Choice:
    """The setting chosen, what it is expected to do, and whether the wish can be met.

    ``late`` is the cautious expectation that was compared with the limit.
    """

    index: int
    setting: Any
    late: float
    unit_hours: float
    met: bool
    why: str


def cautious_late(record: Record) -> Floats:
    """Weighted share of time under capacity, plus `CAUTION` standard errors; shape (settings,)."""
    weight = record.weights
    mean = weight @ record.late
    effective = 1 / (weight**2).sum()
    variance = weight @ (record.late - mean) ** 2 * effective / max(effective - 1, 1.0)
    return np.asarray(mean + CAUTION * np.sqrt(variance / effective))


def for_limit(record: Record, limit: float) -> Choice:
    """Choose the cheapest setting that stays within a share of time under capacity.

    When none does, the one that comes nearest, and by how much it misses.

    Raises
    ------
    InputError
        When the limit is no share, or there is no past day.
    """
    if not 0 < limit < 1:
        raise InputError(f"limit is {limit:g}", cure="give a share of time, like 0.01")
    _check(record)
    late, cost = cautious_late(record), record.weights @ record.unit_hours
    inside = late <= limit
    if not inside.any():
        best = int(np.lexsort((cost, late))[0])
        why = f"no setting stays within {limit:.2%}; the best comes to {late[best]:.2%}"
        return _choice(record, best, late, cost, False, why)
    best = int(np.argmin(np.where(inside, cost, np.inf)))
    why = f"cheapest of {int(inside.sum())} settings within {limit:.2%}"
    return _choice(record, best, late, cost, True, why)


def for_prices(record: Record, unit_price: float, shortage_price: float) -> Choice:
    """Choose what costs least when a unit-hour short has a price, too.

    Parameters
    ----------
    unit_price, shortage_price
        Of a unit-hour in service, and of one that was missing.
    """
    if not (unit_price > 0 and shortage_price > 0 and np.isfinite(unit_price + shortage_price)):
        raise InputError(
            f"prices are {unit_price:g} and {shortage_price:g}", cure="give prices above zero"
        )
    _check(record)
    weight = record.weights
    cost = weight @ record.unit_hours
    total = unit_price * cost + shortage_price * (weight @ record.unserved)
    best = int(np.argmin(total))
    why = f"least of units at {unit_price:g} and shortage at {shortage_price:g} a unit-hour"
    return _choice(record, best, cautious_late(record), cost, True, why)


def for_budget(record: Record, unit_hours_a_day: float) -> Choice:
    """Choose what misses least within a budget.

    Raises
    ------
    InputError
        When no setting costs as little.
    """
    _check(record)
    late, cost = cautious_late(record), record.weights @ record.unit_hours
    inside = cost <= unit_hours_a_day
    if not inside.any():
        raise InputError(
            f"a budget of {unit_hours_a_day:g} unit-hours a day is less than any setting costs",
            cure=f"the cheapest one needs {cost.min():.1f}",
        )
    order = np.lexsort((cost, np.where(inside, late, np.inf)))
    best = int(order[0])
    why = f"least under-capacity time of {int(inside.sum())} settings within the budget"
    return _choice(record, best, late, cost, True, why)


def frontier_of(record: Record, seed: int = 0) -> pd.DataFrame:
    """List the settings that no other beats in both cost and risk, with intervals.

    Returns
    -------
    DataFrame
        setting, late, late_low, late_high, unit_hours, unit_hours_low, unit_hours_high: per day,
        weighted; the intervals hold 90 % of resampled days. Rising in cost.
    """
    _check(record)
    weight = record.weights
    late, cost = weight @ record.late, weight @ record.unit_hours
    order = np.lexsort((late, cost))
    best = np.minimum.accumulate(late[order])
    keep = order[np.r_[True, late[order][1:] < best[:-1]]]
    days = np.random.default_rng(seed).choice(len(weight), (RESAMPLES, len(weight)), p=weight)
    rows: dict[str, Any] = {"setting": [record.settings[one] for one in keep]}
    for name, values in (("late", record.late), ("unit_hours", record.unit_hours)):
        drawn = values[:, keep][days].mean(axis=1)
        low, high = np.quantile(drawn, (0.05, 0.95), axis=0)
        rows |= {name: weight @ values[:, keep], f"{name}_low": low, f"{name}_high": high}
    return pd.DataFrame(rows)


def _check(record: Record) -> None:
    if not len(record.late) or not len(record.settings):
        raise InputError("there is no past day to choose on", cure="replay at least one day")


def _choice(record: Record, best: int, late: Floats, cost: Floats, met: bool, why: str) -> Choice:
    setting = record.settings[best]
    return Choice(best, setting, float(late[best]), float(cost[best]), met, why)
