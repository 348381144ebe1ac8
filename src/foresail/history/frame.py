"""The tidy history frame: series, timestamp, value on one regular grid; checked once, here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NoReturn

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.errors import InputError
from foresail.times import check_zoned
from foresail.units import format_duration

COLUMNS = ("series", "timestamp", "value")
LARGEST = 1e100  # squares and sums of more overflow
_AS_FREQUENT = 0.25  # of the times that the shortest step is expected, when gaps are at random


def check_history(
    frame: pd.DataFrame, *, minimum: timedelta | None = timedelta(days=2), name: str = "history"
) -> pd.DataFrame:
    """Accept a tidy history or say what is wrong with it.

    Parameters
    ----------
    frame
        Columns series, timestamp (tz-aware, start of the period), value (zero or more); sorted
        within each series, on one regular grid; gaps are absent rows. Other columns are kept.
    minimum
        Least time from the first to the last observation of each series.
    name
        What to call the frame in errors, for instance a file.

    Returns
    -------
    DataFrame
        The same rows with UTC timestamps and float values.

    Raises
    ------
    InputError
        Naming the series, the first offending timestamp and the cure.
    """
    _check_columns(frame, name)
    checked = frame.assign(
        series=frame["series"].astype("str"),
        timestamp=frame["timestamp"].dt.tz_convert("UTC"),
        value=frame["value"].astype("float64"),
    ).reset_index(drop=True)
    _check_values(checked, name)
    layout = Layout.of(checked)
    if (layout.steps <= 0).any():
        _refuse_order(checked, name)
    period = layout.period(name)
    off = layout.off_grid(period)
    if off.any():
        _refuse_grid(checked[off].iloc[0], period, name)
    if minimum is not None:
        _check_length(checked, period, minimum, name)
    return checked


@dataclass(frozen=True)
class Layout:
    """How the rows of a history lie in time, series by series; plain arrays, since these are fast.

    Parameters
    ----------
    order
        Rows with those of a series together, otherwise as they were.
    first
        Per row of `order`: where its series begins, in microseconds.
    ticks
        Per row of `order`: its timestamp in microseconds.
    steps
        Between neighbours of one series.
    """

    order: NDArray[np.int64]
    first: NDArray[np.int64]
    ticks: NDArray[np.int64]
    steps: NDArray[np.int64]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Layout:
        """Lay out a frame with the columns series and timestamp."""
        codes = pd.factorize(frame["series"])[0]
        order = np.argsort(codes, kind="stable")
        codes = codes[order]
        ticks = pd.DatetimeIndex(frame["timestamp"]).as_unit("us").asi8[order]
        begins = np.r_[True, codes[1:] != codes[:-1]]
        first = ticks[np.flatnonzero(begins)][np.cumsum(begins) - 1]
        return cls(order, first, ticks, np.diff(ticks)[~begins[1:]])

    def period(self, name: str = "history") -> timedelta:
        """Tell the period, as `infer_period` does."""
        if not len(self.steps):
            raise InputError(
                f"{name}: a single observation has no period",
                cure="pass at least two days of history",
            )
        values, counts = np.unique(self.steps, return_counts=True)
        chosen = 0 if _explains(values, counts) else int(np.argmax(counts))
        return timedelta(microseconds=int(values[chosen]))

    def off_grid(self, period: timedelta) -> NDArray[np.bool_]:
        """Tell which rows of the frame are not a whole number of periods after the first one."""
        off = np.empty(len(self.order), dtype=bool)
        off[self.order] = (self.ticks - self.first) % (period // timedelta(microseconds=1)) != 0
        return off


def infer_period(frame: pd.DataFrame, name: str = "history") -> timedelta:
    """Period of a history, from the steps between neighbours.

    The shortest step, where all others are whole multiples of it and it is about as frequent as
    gaps at random would leave it; else the most common one, the shortest when tied.

    Raises
    ------
    InputError
        When no series has two rows.
    """
    return Layout.of(frame).period(name)


def _explains(steps: NDArray[np.int64], counts: NDArray[np.int64]) -> bool:
    """Whether all steps come of gaps in a grid of the shortest, and not of a stray row."""
    shortest = steps[0]
    if shortest <= 0 or (steps % shortest).any():
        return False
    known = counts.sum() * shortest / (steps @ counts)
    return bool(counts[0] >= _AS_FREQUENT * known * counts.sum())


def _check_columns(frame: pd.DataFrame, name: str) -> None:
    missing = [column for column in COLUMNS if column not in frame.columns]
    if missing:
        raise InputError(
            f"{name}: no column {', '.join(missing)}", cure=f"needed: {', '.join(COLUMNS)}"
        )
    if frame.empty:
        raise InputError(f"{name}: no rows", cure="pass at least two days of history")
    if frame["series"].isna().any():
        raise InputError(
            f"{name}: {int(frame['series'].isna().sum())} rows name no series",
            cure="name the series in each row",
        )
    check_zoned(frame, name)
    numeric = pd.api.types.is_numeric_dtype(frame["value"].dtype)
    if not numeric or pd.api.types.is_bool_dtype(frame["value"].dtype):
        raise InputError(
            f"{name}: values are {frame['value'].dtype}, not numbers",
            cure="convert them: pd.to_numeric(frame['value'])",
        )
    if "censored" in frame:
        _check_censored(frame["censored"], name)


def _check_censored(censored: pd.Series, name: str) -> None:
    given = censored.dropna()
    wrong = given[~given.isin([True, False])].astype(str)
    if len(wrong):
        raise InputError(
            f"{name}: censored is {wrong.iloc[0]!r} in row {wrong.index[0]}, not true or false",
            cure="make it boolean: frame['censored'] == 'true'; leave the column out where nothing "
            "is known to be hidden",
        )


def _check_values(frame: pd.DataFrame, name: str) -> None:
    missing_time = frame["timestamp"].isna()
    if missing_time.any():
        raise InputError(
            f"{name}: {int(missing_time.sum())} rows without a timestamp", cure="drop them"
        )
    values = frame["value"].to_numpy()
    for bad, what in (
        (~np.isfinite(values), "NaN or infinite"),
        (values < 0, "negative"),
        (values > LARGEST, f"over {LARGEST:g}"),
    ):
        if bad.any():
            row = frame[bad].iloc[0]
            raise InputError(
                f"{name}: series {row['series']!r} at {row['timestamp']}: the value is {what}",
                cure="leave the row out: a gap is an absent row, and demand is zero or more",
            )


def _refuse_order(frame: pd.DataFrame, name: str) -> NoReturn:
    twice = frame.duplicated(["series", "timestamp"])
    if twice.any():
        row = frame[twice].iloc[0]
        raise InputError(
            f"{name}: series {row['series']!r} has {row['timestamp']} twice",
            cure="drop or sum the duplicates",
        )
    back = frame.groupby("series", sort=False)["timestamp"].diff() < pd.Timedelta(0)
    row = frame[back].iloc[0]
    raise InputError(
        f"{name}: series {row['series']!r} is not sorted at {row['timestamp']}",
        cure="sort it: frame.sort_values(['series', 'timestamp'])",
    )


def _refuse_grid(row: pd.Series, period: timedelta, name: str) -> NoReturn:
    raise InputError(
        f"{name}: mixed periods: series {row['series']!r} at {row['timestamp']} is off the "
        f"grid of {format_duration(period)}",
        cure="resample to one period",
    )


def _check_length(frame: pd.DataFrame, period: timedelta, minimum: timedelta, name: str) -> None:
    times = frame.groupby("series", sort=False)["timestamp"]
    spans = (times.max() - times.min()).dt.total_seconds() + period.total_seconds()
    short = spans[spans < minimum.total_seconds()]
    if len(short):
        hours = short.iloc[0] / 3600
        raise InputError(
            f"{name}: series {short.index[0]!r} has {hours:.1f} h of history, "
            f"less than {format_duration(minimum)}",
            cure="wait for more, or pull further back",
        )
