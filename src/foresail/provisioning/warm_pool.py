"""Size of a warm pool: what the forecast's tail may ask for above the floor before a boot ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.plan.capacity import quantile_columns
from foresail.provisioning.newsvendor import Array, Stock, best_stock, spread

CENT = Decimal("0.01")
HOURS_IN_MONTH = 730


@dataclass(frozen=True, slots=True)
class WarmPool:
    """A warm pool that is worth its cost.

    Parameters
    ----------
    size
        Units to hold; 0 where none is worth it.
    critical_ratio
        Share of time in which it should be enough.
    cost_month, saves_month
        What holding it costs and the shortage it avoids, in 730 hours.
    lacking
        Expected units that are short at any time in spite of it.
    """

    size: int
    critical_ratio: float
    cost_month: Decimal
    saves_month: Decimal
    lacking: float


def warm_pool(
    units: pd.DataFrame,
    floor: pd.Series,
    boot: timedelta,
    *,
    warm_price: Decimal,
    shortage_price: Decimal,
    most: int | None = None,
) -> WarmPool:
    """Size a warm pool by cost against risk.

    A unit from the pool serves while a cold one still boots, so what counts is the most that may
    be needed above the floor within one boot time of any moment.

    Parameters
    ----------
    units
        timestamp (UTC, start of the period) and quantile columns (``q0.5`` ...): units needed at
        the utilisation that is planned for.
    floor
        Planned units in service, by timestamp like `units`.
    boot
        Time from request to service without a pool.
    warm_price
        Dollars that a unit held ready costs in an hour: stopped, its volumes and addresses only.
    shortage_price
        Dollars that a unit that lacks costs in an hour.
    most
        Units that may be in service at all: a pool cannot add to more.

    Raises
    ------
    InputError
        No quantiles, a price that is not above zero, or a floor that does not fit the forecast.
    """
    levels, values = quantiles_of(units)
    above = np.clip(_whole(values, most) - _floor(floor, units)[:, None], 0, None)
    above = _within(above, units, boot)
    need = np.ceil(spread(levels, above) - 1e-9).ravel()
    stock = best_stock(need, float(warm_price), float(shortage_price))
    return _priced(stock)


def _priced(stock: Stock) -> WarmPool:
    def month(an_hour: float) -> Decimal:
        return Decimal(str(an_hour * HOURS_IN_MONTH)).quantize(CENT)

    return WarmPool(
        size=int(stock.size),
        critical_ratio=stock.critical_ratio,
        cost_month=month(stock.holding),
        saves_month=month(stock.avoided),
        lacking=stock.lacking,
    )


def quantiles_of(units: pd.DataFrame) -> tuple[Array, Array]:
    """Read levels and values of a forecast frame; no value falls along a row.

    Raises
    ------
    InputError
        When it has no rows or no quantile columns.
    """
    columns: Mapping[float, str] = quantile_columns(units)
    if units.empty or not columns:
        raise InputError("no quantiles to size from", cure="pass what foresail.forecast returns")
    values = units[list(columns.values())].to_numpy(dtype=float)
    return np.array(list(columns)), np.maximum.accumulate(values, axis=1)


def _whole(values: Array, most: int | None) -> Array:
    whole = np.ceil(values - 1e-9)
    return whole if most is None else np.minimum(whole, most)


def _floor(floor: pd.Series, units: pd.DataFrame) -> Array:
    times = pd.DatetimeIndex(units["timestamp"])
    found = floor.reindex(times).to_numpy(dtype=float)
    if np.isnan(found).any():
        raise InputError(
            f"the floor is not known at {times[int(np.isnan(found).argmax())]}",
            cure="give it for each period of the forecast",
        )
    return found


def _within(above: Array, units: pd.DataFrame, boot: timedelta) -> Array:
    """Highest need from each period on until a boot is over."""
    times = pd.DatetimeIndex(units["timestamp"])
    if len(times) < 2:
        return above
    period = (times[1] - times[0]).to_pytimedelta()
    ahead = -(-boot // period)  # periods that a boot touches, beyond its own
    padded = np.concatenate([above, np.repeat(above[-1:], ahead, axis=0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, ahead + 1, axis=0)
    return np.asarray(windows.max(axis=-1))
