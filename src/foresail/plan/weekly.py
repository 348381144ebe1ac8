"""A week's need folded into days that are alike, covered by actions that recur."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.errors import InputError
from foresail.plan.segments import fewest_waste

DAY, WEEK = 1440, 10080  # minutes
SPAN = timedelta(days=7)
TOLERANCE = 0.02  # of cost that fewer actions may cost
BUDGETS = (1.0, 0.7, 0.5, 0.35, 0.25, 0.15)  # shares of the actions there may be
_TRIES = 12  # halvings of the price of an action until no more than fit are left
GROUPINGS: tuple[tuple[tuple[int, ...], ...], ...] = (
    ((0, 1, 2, 3, 4, 5, 6),),
    ((0, 1, 2, 3, 4), (5, 6)),
    ((0, 1, 2, 3, 4), (5,), (6,)),
    tuple((day,) for day in range(7)),
)
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recurring:
    """A floor from a minute of the day (UTC) on, on some days; Monday is 0."""

    days: tuple[int, ...]
    minute: int
    capacity: int

    @property
    def minutes(self) -> tuple[int, ...]:
        """Minutes of the week at which it acts."""
        return tuple(day * DAY + self.minute for day in self.days)


@dataclass(frozen=True, slots=True)
class Week:
    """Recurring floors, rising in time within each group of days, and what they hold."""

    actions: tuple[Recurring, ...]

    def curve(self) -> Ints:
        """Floor in force at each minute of a week from Monday 00:00 UTC, shape (10080,)."""
        points = sorted((at, one.capacity) for one in self.actions for at in one.minutes)
        starts = np.array([at for at, _ in points])
        levels = np.array([level for _, level in points], dtype=np.int64)
        # Before its first action a week goes on as the one before has ended.
        return levels[np.searchsorted(starts, np.arange(WEEK), side="right") - 1]

    def at(self, when: datetime) -> int:
        """Floor in force at an aware time."""
        return int(self.curve()[minute_of_week(when)])

    @property
    def unit_hours(self) -> float:
        """Unit-hours of one week."""
        return float(self.curve().sum() / 60)

    def steps(self, start: datetime, end: datetime) -> pd.DataFrame:
        """Give these floors from an aware time to another as steps: start (UTC), capacity."""
        minutes = pd.date_range(pd.Timestamp(start).ceil("min"), end, freq="min", inclusive="left")
        levels = np.resize(np.roll(self.curve(), -minute_of_week(minutes[0])), len(minutes))
        first = np.r_[True, levels[1:] != levels[:-1]]
        return pd.DataFrame({"start": minutes[first], "capacity": levels[first]})


def minute_of_week(when: datetime) -> int:
    """Minutes since Monday 00:00 UTC of an aware time."""
    utc = pd.Timestamp(when).tz_convert("UTC")
    return int(utc.weekday() * DAY + utc.hour * 60 + utc.minute)


def folded(needed: pd.DataFrame, slack: timedelta) -> Ints:
    """Highest need at each minute of the week, rises early by `slack`.

    Parameters
    ----------
    needed
        Columns start, end (UTC), needed (int) of one series.
    slack
        How late an action may run.

    Returns
    -------
    ndarray
        Shape (10080,), from Monday 00:00 UTC.

    Raises
    ------
    InputError
        When the need does not cover every minute of a week.
    """
    early = pd.DatetimeIndex(needed["start"]) - slack
    origin = early[0].floor("min")
    minute = pd.Timedelta("1min")
    first = np.asarray((early - origin) // minute)
    last = np.asarray((pd.DatetimeIndex(needed["end"]).ceil("min") - origin) // minute)
    week = np.full(WEEK, -1, dtype=np.int64)
    for begin, end, level in zip(first, last, needed["needed"], strict=True):
        at = (minute_of_week(origin) + np.arange(begin, end)) % WEEK
        week[at] = np.maximum(week[at], level)
    if week.min() < 0:
        raise InputError("a weekly schedule needs a forecast of a week", cure="write horizon: 7d")
    return week


def week_plans(
    week: Ints, most_actions: int, *, switch_cost: float = 0.0, min_dwell: timedelta | None = None
) -> list[Week]:
    """Cover a week in several ways: which days are held for alike, and in how many actions.

    Parameters
    ----------
    week
        Shape (10080,): what is needed at each minute of the week.
    most_actions
        Most recurring actions; ways that need more are left out.
    switch_cost
        Cost of each time that an action acts, in unit-hours.
    min_dwell
        Shortest length of a step within a day.
    """
    days = week.reshape(7, DAY)
    dwell = (min_dwell or timedelta(0)) / timedelta(minutes=1)
    budgets = sorted({max(int(most_actions * share), 1) for share in BUDGETS})
    found = (
        _cheapest(days, grouping, budget, switch_cost * 60, dwell)
        for grouping in GROUPINGS
        for budget in budgets
    )
    return [plan for plan in found if plan is not None]


def fewest_actions(plans: Sequence[Week], most_hours: float) -> Week | None:
    """Week of fewest actions among those of at most so many unit-hours."""
    return min(
        (plan for plan in plans if plan.unit_hours <= most_hours),
        key=lambda plan: (len(plan.actions), plan.unit_hours),
        default=None,
    )


def _cheapest(
    days: Ints,
    grouping: Sequence[tuple[int, ...]],
    most_actions: int,
    switch_cost: float,
    dwell: float,
) -> Week | None:
    """Raise the price of an action until no more are left than may be."""
    price, low = switch_cost, switch_cost
    plan = _covered(days, grouping, price, dwell)
    if len(plan.actions) <= most_actions:
        return plan
    high = float(days.max()) * DAY + 1.0  # at which no step within a day pays
    best = None
    for _ in range(_TRIES):
        price = (low + high) / 2
        plan = _covered(days, grouping, price, dwell)
        if len(plan.actions) > most_actions:
            low = price
        else:
            high, best = price, plan
    return best


def _covered(days: Ints, grouping: Sequence[tuple[int, ...]], price: float, dwell: float) -> Week:
    ones = np.ones(DAY)
    curves = {
        group: fewest_waste(days[list(group)].max(axis=0), ones, switch_cost=price, min_dwell=dwell)
        for group in grouping
    }
    return Week(tuple(_actions(curves)))


def _actions(curves: dict[tuple[int, ...], Ints]) -> Iterator[Recurring]:
    """Actions where a day's curve changes, and at midnight where the day before ends otherwise."""
    ends = {day: int(curve[-1]) for group, curve in curves.items() for day in group}
    levels = {int(level) for curve in curves.values() for level in np.unique(curve)}
    for group, curve in curves.items():
        first = np.r_[
            any(ends[(day - 1) % 7] != curve[0] for day in group), curve[1:] != curve[:-1]
        ]
        if len(levels) == 1:  # a floor that never moves is set once a day
            first = np.r_[True, np.zeros(DAY - 1, dtype=bool)]
        yield from (Recurring(group, int(at), int(curve[at])) for at in np.flatnonzero(first))
