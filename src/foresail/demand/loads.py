"""Observations of a fleet at work, checked once: load per unit, utilisation, latency, by day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.errors import InputError
from foresail.times import check_zoned

Array = NDArray[np.float64]
SATURATED = 0.98  # from here on utilisation hides how much work there was
MOST_SHARE = 1.5  # utilisation above is no share of one, but percent
LEAST = pd.Timedelta(days=2)
_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Loads:
    """Periods in order of time, with units in service; `load` is demand per unit.

    ``utilization`` and ``latency`` are None where the observations have no such column; ``idle``
    counts the periods that are left out since units in service were zero or unknown.
    """

    times: pd.DatetimeIndex
    load: Array
    utilization: Array | None
    latency: Array | None
    idle: int

    def __len__(self) -> int:
        return len(self.load)

    @property
    def days(self) -> NDArray[np.int64]:
        """Number of the day (UTC, from 0) of each period, without holes."""
        numbers = self.times.as_unit("us").asi8 // _DAY
        return np.unique(numbers, return_inverse=True)[1].astype(np.int64)

    @property
    def saturated(self) -> NDArray[np.bool_]:
        """Periods whose utilisation was stuck at the top."""
        if self.utilization is None:
            return np.zeros(len(self), dtype=bool)
        return self.utilization >= SATURATED

    def part(self, chosen: NDArray[np.bool_]) -> Loads:
        """Only some of the periods."""
        return Loads(
            self.times[chosen],
            self.load[chosen],
            None if self.utilization is None else self.utilization[chosen],
            None if self.latency is None else self.latency[chosen],
            self.idle,
        )


def read_loads(observations: pd.DataFrame, name: str = "observations") -> Loads:
    """Check observations and divide demand by the units in service.

    Parameters
    ----------
    observations
        timestamp (tz-aware), demand (per second), units, and utilization (a share of one) or
        latency (seconds) or both; in any order. Where units are zero or NaN the period is left
        out: it says nothing of a unit.
    name
        What to call the frame in errors, for instance a file.

    Raises
    ------
    InputError
        Naming the column or the time, and the cure.
    """
    _check_columns(observations, name)
    frame = observations.assign(timestamp=observations["timestamp"].dt.tz_convert("UTC"))
    frame = frame.sort_values("timestamp", kind="stable").reset_index(drop=True)
    _check_times(frame, name)
    measured = [c for c in ("utilization", "latency") if c in frame]
    values = {c: _numbers(frame, c, name) for c in ("demand", "units", *measured)}
    _check_share(values.get("utilization"), frame, name)
    known = values["units"] > 0
    load = values["demand"][known] / values["units"][known]
    times = pd.DatetimeIndex(frame["timestamp"])[known]
    kept = [values[c][known] if c in values else None for c in ("utilization", "latency")]
    return Loads(times, load, kept[0], kept[1], int((~known).sum()))


def _check_columns(frame: pd.DataFrame, name: str) -> None:
    missing = [c for c in ("timestamp", "demand", "units") if c not in frame]
    if "utilization" not in frame and "latency" not in frame:
        missing.append("utilization (or latency)")
    if missing:
        raise InputError(
            f"{name}: no column {', '.join(missing)}",
            cure="needed: timestamp,demand,units,utilization and, for a latency SLO, latency",
        )
    if frame.empty:
        raise InputError(f"{name}: no rows", cure="pass at least two days of observations")
    check_zoned(frame, name)


def _check_times(frame: pd.DataFrame, name: str) -> None:
    times = frame["timestamp"]
    if times.isna().any():
        raise InputError(
            f"{name}: {int(times.isna().sum())} rows without a timestamp", cure="drop them"
        )
    twice = times.duplicated()
    if twice.any():
        raise InputError(
            f"{name}: {times[twice].iloc[0]} is twice there",
            cure="one row for each period: the fleet as a whole, not each instance",
        )
    step = times.diff().median() if len(times) > 1 else pd.Timedelta(0)
    span = times.iloc[-1] - times.iloc[0] + step
    if span < LEAST:
        raise InputError(
            f"{name}: {span / pd.Timedelta(hours=1):.1f} h of observations, less than 2d",
            cure="wait for more, or pull further back: the interval is drawn from whole days",
        )


def _numbers(frame: pd.DataFrame, column: str, name: str) -> Array:
    """Read a column as numbers of zero or more; only units may be unknown (NaN)."""
    kind = frame[column].dtype
    if not pd.api.types.is_numeric_dtype(kind) or pd.api.types.is_bool_dtype(kind):
        raise InputError(
            f"{name}: {column} is {kind}, not numbers",
            cure=f"convert it: pd.to_numeric(frame['{column}'])",
        )
    values = frame[column].to_numpy(dtype=float, na_value=np.nan)
    unknown = np.isnan(values) & (column != "units")
    for bad, what in (
        (unknown, "NaN"),
        (np.isinf(values), "infinite"),
        (values < 0, "negative"),
    ):
        if bad.any():
            when = frame["timestamp"][bad].iloc[0]
            raise InputError(
                f"{name}: {column} at {when} is {what}",
                cure="leave the row out where a value is not known; all are zero or more",
            )
    return np.asarray(values, dtype=float)


def _check_share(values: Array | None, frame: pd.DataFrame, name: str) -> None:
    if values is None or not (values > MOST_SHARE).any():
        return
    at = int((values > MOST_SHARE).argmax())
    raise InputError(
        f"{name}: utilization at {frame['timestamp'].iloc[at]} is {values[at]:g}, "
        "which is no share of one",
        cure="if it is in percent, say so with --percent, or divide it by 100",
    )
