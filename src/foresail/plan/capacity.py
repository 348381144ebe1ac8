"""From forecast quantiles to a capacity plan: what is needed, when, in how many steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TypedDict

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.plan.cover import capacity_steps
from foresail.units import parse_duration

DEFAULT_QUANTILE = 0.9
_ROUNDING = 1e-9  # a need of 3.0000000001 units is float noise, not a fourth unit


class _Policy(TypedDict):
    unit_capacity: float | Mapping[str, float]
    utilization: float
    minimum: int
    maximum: int | None
    lead: timedelta
    quantile: float | None


def capacity_plan(
    forecast: pd.DataFrame,
    unit_capacity: float | Mapping[str, float],
    utilization: float = 0.7,
    minimum: int = 1,
    maximum: int | None = None,
    lead: str | timedelta = "10min",
    max_steps: int | None = None,
    quantile: float | None = None,
    shortage_cost: float | None = None,
    unit_cost: float | None = None,
    *,
    switch_cost: float = 0.0,
    min_dwell: str | timedelta = "0s",
) -> pd.DataFrame:
    """Plan capacity steps that cover a forecast quantile, ready ahead of the demand.

    Parameters
    ----------
    forecast
        Columns series, timestamp (tz-aware, start of the period) and one per quantile: q0.5, ...
    unit_capacity
        Demand that one unit serves at 100 %, in the forecast's unit; one for all, or per series.
    utilization
        Share of a unit's capacity to plan for, in (0, 1].
    minimum, maximum
        Bounds of the capacity, in units; no upper bound when None.
    lead
        How long before the demand the units must be requested: boot time and warm-up.
    max_steps
        Most steps per series; chosen so that the fewest unit-hours are wasted.
    quantile
        Quantile to cover; between two columns it is interpolated linearly. When None: from the
        costs if both are given, else 0.9 if forecast, else the highest column.
    shortage_cost, unit_cost
        Cost of one unit-hour too few, and of one unit-hour: the critical ratio
        ``shortage / (shortage + unit)`` is the quantile (the newsvendor problem), kept inside the
        forecast's outermost quantiles.
    switch_cost
        Cost of each step, in unit-hours; in money when `unit_cost` is given. A step that saves
        less is not made.
    min_dwell
        Shortest time from one step to the next, and from the last to the end of the forecast.

    Returns
    -------
    DataFrame
        series, start (UTC), capacity (int): holds from start until the next start. The first start
        is `lead` before the forecast's first timestamp.

    Raises
    ------
    InputError
        When the forecast or a parameter cannot be used; says which and what would be right.
    """
    if max_steps is not None and max_steps < 1:
        raise InputError(f"max_steps is {max_steps}", cure="allow at least 1 step")
    if quantile is None:
        quantile = _critical_ratio(forecast, shortage_cost, unit_cost)
    needed = needed_capacity(
        forecast,
        unit_capacity,
        utilization=utilization,
        minimum=minimum,
        maximum=maximum,
        lead=lead,
        quantile=quantile,
    )
    unit_hours_each = switch_cost / unit_cost if unit_cost else switch_cost
    return capacity_steps(needed, max_steps, switch_cost=unit_hours_each, min_dwell=min_dwell)


def needed_capacity(
    forecast: pd.DataFrame,
    unit_capacity: float | Mapping[str, float],
    *,
    utilization: float = 0.7,
    minimum: int = 1,
    maximum: int | None = None,
    lead: str | timedelta = "10min",
    quantile: float | None = None,
) -> pd.DataFrame:
    """Work out the least capacity at each moment, `lead` already counted in.

    Returns
    -------
    DataFrame
        series, start, end (UTC), needed (int): the highest need of the periods that the time from
        start to ``start + lead`` touches.
    """
    checked = _check_forecast(forecast)
    policy = _check_policy(unit_capacity, utilization, minimum, maximum, lead, quantile)
    parts = [
        _needed(str(name), rows, policy) for name, rows in checked.groupby("series", sort=False)
    ]
    return pd.concat(parts, ignore_index=True)


def _needed(series: str, rows: pd.DataFrame, policy: _Policy) -> pd.DataFrame:
    """Rise `lead` early, fall at the period's end: breakpoints of both, the highest in between."""
    starts = pd.DatetimeIndex(rows["timestamp"])
    units = _units(series, rows, policy)
    lead, period = policy["lead"], _period(starts)
    opens, closes = starts - lead, starts + period
    edges = opens.append(closes).unique().sort_values()
    first = closes.searchsorted(edges[:-1], side="right")
    last = opens.searchsorted(edges[:-1], side="right")
    pairs = np.stack([first, last], axis=1).ravel()
    highest = np.maximum.reduceat(np.append(units, 0), pairs)[::2]
    needed = np.where(last > first, highest, policy["minimum"])
    return pd.DataFrame({"series": series, "start": edges[:-1], "end": edges[1:], "needed": needed})


def _units(series: str, rows: pd.DataFrame, policy: _Policy) -> np.ndarray:
    capacity = policy["unit_capacity"]
    if isinstance(capacity, Mapping):
        if series not in capacity:
            raise InputError(
                f"no unit_capacity for series {series!r}", cure="add it to the mapping"
            )
        capacity = capacity[series]
    demand = _at_quantile(rows, policy["quantile"])
    units = np.ceil(demand / (capacity * policy["utilization"]) - _ROUNDING)
    return np.clip(units, policy["minimum"], policy["maximum"]).astype(np.int64)


def _period(starts: pd.DatetimeIndex) -> timedelta:
    if len(starts) < 2:
        return timedelta(hours=1)
    return pd.Series(starts).diff().dropna().min().to_pytimedelta()


def quantile_columns(forecast: pd.DataFrame) -> dict[float, str]:
    """Columns of a forecast by the quantile they name, in rising order."""
    found = {}
    for column in forecast.columns:
        try:
            level = float(str(column)[1:]) if str(column).startswith("q") else None
        except ValueError:
            continue
        if level is not None and 0 < level < 1:
            found[level] = str(column)
    return dict(sorted(found.items()))


def _at_quantile(rows: pd.DataFrame, quantile: float | None) -> np.ndarray:
    """Demand at a quantile; between two forecast quantiles by linear interpolation."""
    columns = quantile_columns(rows)
    levels = np.array(list(columns))
    level = quantile if quantile is not None else _default_quantile(levels)
    if not levels[0] - _ROUNDING <= level <= levels[-1] + _ROUNDING:
        raise InputError(
            f"quantile {level:g} is outside the forecast's {levels[0]:g} to {levels[-1]:g}",
            cure=f"forecast it too: quantiles=(..., {level:g})",
        )
    right = min(max(int(np.searchsorted(levels, level)), 1), len(levels) - 1)
    names = list(columns.values())
    if len(levels) == 1:
        return rows[names[0]].to_numpy(dtype=float)
    low, high = (rows[names[at]].to_numpy(dtype=float) for at in (right - 1, right))
    share = np.clip((level - levels[right - 1]) / (levels[right] - levels[right - 1]), 0.0, 1.0)
    return np.asarray(low + share * (high - low))


def _default_quantile(levels: np.ndarray) -> float:
    return DEFAULT_QUANTILE if DEFAULT_QUANTILE in levels else float(levels[-1])


def _critical_ratio(
    forecast: pd.DataFrame, shortage_cost: float | None, unit_cost: float | None
) -> float | None:
    if shortage_cost is None and unit_cost is None:
        return None
    if shortage_cost is None or unit_cost is None:
        raise InputError(
            "shortage_cost and unit_cost go together", cure="give both, or a quantile instead"
        )
    if not (shortage_cost > 0 and unit_cost > 0 and np.isfinite(shortage_cost + unit_cost)):
        raise InputError(
            f"costs must be above zero (shortage_cost {shortage_cost}, unit_cost {unit_cost})",
            cure="give the cost of one unit-hour short and of one unit-hour",
        )
    levels = list(quantile_columns(_check_forecast(forecast)))
    return min(max(shortage_cost / (shortage_cost + unit_cost), levels[0]), levels[-1])


def _check_policy(
    unit_capacity: float | Mapping[str, float],
    utilization: float,
    minimum: int,
    maximum: int | None,
    lead: str | timedelta,
    quantile: float | None,
) -> _Policy:
    ahead = parse_duration(lead)
    capacities = unit_capacity.values() if isinstance(unit_capacity, Mapping) else [unit_capacity]
    problems = {
        "unit_capacity must be above zero": any(not 0 < c < np.inf for c in capacities),
        "utilization must be in (0, 1]": not 0 < utilization <= 1,
        "minimum must not be negative": minimum < 0,
        "maximum must not be below minimum": maximum is not None and maximum < minimum,
        "lead must not be negative": ahead < timedelta(0),
        "quantile must be in (0, 1)": quantile is not None and not 0 < quantile < 1,
    }
    for problem, there in problems.items():
        if there:
            name = problem.split()[0]
            raise InputError(f"{problem}, not {locals()[name]!r}", cure=f"change {name}")
    return {
        "unit_capacity": unit_capacity,
        "utilization": utilization,
        "minimum": minimum,
        "maximum": maximum,
        "lead": ahead,
        "quantile": quantile,
    }


def _check_forecast(forecast: pd.DataFrame) -> pd.DataFrame:
    """Accept a forecast frame or say what is wrong with it; times come out as UTC."""
    columns = quantile_columns(forecast)
    missing = [c for c in ("series", "timestamp") if c not in forecast.columns]
    if missing or not columns:
        raise InputError(
            f"the forecast has no column {', '.join(missing) or 'of a quantile'}",
            cure="pass what foresail.forecast returns: series, timestamp, q0.5, q0.9, ...",
        )
    if forecast.empty:
        raise InputError("the forecast is empty", cure="forecast at least one period")
    if getattr(forecast["timestamp"].dtype, "tz", None) is None:
        raise InputError(
            "the forecast's timestamps have no time zone",
            cure='localise them: frame["timestamp"].dt.tz_localize("UTC")',
        )
    _check_values(forecast, columns)
    checked = forecast.assign(timestamp=forecast["timestamp"].dt.tz_convert("UTC"))
    return checked.sort_values(["series", "timestamp"], kind="stable", ignore_index=True)


def _check_values(forecast: pd.DataFrame, columns: dict[float, str]) -> None:
    values = forecast[list(columns.values())].to_numpy(dtype=float)
    bad = ~(np.isfinite(values) & (values >= 0)).all(axis=1)
    if bad.any():
        row = forecast[bad].iloc[0]
        raise InputError(
            f"series {row['series']!r} at {row['timestamp']}: a quantile is negative or no number",
            cure="forecast quantiles are demand: zero or more",
        )
    twice = forecast.duplicated(["series", "timestamp"])
    if twice.any():
        row = forecast[twice].iloc[0]
        raise InputError(
            f"series {row['series']!r} has {row['timestamp']} twice", cure="drop the duplicates"
        )
