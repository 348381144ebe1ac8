"""From measured metrics to demand: rates, utilisation times units, and what was hidden."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from foresail.demand.gaps import Missing, fill_missing
from foresail.errors import InputError

SATURATED = 0.9  # utilisation above which a fleet at its maximum hides demand
_COUNTS = ("Sum", "SampleCount")


def demand_frame(
    metric: pd.DataFrame,
    *,
    stat: str,
    period: timedelta,
    missing: Missing = "gap",
    scale_by: pd.DataFrame | None = None,
    capacity: pd.DataFrame | None = None,
    at_max: pd.DataFrame | float | None = None,
    utilization: pd.DataFrame | None = None,
    throttled: pd.DataFrame | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> pd.DataFrame:
    """Turn one metric into demand: the work that arrived, whatever the capacity of the day.

    Parameters
    ----------
    metric
        series, timestamp (UTC, start of the period), value of one series, sorted.
    stat
        Its statistic. ``Sum`` and ``SampleCount`` are per period, and become per second, so that
        demand means the same at every period; others keep their unit.
    period
        Length of a period.
    missing
        ``zero``: a period without data had no demand, from the first observation on (see
        `fill_missing`); ``gap``: it is unknown and stays absent.
    scale_by
        timestamp, value: units in service. The metric is then a utilisation, and demand is
        utilisation times units, in the metric's unit: 60 (%) on 10 units is 600, and a unit
        serves 100. Where either is missing, demand is missing: never utilisation alone, for that
        falls when capacity rises.
    capacity
        timestamp, value: units in service, to tell when the fleet was at its maximum.
    at_max
        Maximum size of the fleet, in units; or timestamp, value: its maximum at each time.
    utilization
        timestamp, value: how busy the fleet was, as a share of one (0.9 is 90 %).
    throttled
        timestamp, value: requests refused; above zero, demand was hidden.
    start, end
        Keep only ``[start, end)``; with ``missing="zero"``, silence counts up to `end`.

    Returns
    -------
    DataFrame
        series, timestamp, value, censored. Censored periods are a lower bound of the demand: the
        fleet was at its maximum and over 90 % busy, or throttled. Unknown is not censored.

    Raises
    ------
    InputError
        A value is negative, NaN or infinite, a timestamp is doubled or off the grid, or there is
        more than one series; names the series and the time.
    """
    _check(metric)
    known = metric[["series", "timestamp", "value"]].reset_index(drop=True)
    frame = fill_missing(known, missing, period, start, end)
    if stat in _COUNTS:
        frame = frame.assign(value=frame["value"] / period.total_seconds())
    if scale_by is not None:
        frame = _scale(frame, scale_by)
    hidden = hidden_periods(frame, capacity, at_max, utilization, throttled)
    return frame.assign(censored=hidden).reset_index(drop=True)


def hidden_periods(
    frame: pd.DataFrame,
    capacity: pd.DataFrame | None,
    at_max: pd.DataFrame | float | None,
    utilization: pd.DataFrame | None,
    throttled: pd.DataFrame | None,
) -> np.ndarray:
    """Tell which periods of a frame hid demand, from the same frames that `demand_frame` takes."""
    return _at_maximum(frame, capacity, at_max, utilization) | (_at(frame, throttled) > 0)


def _check(metric: pd.DataFrame) -> None:
    if metric["series"].nunique() > 1:
        raise InputError(
            f"{metric['series'].nunique()} series where one is expected: "
            f"{', '.join(map(repr, metric['series'].unique()[:3]))}",
            cure="make demand of one metric at a time",
        )
    if metric["timestamp"].dt.tz is None:
        raise InputError(
            f"series {metric['series'].iloc[0]!r}: timestamps have no time zone",
            cure="make them UTC: frame['timestamp'].dt.tz_localize('UTC')",
        )
    _check_values(metric, "is no demand", cure="demand is a finite number, zero or more")


def _check_values(frame: pd.DataFrame, what: str, cure: str) -> None:
    values = frame["value"].to_numpy(dtype=float)
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        row = frame[bad].iloc[0]
        raise InputError(
            f"series {row['series']!r} at {row['timestamp']}: {row['value']} {what}",
            cure=f"{cure}; check the metric and its statistic",
        )


def _scale(frame: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    named = units.assign(series=units.get("series", "units in service"))
    _check_values(named, "is no number of units", cure="units are a finite number, zero or more")
    scaled = frame.assign(value=frame["value"] * _at(frame, units))
    return scaled.dropna(subset="value")


def _at(frame: pd.DataFrame, other: pd.DataFrame | None) -> np.ndarray:
    """Value of another series at each timestamp of a frame; NaN where it has none."""
    if other is None:
        return np.full(len(frame), np.nan)
    values = other.drop_duplicates("timestamp", keep="last").set_index("timestamp")["value"]
    return values.reindex(pd.DatetimeIndex(frame["timestamp"])).to_numpy(dtype=float)


def _at_maximum(
    frame: pd.DataFrame,
    capacity: pd.DataFrame | None,
    at_max: pd.DataFrame | float | None,
    utilization: pd.DataFrame | None,
) -> np.ndarray:
    if at_max is None:
        return np.zeros(len(frame), dtype=bool)
    most = _at(frame, at_max) if isinstance(at_max, pd.DataFrame) else at_max
    return (_at(frame, capacity) >= most) & (_at(frame, utilization) > SATURATED)
