"""What capacity did over a window: shortage, waste, and what other policies would have done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Self

import numpy as np
import pandas as pd

from foresail.replay.case import Case, Rules
from foresail.replay.fleet import Run
from foresail.replay.measures import measure, oracle
from foresail.replay.play import run_drives
from foresail.replay.policies import Reactive
from foresail.replay.settings import Fleet, Floats

WARM_UP = timedelta(hours=2)  # of a replay before the window: how it began is forgotten by then
ACTUAL, REACTIVE, ORACLE, STATIC = "actual", "reactive alone", "oracle", "static at max"
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a policy had in service, and what it lacked; sums, so that windows add up.

    Parameters
    ----------
    unit_hours
        Units in service times hours.
    short_minutes
        Minutes with utilisation above the SLO.
    unserved
        Demand above the SLO, in busy unit-hours.
    idle
        Unit-hours in service beyond what the oracle had: the waste.
    """

    unit_hours: float
    short_minutes: float
    unserved: float
    idle: float

    def __add__(self, other: Usage) -> Usage:
        mine, theirs = asdict(self), asdict(other)
        return Usage(**{name: mine[name] + theirs[name] for name in mine})


@dataclass(frozen=True, slots=True)
class Capacity:
    """How a window went, for what was in service and for other policies on the same demand.

    Parameters
    ----------
    minutes
        With known demand and known units.
    work
        Demand in busy unit-hours: what units at 100 % would have taken.
    peak
        Most units that the oracle had.
    usage
        By policy: actual, reactive alone, oracle, static at max.
    raised
        Minutes from each rise of the planned floor until that many units were in service; None
        where they never came while it held.
    """

    minutes: float
    work: float
    peak: float
    usage: dict[str, Usage]
    raised: tuple[float | None, ...]

    @property
    def utilization(self) -> float:
        """Demand over units in service, at 100 %."""
        hours = self.usage[ACTUAL].unit_hours
        return self.work / hours if hours > 0 else 0.0

    def short_share(self, policy: str = ACTUAL) -> float:
        """Under-capacity time as a share."""
        return self.usage[policy].short_minutes / self.minutes

    def unserved_share(self, policy: str = ACTUAL) -> float:
        """Demand above the SLO over all demand."""
        return self.usage[policy].unserved / self.work if self.work > 0 else 0.0

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "raised": list(self.raised)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        usage = {name: Usage(**one) for name, one in data["usage"].items()}
        return cls(**{**data, "usage": usage, "raised": tuple(data["raised"])})


def score_capacity(
    busy: pd.Series,
    units: pd.Series,
    planned: pd.Series,
    rules: Rules,
    target: float,
    period: timedelta,
) -> Capacity | None:
    """Score what was in service over a window against other policies.

    Parameters
    ----------
    busy
        Demand in units at 100 %, by the start of its period (UTC): the window, and before it what
        the replay of the reactive policy begins with.
    units
        Units in service, by the same times; those of the window count.
    planned
        Planned floor of each period of the window: its index is the window.
    rules
        SLO, bounds, and the boot time of the reactive policy's units.
    target
        Utilisation that the reactive policy tracks.
    period
        Length of a period.

    Returns
    -------
    Capacity or None
        None when demand and units are never both known.
    """
    times = pd.DatetimeIndex(planned.index)
    demand = _on(busy, times)
    in_service = _on(units, times)
    known = np.isfinite(demand) & np.isfinite(in_service)
    if not known.any():
        return None
    demand = np.where(known, demand, np.nan)
    least = oracle(demand, rules.slo, minimum=rules.minimum, maximum=rules.most)
    had = {
        ACTUAL: in_service,
        REACTIVE: reactive_units(busy, times, rules, target, period),
        ORACLE: least,
        STATIC: np.full(len(times), rules.most if np.isfinite(rules.most) else least.max()),
    }
    hours = period / timedelta(hours=1)
    return Capacity(
        minutes=float(known.sum()) * (period / MINUTE),
        work=float(np.nansum(demand)) * hours,
        peak=float(least[known].max()),
        usage={name: _usage(demand, one, least, hours, rules.slo) for name, one in had.items()},
        raised=rises(planned.to_numpy(dtype=np.float64), in_service, period),
    )


def _on(values: pd.Series, times: pd.DatetimeIndex) -> Floats:
    found: Floats = values.reindex(times).to_numpy(dtype=np.float64)
    return found


def _usage(demand: Floats, units: Floats, least: Floats, hours: float, slo: float) -> Usage:
    """Measure one policy where demand and units are known."""
    known = np.isfinite(demand)
    came, had, need = (one[known][:, None] for one in (demand, units, least))
    none = np.zeros_like(came)
    row = measure(Run(came, had, none, had, none, none), came, hours, slo).iloc[0]
    return Usage(
        unit_hours=float(row["unit_hours"]),
        short_minutes=float(row["under_capacity"]) * len(came) * hours * 60,
        unserved=float(row["unserved"]) * float(came.sum()) * hours,
        idle=float(np.maximum(had - need, 0.0).sum()) * hours,
    )


def reactive_units(
    busy: pd.Series, times: pd.DatetimeIndex, rules: Rules, target: float, period: timedelta
) -> Floats:
    """Replay target tracking alone over some periods, on the demand that came.

    The play begins two hours earlier, with the units that the demand just before then asks for.
    """
    step = pd.Timedelta(period)
    grid = pd.date_range(times[0] - (WARM_UP // period + 1) * step, times[-1], freq=step)
    case = Case("", grid, _on(busy, grid), 1.0, 1, step, rules)
    [drive] = Reactive((target,)).drives(case)
    run = run_drives(case, [drive], Fleet())
    in_service: Floats = run.in_service[-len(times) :, 0]
    return in_service


def rises(planned: Floats, units: Floats, period: timedelta) -> tuple[float | None, ...]:
    """Time each rise of a floor that units had yet to follow, in minutes, to the whole period.

    Parameters
    ----------
    planned, units
        Floor and units in service of each period; units may be NaN.
    """
    found: list[float | None] = []
    for at in range(1, len(planned)):
        floor = planned[at]
        if floor <= planned[at - 1] or not units[at - 1] < floor:
            continue
        held = np.argmax(np.r_[planned[at:] < floor, True])
        there = np.flatnonzero(units[at : at + held] >= floor)
        found.append(float(there[0] * (period / MINUTE)) if len(there) else None)
    return tuple(found)
