"""Stock held against uncertain need: the critical ratio, and what the best stock costs and saves.

The newsvendor model (Arrow, Harris and Marschak, 1951): one more unit is worth holding while the
chance that it is needed, times the cost of its lack, exceeds the cost of holding it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foresail.errors import InputError

Array = NDArray[np.float64]
DRAWS = 200  # points at which each period's distribution is read


@dataclass(frozen=True, slots=True)
class Stock:
    """The best stock.

    Parameters
    ----------
    size
        In units.
    critical_ratio
        Share of time in which it should be enough.
    holding
        Cost of it for an hour.
    avoided
        Expected cost of shortage for an hour that it avoids.
    lacking
        Expected units that are short at any time in spite of it.
    """

    size: float
    critical_ratio: float
    holding: float
    avoided: float
    lacking: float


def best_stock(need: Array, holding_cost: float, shortage_cost: float, step: float = 1.0) -> Stock:
    """Choose the stock that costs least in all.

    Parameters
    ----------
    need
        Equally likely needs, in units, at any time; zero or more.
    holding_cost, shortage_cost
        Of one unit for an hour: held, and lacking. Dollars, or any one currency.
    step
        Stock comes in multiples of this.

    Raises
    ------
    InputError
        When a cost is not above zero, or no need is known.
    """
    _check(need, holding_cost, shortage_cost)
    ratio = max(1 - holding_cost / shortage_cost, 0.0)
    size = 0.0
    if ratio > 0:
        level = float(np.quantile(need, ratio, method="inverted_cdf"))
        size = float(np.ceil(max(level, 0.0) / step - 1e-9) * step)
        if _cost(need, size - step, holding_cost, shortage_cost) <= _cost(
            need, size, holding_cost, shortage_cost
        ):  # a whole step may hold more than is worth it
            size = max(size - step, 0.0)
    lacking = float(np.clip(need - size, 0, None).mean())
    avoided = float(np.clip(need, 0, None).mean()) - lacking
    return Stock(size, ratio, holding_cost * size, shortage_cost * avoided, lacking)


def spread(levels: Array, values: Array) -> Array:
    """Turn quantiles of each period into equally likely values.

    Parameters
    ----------
    levels
        Rising, between 0 and 1.
    values
        One row a period, one column a level; not falling along a row.

    Returns
    -------
    array
        200 values for each period, one row a period. Between two quantiles linear; outside them
        the nearest one stands: nothing is claimed about what no quantile tells.
    """
    points = (np.arange(DRAWS) + 0.5) / DRAWS
    return np.array([np.interp(points, levels, row) for row in values])


def _cost(need: Array, size: float, holding_cost: float, shortage_cost: float) -> float:
    if size < 0:
        return float("inf")
    return holding_cost * size + shortage_cost * float(np.clip(need - size, 0, None).mean())


def _check(need: Array, holding_cost: float, shortage_cost: float) -> None:
    if not need.size:
        raise InputError("no need is known", cure="forecast at least one period")
    for name, cost in (("holding", holding_cost), ("shortage", shortage_cost)):
        if not 0 < cost < float("inf"):
            raise InputError(
                f"the {name} cost {cost:g} is not above zero", cure="give the cost of a unit-hour"
            )
