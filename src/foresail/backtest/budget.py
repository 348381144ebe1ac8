"""One budget for a whole fleet, divided so that each unit-hour goes where it helps most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from foresail.errors import InputError
from foresail.replay.risk import Record, cautious_late
from foresail.replay.settings import Floats

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Ladder:
    """Settings of one series worth paying for: rising in cost, each step worth less than the last.

    Parameters
    ----------
    cost
        Unit-hours a day.
    late
        Share of time under capacity, with caution.
    """

    cost: Floats
    late: Floats

    @classmethod
    def of(cls, record: Record) -> Ladder:
        """Lower convex hull of cost and time under capacity, down to the least of it."""
        late, cost = cautious_late(record), record.weights @ record.unit_hours
        hull: list[int] = []
        for at in np.lexsort((late, cost)):
            if hull and late[at] >= late[hull[-1]]:
                continue
            while len(hull) > 1 and _bends_up(cost, late, hull[-2], hull[-1], int(at)):
                hull.pop()
            hull.append(int(at))
        return cls(cost[hull], late[hull])

    def steps(self) -> list[tuple[float, float]]:
        """Time under capacity saved per unit-hour, and unit-hours, of each step up."""
        more = np.diff(self.cost)
        worth = -np.diff(self.late) / np.maximum(more, _ROUNDING)
        return list(zip(worth.tolist(), more.tolist(), strict=True))


def _bends_up(cost: Floats, late: Floats, first: int, middle: int, last: int) -> bool:
    """Tell whether the middle of three lies on or above the line between the others."""
    whole = (late[last] - late[first]) * (cost[middle] - cost[first])
    part = (late[middle] - late[first]) * (cost[last] - cost[first])
    return bool(part >= whole)


def divided(records: Mapping[str, Record], unit_hours_a_day: float) -> dict[str, float]:
    """Divide a budget: the step with most time saved per unit-hour first, while any fits.

    As each series' steps are worth less and less, the greedy choice is at most one step from the
    best (the fractional knapsack, cut to whole steps).

    Parameters
    ----------
    records
        What each setting did on the past days, by series.
    unit_hours_a_day
        For all series together.

    Raises
    ------
    InputError
        When even the cheapest settings cost more.
    """
    ladders = {name: Ladder.of(record) for name, record in records.items()}
    given = {name: float(ladder.cost[0]) for name, ladder in ladders.items()}
    left = unit_hours_a_day - sum(given.values())
    if left < 0:
        raise InputError(
            f"a budget of {unit_hours_a_day:g} unit-hours a day is less than the fleet's cheapest "
            "settings cost",
            cure=f"give at least {sum(given.values()):.1f}, or leave series out",
        )
    steps = [
        (-worth, name, more) for name, ladder in ladders.items() for worth, more in ladder.steps()
    ]
    full: set[str] = set()
    for _, name, more in sorted(steps):
        if name in full or more > left:
            full.add(name)  # its next steps stand on this one
            continue
        given[name] += more
        left -= more
    return {name: amount * (1 + _ROUNDING) for name, amount in given.items()}
