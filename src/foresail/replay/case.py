"""One series to replay: its demand in units, and what was known of it at each origin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.history.frame import check_history, infer_period
from foresail.replay.foreseen import Foreseen
from foresail.replay.place import UTC, Place
from foresail.replay.settings import Floats, steps_of
from foresail.units import format_duration

PEAK_QUANTILE, PEAK_UNITS = 0.995, 20.0  # the scale when no unit capacity is given
LONGEST_STEP = timedelta(hours=1)
PLANNING = timedelta(minutes=2)  # AWS refuses a start in the past: a plan holds from then on


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for a service, whatever the policy.

    Parameters
    ----------
    slo
        Utilisation that should not be exceeded.
    boot
        From launch to in service.
    minimum, maximum
        Bounds of the group, in units.
    warmup
        History before the first scored step.
    replan
        Time between two plans.
    place
        Time zone and calendar of the service.
    """

    slo: float = 0.8
    boot: timedelta = timedelta(minutes=10)
    minimum: int = 1
    maximum: int | None = None
    warmup: timedelta = timedelta(days=8)
    replan: timedelta = timedelta(hours=6)
    place: Place = UTC

    @property
    def most(self) -> float:
        """Upper bound of capacity; infinite when there is none."""
        return np.inf if self.maximum is None else float(self.maximum)


@dataclass(frozen=True)
class Case:
    """A series on its grid.

    Parameters
    ----------
    series
        Its name.
    times
        UTC starts of the periods.
    demand
        Units that would be busy at 100 %; NaN where not measured.
    scale
        Demand that one unit serves at 100 %, in the unit of the series.
    start
        First scored step; what comes before is history.
    period
        Length of a step.
    rules
        Of the service.
    foreseen
        Forecasts made so far.
    """

    series: str
    times: pd.DatetimeIndex
    demand: Floats
    scale: float
    start: int
    period: pd.Timedelta
    rules: Rules
    foreseen: Foreseen = field(default_factory=Foreseen, repr=False, compare=False)

    @property
    def scored(self) -> Floats:
        """Demand of the scored steps."""
        return self.demand[self.start :]

    @property
    def history(self) -> Floats:
        """Demand before the scored steps."""
        return self.demand[: self.start]

    @property
    def origins(self) -> list[int]:
        """Steps at which plans are made: the first scored one, then every `rules.replan`."""
        every = steps_of(self.rules.replan, self.period)
        return list(range(self.start, len(self.demand), every))

    def known(self, origin: int) -> pd.Series:
        """Demand measured before the step `origin`, gaps left out."""
        known = pd.Series(self.demand[:origin], index=self.times[:origin], name=self.series)
        return known.dropna()

    def foresee(
        self, steps: Sequence[int], horizon: timedelta, levels: Sequence[float], place: Place
    ) -> Floats:
        """Forecast at some steps what was unknown there; shape (steps, periods ahead, levels)."""
        origins = [self.times[step] for step in steps]
        known, ahead = self.known(len(self.demand)), pd.Timedelta(horizon)
        return self.foreseen.paths(known, origins, ahead, levels, self.period, place)


def cases(
    demand: pd.DataFrame, rules: Rules, unit_capacity: float | Mapping[str, float] | None = None
) -> Iterator[Case]:
    """Lay each series of a tidy frame on its grid, in units.

    Raises
    ------
    InputError
        When a series is too short, zero throughout, or a rule cannot be; says which and the cure.
    """
    _check_rules(rules)
    checked = check_history(demand, minimum=None, name="demand")
    period = pd.Timedelta(infer_period(checked, "demand"))
    if period > LONGEST_STEP:
        raise InputError(
            f"demand comes every {format_duration(period)}: too coarse to replay scaling",
            cure="pass demand by the hour or finer, best by 5 minutes",
        )
    for name, rows in checked.groupby("series", sort=False):
        yield _case(str(name), rows, period, rules, unit_capacity)


def _case(
    name: str,
    rows: pd.DataFrame,
    period: pd.Timedelta,
    rules: Rules,
    unit_capacity: float | Mapping[str, float] | None,
) -> Case:
    known = rows.set_index("timestamp")["value"]
    times = pd.date_range(known.index[0], known.index[-1], freq=period)
    start = steps_of(rules.warmup, period)
    if len(times) <= start:
        raise InputError(
            f"series {name!r} has {format_duration(times[-1] + period - times[0])} of demand, no "
            f"more than the {format_duration(rules.warmup)} of history that a replay starts from",
            cure="pass a longer series, or fewer warmup_days",
        )
    values = known.reindex(times).to_numpy(dtype=np.float64)
    if not np.nansum(values[start:]) > 0:
        raise InputError(
            f"series {name!r} has no demand after the first {format_duration(rules.warmup)}",
            cure="leave it out: without demand no capacity is needed",
        )
    scale = _scale(name, values, unit_capacity)
    return Case(name, times, values / scale, scale, start, period, rules)


def _scale(name: str, values: Floats, given: float | Mapping[str, float] | None) -> float:
    """Demand per unit; when not given, the 99.5th percentile of demand keeps 20 units busy."""
    if given is None:
        peak = float(np.nanquantile(values, PEAK_QUANTILE))
        return (peak if peak > 0 else float(np.nanmax(values))) / PEAK_UNITS
    if isinstance(given, Mapping) and name not in given:
        raise InputError(f"no unit_capacity for series {name!r}", cure="add it to the mapping")
    scale = float(given[name] if isinstance(given, Mapping) else given)
    if not 0 < scale < np.inf:
        raise InputError(
            f"unit_capacity of series {name!r} is {scale:g}", cure="give a number above zero"
        )
    return scale


def _check_rules(rules: Rules) -> None:
    problems = {
        f"slo is {rules.slo}": not 0 < rules.slo <= 1,
        f"minimum is {rules.minimum}": rules.minimum < 0,
        f"maximum {rules.maximum} is below minimum {rules.minimum}": rules.most < rules.minimum,
        f"boot is {rules.boot}": rules.boot < timedelta(0),
        f"replan is {rules.replan}": rules.replan <= timedelta(0),
        f"warmup is {rules.warmup}": rules.warmup < timedelta(days=2),
    }
    for problem, there in problems.items():
        if there:
            raise InputError(
                problem,
                cure="slo in (0, 1], 0 <= minimum <= maximum, warmup_days from 2, times > 0",
            )
