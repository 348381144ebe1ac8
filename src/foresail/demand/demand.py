"""From measured metrics to demand: rates, utilisation times units, and what was hidden."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from foresail.errors import InputError

SATURATED = 0.9  # utilisation above which a fleet at its maximum hides demand
_COUNTS = ("Sum", "SampleCount")


def demand_frame(
    metric: pd.DataFrame,
    *,
    stat: str,
    period: timedelta,
    missing: str = "gap",
    scale_by: pd.DataFrame | None = None,
    capacity: pd.DataFrame | None = None,
    at_max: float | None = None,
    utilization: pd.DataFrame | None = None,
    throttled: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Turn one metric into demand.

    Parameters
    ----------
    metric
        series, timestamp (UTC), value of one series.
    stat
        Its statistic; sums and counts become rates per second.
    period
        Length of a period.
    missing
        ``zero``: a period without data had no demand, from the first observation to the last;
        ``gap``: it is unknown and stays absent.
    scale_by
        timestamp, value: units in service. The metric is then a utilisation, and demand is
        utilisation times units; where either is missing, demand is missing.
    capacity
        timestamp, value: units in service, to tell when the fleet was at its maximum.
    at_max
        Maximum size of the fleet, in units.
    utilization
        timestamp, value: how busy the fleet was, as a share (0.9 is 90 %).
    throttled
        timestamp, value: requests refused; above zero, demand was hidden.

    Returns
    -------
    DataFrame
        series, timestamp, value, censored. Censored periods are a lower bound of the demand: the
        fleet was at its maximum and over 90 % busy, or throttled.

    Raises
    ------
    InputError
        A value is negative, NaN or infinite; names the series and the time.
    """
    _check(metric)
    frame = metric[["series", "timestamp", "value"]]
    if stat in _COUNTS:
        frame = frame.assign(value=frame["value"] / period.total_seconds())
    if missing == "zero":
        frame = _fill_zero(frame, period)
    if scale_by is not None:
        units = _at(frame, scale_by)
        frame = frame.assign(value=frame["value"] * units)[np.isfinite(units)]
    hidden = _at_maximum(frame, capacity, at_max, utilization) | (_at(frame, throttled) > 0)
    return frame.assign(censored=hidden).reset_index(drop=True)


def _check(metric: pd.DataFrame) -> None:
    values = metric["value"].to_numpy(dtype=float)
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        row = metric[bad].iloc[0]
        raise InputError(
            f"series {row['series']!r} at {row['timestamp']}: {row['value']} is no demand",
            cure="demand is zero or more; check the metric and its statistic",
        )


def _fill_zero(frame: pd.DataFrame, period: timedelta) -> pd.DataFrame:
    if frame.empty:
        return frame
    times = frame["timestamp"]
    every = pd.date_range(times.min(), times.max(), freq=pd.Timedelta(period), name="timestamp")
    filled = frame.set_index("timestamp")["value"].reindex(every, fill_value=0.0).reset_index()
    filled.insert(0, "series", frame["series"].iloc[0])
    return filled


def _at(frame: pd.DataFrame, other: pd.DataFrame | None) -> np.ndarray:
    """Value of another series at each timestamp of a frame; NaN where it has none."""
    if other is None:
        return np.full(len(frame), np.nan)
    values = other.drop_duplicates("timestamp", keep="last").set_index("timestamp")["value"]
    return values.reindex(pd.DatetimeIndex(frame["timestamp"])).to_numpy(dtype=float)


def _at_maximum(
    frame: pd.DataFrame,
    capacity: pd.DataFrame | None,
    at_max: float | None,
    utilization: pd.DataFrame | None,
) -> np.ndarray:
    full = _at(frame, capacity) >= (np.inf if at_max is None else at_max)
    return full & (_at(frame, utilization) > SATURATED)
