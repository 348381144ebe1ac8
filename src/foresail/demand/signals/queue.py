"""Queues and streams: arrivals, and the backlog that is to be gone within a time."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from foresail.demand.signals.answer import answer


def demand(metrics: pd.DataFrame, *, drain: timedelta) -> pd.DataFrame:
    """Compute arrivals + backlog / drain: the rate that keeps up and empties the queue in time.

    Columns: ``arrivals`` (per second), and ``backlog`` (messages) or ``age`` (milliseconds that
    the consumer is behind).

    Source: Amazon EC2 Auto Scaling User Guide, "Scaling policy based on Amazon SQS": acceptable
    backlog is the latency that is acceptable over the time one message takes; here that latency
    is `drain`. A stream tells how late its consumer is (GetRecords.IteratorAgeMilliseconds), so
    that its backlog is what arrived in that time.
    """
    arrivals = metrics["arrivals"]
    backlog = metrics["backlog"] if "backlog" in metrics else _behind(arrivals, metrics["age"])
    return answer(arrivals + backlog / drain.total_seconds())


def _behind(arrivals: pd.Series, age: pd.Series) -> pd.Series:
    """Count what arrived in the last `age` milliseconds; before the first period, at its rate.

    Unknown where arrivals within that time are.
    """
    times = _seconds(arrivals.index)
    width = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    ends = np.append(times, times[-1] + width) if len(times) else times
    known = arrivals.notna().to_numpy()
    total = np.append(0.0, np.cumsum(arrivals.fillna(0.0).to_numpy() * width))
    holes = np.append(0.0, np.cumsum(~known * width))
    until = ends[1:]
    since = until - age.to_numpy(dtype=float) / 1000
    came = np.interp(until, ends, total) - np.interp(since, ends, total)
    unknown = np.interp(until, ends, holes) - np.interp(since, ends, holes)
    if len(times):
        came = came + np.maximum(ends[0] - since, 0) * (arrivals.iloc[0] if known[0] else 0.0)
    return pd.Series(np.where(unknown > 0, np.nan, came), index=arrivals.index)


def _seconds(index: pd.Index) -> np.ndarray:
    return np.asarray(pd.DatetimeIndex(index).as_unit("us").asi8 / 1e6)
