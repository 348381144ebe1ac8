"""The metrics of a formula, filled by their own rules and laid side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from foresail.demand.gaps import Missing, fill_missing


@dataclass(frozen=True, slots=True)
class Part:
    """One metric of a formula.

    Parameters
    ----------
    frame
        series, timestamp (UTC), value of one series, sorted; may be empty.
    missing
        What its silence means.
    per_period
        Whether values are work over a period; they become per second.
    """

    frame: pd.DataFrame
    missing: Missing
    per_period: bool


def side_by_side(parts: Mapping[str, Part], period: timedelta, end: datetime) -> pd.DataFrame:
    """Lay metrics out as a formula takes them.

    Returns
    -------
    DataFrame
        One column for each part, on a grid of UTC timestamps from the first to the last that any
        has; NaN is a gap.

    Raises
    ------
    InputError
        A timestamp is twice there, or off the grid.
    """
    columns = {role: _values(part, period, end) for role, part in parts.items()}
    known = [values.index for values in columns.values() if len(values)]
    if not known:
        return pd.DataFrame(columns=list(columns), dtype="float64", index=_grid(None, None, period))
    grid = _grid(min(i.min() for i in known), max(i.max() for i in known), period)
    return pd.DataFrame({role: values.reindex(grid) for role, values in columns.items()})


def _grid(
    first: pd.Timestamp | None, last: pd.Timestamp | None, period: timedelta
) -> pd.DatetimeIndex:
    if first is None or last is None:
        return pd.DatetimeIndex([], tz="UTC", name="timestamp").as_unit("us")
    return pd.date_range(first, last, freq=pd.Timedelta(period), name="timestamp", unit="us")


def _values(part: Part, period: timedelta, end: datetime) -> pd.Series:
    filled = fill_missing(part.frame.reset_index(drop=True), part.missing, period, end=end)
    values = filled.set_index("timestamp")["value"].astype("float64")
    return values / period.total_seconds() if part.per_period else values
