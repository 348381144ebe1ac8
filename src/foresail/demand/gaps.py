"""What a period without data means: no demand, or not known. Said per metric, never guessed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

import pandas as pd

from foresail.errors import InputError

Missing = Literal["gap", "zero"]
LATE = timedelta(minutes=15)  # a silence this short at the end may be data that is on its way


def fill_missing(
    frame: pd.DataFrame,
    missing: Missing,
    period: timedelta,
    start: datetime | None = None,
    end: datetime | None = None,
) -> pd.DataFrame:
    """Put zero where a metric's silence says so.

    Parameters
    ----------
    frame
        series, timestamp (UTC, on one grid of `period`), value of one series, sorted.
    missing
        ``zero``: silence is no demand (a load balancer without requests sends no RequestCount),
        but never before the first observation, when there may have been nothing to ask;
        ``gap``: silence is not known, and stays absent.
    period
        Length of a period.
    start, end
        Keep only ``[start, end)``; with `end`, silence after the last observation is zero too,
        except for its last 15 minutes, which may be late data, and where it is unusual (see
        `unusual_silence`): a metric that was renamed, or an agent that died, is no lack of demand.

    Returns
    -------
    DataFrame
        series, timestamp, value.

    Raises
    ------
    InputError
        A timestamp is twice there, or off the grid.
    """
    _check_grid(frame, period)
    if missing == "zero" and len(frame):
        frame = _zeros(frame, period, end)
    inside = pd.Series(True, index=frame.index)
    if start is not None:
        inside &= frame["timestamp"] >= start
    if end is not None:
        inside &= frame["timestamp"] < end
    return frame[inside].reset_index(drop=True)


def _zeros(frame: pd.DataFrame, period: timedelta, end: datetime | None) -> pd.DataFrame:
    first, last = frame["timestamp"].iloc[0], frame["timestamp"].iloc[-1]
    if end is not None and not unusual_silence(frame["timestamp"], period, end):
        last = max(last, pd.Timestamp(end) - LATE - period)
    every = pd.date_range(first, last, freq=pd.Timedelta(period), name="timestamp", unit="us")
    filled = frame.set_index("timestamp")["value"].reindex(every, fill_value=0.0).reset_index()
    filled.insert(0, "series", frame["series"].iloc[0])
    return filled


def unusual_silence(times: pd.Series, period: timedelta, end: datetime) -> timedelta:
    """Tell how long a metric has been silent at the end, where that is longer than ever before.

    Parameters
    ----------
    times
        Starts of the periods that have a value (UTC), sorted.
    period
        Length of a period.
    end
        Up to when data has arrived.

    Returns
    -------
    timedelta
        Zero when some earlier silence was as long, or when this one is no longer than 15 minutes.
    """
    if times.empty:
        return timedelta(0)
    silence = end - (times.iloc[-1].to_pydatetime() + period)
    before = times.diff().max()
    usual = timedelta(0) if pd.isna(before) else before.to_pytimedelta() - period
    return silence if silence > max(usual, LATE) else timedelta(0)


def _check_grid(frame: pd.DataFrame, period: timedelta) -> None:
    steps = frame["timestamp"].diff().dt.total_seconds().to_numpy()[1:]
    bad = (steps <= 0) | (steps % period.total_seconds() != 0)
    if bad.any():
        row = frame.iloc[int(bad.argmax()) + 1]
        raise InputError(
            f"series {row['series']!r}: the timestamp {row['timestamp']} is twice there, out of "
            "order, or off the grid of periods",
            cure="sort by timestamp, one value for each whole period",
        )
