"""Which series of a batch can be forecast, and what is wrong with each of the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.history.frame import LARGEST, check_history, infer_period
from foresail.times import utc_time
from foresail.units import format_duration

LEAST_HISTORY = timedelta(days=2)
OK = "ok"


@dataclass(frozen=True)
class Usable:
    """Series that can be forecast: checked rows known at the origin, period, names in order."""

    frame: pd.DataFrame
    period: timedelta
    names: tuple[str, ...]


def split_usable(
    history: pd.DataFrame, at: datetime | str | None = None
) -> tuple[Usable, pd.DataFrame]:
    """Tell the series that can be forecast from those that cannot.

    Parameters
    ----------
    history
        As `foresail.forecast` takes it.
    at
        Origin: later periods are not known.

    Returns
    -------
    tuple
        The usable ones; and a frame series, verdict of the others.

    Raises
    ------
    InputError
        When the frame as a whole is wrong (columns, times, duplicates, order, grid), or no series
        is usable.
    """
    origin = _origin(at)
    past = _before(history, origin)
    frame, strange = _without_strange_values(past)
    checked = check_history(frame, minimum=None)
    period = infer_period(checked)
    known = _known(checked, period, origin)
    late = _short(checked, known, period)
    if late and len(late) == checked["series"].nunique():
        check_history(known, name="history before the origin" if at is not None else "history")
    good = known[~known["series"].isin(late)] if late else known
    names = tuple(str(name) for name in pd.unique(good["series"]))
    verdicts = {**strange, **late, **_unborn(history, past)}
    rest = pd.DataFrame({"series": list(verdicts), "verdict": list(verdicts.values())})
    return Usable(good, period, names), rest


def _without_strange_values(history: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Set series aside that hold what is no number, NaN, infinite or negative, unless all do."""
    if not {"series", "value"} <= set(history.columns) or history.empty:
        return history, {}
    values = history["value"]
    if not pd.api.types.is_numeric_dtype(values.dtype):
        values = pd.to_numeric(values, errors="coerce")
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    bad = ~(np.isfinite(numbers) & (numbers >= 0) & (numbers <= LARGEST))
    if not bad.any():
        return history.assign(value=numbers) if values is not history["value"] else history, {}
    named = history["series"].astype("str")
    first = history[bad].drop_duplicates("series")
    if first["series"].nunique() == history["series"].nunique():
        return history, {}
    strange = {str(row["series"]): _strange(row) for _, row in first.iterrows()}
    kept = ~named.isin(strange)
    return history[kept].assign(value=numbers[kept.to_numpy()]), strange


def _strange(row: pd.Series) -> str:
    number = pd.to_numeric(row["value"], errors="coerce")
    if isinstance(row["value"], str) and pd.isna(number):
        return f"the value {row['value']!r} at {row['timestamp']} is no number"
    what = "negative" if number < 0 else "NaN, infinite or beyond measure"
    return f"the value at {row['timestamp']} is {what}; leave out what was not measured"


def _origin(at: datetime | str | None) -> pd.Timestamp | None:
    return None if at is None else utc_time(at, "at")


def _before(history: pd.DataFrame, origin: pd.Timestamp | None) -> pd.DataFrame:
    """Drop what began after the origin, unseen: it must not change what is said before it."""
    dtype = history["timestamp"].dtype if "timestamp" in history else None
    if origin is None or not isinstance(dtype, pd.DatetimeTZDtype):
        return history
    past = history[~(history["timestamp"] >= origin)]
    if past.empty and not history.empty:
        raise _nothing_before(origin)
    return past


def _unborn(history: pd.DataFrame, past: pd.DataFrame) -> dict[str, str]:
    """Series that began after the origin."""
    if len(past) == len(history):
        return {}
    later = pd.Index(history["series"].unique()).difference(past["series"].unique(), sort=False)
    return {str(name): _too_short(0.0) for name in later}


def _nothing_before(origin: pd.Timestamp) -> InputError:
    return InputError(f"no history before {origin}", cure="pass a later at, or more history")


def _too_short(hours: float) -> str:
    return f"{hours:.1f} h of history, less than {format_duration(LEAST_HISTORY)}"


def _known(history: pd.DataFrame, period: timedelta, origin: pd.Timestamp | None) -> pd.DataFrame:
    if origin is None:
        return history
    known = history.loc[history["timestamp"] + pd.Timedelta(period) <= origin]
    if known.empty:
        raise _nothing_before(origin)
    return pd.DataFrame(known)


def _short(checked: pd.DataFrame, known: pd.DataFrame, period: timedelta) -> dict[str, str]:
    """Series with less than two days before the origin, and why that is too little."""
    codes, names = pd.factorize(checked["series"])
    ticks = pd.DatetimeIndex(known["timestamp"]).as_unit("us").asi8
    mine = codes if known is checked else codes[known.index]
    last = np.full(len(names), np.iinfo(np.int64).min)
    first = np.full(len(names), np.iinfo(np.int64).max)
    np.maximum.at(last, mine, ticks)
    np.minimum.at(first, mine, ticks)
    there = last >= first
    hours = np.where(there, (last - np.where(there, first, last)) / 3.6e9, 0.0)
    hours = np.where(there, hours + period / timedelta(hours=1), 0.0)
    return {
        str(names[int(one)]): _too_short(hours[one])
        for one in np.flatnonzero(hours < LEAST_HISTORY / timedelta(hours=1))
    }
