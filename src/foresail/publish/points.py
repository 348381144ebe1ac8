"""Which points of a stored forecast CloudWatch may have now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from foresail.publish.names import AGE, DEMAND, FLOOR, NEEDED, TRUST, of_quantile, of_tier
from foresail.store.forecasts import StoredForecast
from foresail.store.published import Dimensions, Point

# AWS takes two hours ahead; a minute is left for clocks that differ. It would take two weeks back,
# but what is more than a day old takes two days to appear.
AHEAD = timedelta(hours=2) - timedelta(minutes=1)
BACK = timedelta(days=1)


def due_points(forecast: StoredForecast, now: datetime) -> list[Point]:
    """Points of a forecast whose time has come, oldest first, and what it is worth now.

    The last day of a forecast that lies behind is published as well: it was made before its time.

    Parameters
    ----------
    forecast
        Latest forecast and plan of a tier.
    now
        Aware time.

    Returns
    -------
    list of Point
        Quantiles of demand in the metric's own unit, planned floor and needed units, for periods
        that start up to two hours ahead; trust and age of the forecast, at this minute.
    """
    frame = forecast.frame
    times = frame["timestamp"]
    due = frame[(times > pd.Timestamp(now - BACK)) & (times <= pd.Timestamp(now + AHEAD))]
    points = [*_demand(forecast, due), *_units(forecast, due), *_worth(forecast, now)]
    return sorted(points, key=lambda point: (point.time, point.key))


def _demand(forecast: StoredForecast, due: pd.DataFrame) -> Iterator[Point]:
    service, tier = forecast.facts.service, forecast.facts.tier
    for column in (name for name in due.columns if name.startswith("q")):
        for signal, rows in due.groupby("signal", sort=False):
            named = of_quantile(service, tier, str(signal), column[1:])
            yield from _series(DEMAND, named, rows, column)


def _units(forecast: StoredForecast, due: pd.DataFrame) -> Iterator[Point]:
    named = of_tier(forecast.facts.service, forecast.facts.tier)
    once = due.drop_duplicates("timestamp")
    yield from _series(FLOOR, named, once, "planned_floor")
    yield from _series(NEEDED, named, once, "needed_units")


def _series(metric: str, named: Dimensions, rows: pd.DataFrame, column: str) -> Iterator[Point]:
    for time, value in zip(rows["timestamp"], rows[column], strict=True):
        if np.isfinite(value):  # CloudWatch takes neither NaN nor infinity
            yield Point(metric, named, time.to_pydatetime(), float(value))


def _worth(forecast: StoredForecast, now: datetime) -> Iterator[Point]:
    """Trust and age now: where these stop, nothing is published any more."""
    facts = forecast.facts
    named = of_tier(facts.service, facts.tier)
    minute = now.replace(second=0, microsecond=0)
    age = (now - facts.made) / timedelta(hours=1)
    yield Point(AGE, named, minute, max(age, 0.0))
    if np.isfinite(facts.confidence):
        yield Point(TRUST, named, minute, facts.confidence)
