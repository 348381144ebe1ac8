"""Size of a load balancer's capacity reservation (LCU), by cost against risk."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from foresail.provisioning.newsvendor import best_stock, spread
from foresail.provisioning.warm_pool import CENT, quantiles_of


@dataclass(frozen=True, slots=True)
class Reservation:
    """Capacity units of a load balancer to reserve for a window.

    Parameters
    ----------
    size
        LCUs; 0 where none are worth it.
    critical_ratio
        Share of the window in which they should be enough.
    cost, saves
        For the whole window, in dollars.
    """

    size: int
    critical_ratio: float
    cost: Decimal
    saves: Decimal


def lcu_reservation(
    lcus: pd.DataFrame,
    hours: float,
    *,
    price: Decimal,
    shortage_price: Decimal,
    step: int = 1,
) -> Reservation:
    """Size one reservation that holds over a window.

    One level for all of it: AWS takes only two decreases a day, and bills until the reset. What
    a reservation would replace of the ordinary LCU charge is not counted as saved.

    Parameters
    ----------
    lcus
        timestamp and quantile columns: LCUs that are needed (`PeakLCUs`, not `ConsumedLCUs`).
    hours
        Length of the window.
    price
        Dollars of one reserved LCU for an hour: from AWS's price list for your Region; none is
        shipped.
    shortage_price
        Dollars that an LCU that lacks costs in an hour.
    step
        Reserve in multiples of this.

    Raises
    ------
    InputError
        No quantiles, or a price that is not above zero.
    """
    levels, values = quantiles_of(lcus)
    stock = best_stock(spread(levels, values).ravel(), float(price), float(shortage_price), step)
    return Reservation(
        size=int(stock.size),
        critical_ratio=stock.critical_ratio,
        cost=Decimal(str(stock.holding * hours)).quantize(CENT),
        saves=Decimal(str(stock.avoided * hours)).quantize(CENT),
    )
