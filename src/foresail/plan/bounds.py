"""Bounds of a plan over time: at least, at most, and times at which capacity must not fall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

Window = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Bound:
    """At least and at most so many units in ``[start, end)``; None bounds nothing."""

    start: datetime
    end: datetime
    least: int | None = None
    most: int | None = None


def bounded(needed: pd.DataFrame, bounds: Sequence[Bound], floor: int) -> pd.DataFrame:
    """Keep a need within bounds; it is made longer where a bound outlasts it.

    Parameters
    ----------
    needed
        series, start, end (UTC), needed (int) of one series, without gaps.
    bounds
        What to keep; where two of them meet, the highest `least` counts before the lowest `most`.
    floor
        What is needed after the need's own end.

    Returns
    -------
    DataFrame
        As `needed`, cut where bounds begin and end.
    """
    if not bounds:
        return needed
    longer = _longer(needed, max(one.end for one in bounds), floor)
    cut = _cut(longer, [edge for one in bounds for edge in (one.start, one.end)])
    levels = cut["needed"].to_numpy(dtype=np.int64)
    for one in bounds:
        if one.most is not None:
            levels = np.where(_inside(cut, one), np.minimum(levels, one.most), levels)
    for one in bounds:
        if one.least is not None:
            levels = np.where(_inside(cut, one), np.maximum(levels, one.least), levels)
    return cut.assign(needed=levels)


def without_falls(levels: pd.DataFrame, windows: Sequence[Window], column: str) -> pd.DataFrame:
    """Hold what would fall within a window until the window ends.

    Parameters
    ----------
    levels
        start (UTC) and `column`; holds from start until the next start.
    windows
        Times ``[start, end)`` at which nothing may fall.
    column
        The column to hold: ``needed`` or ``capacity``.

    Returns
    -------
    DataFrame
        As `levels`, with a row where a window ends that held something.
    """
    rows = [
        (start.to_pydatetime(), int(level))
        for start, level in zip(levels["start"], levels[column], strict=True)
    ]
    for window in sorted(windows):
        rows = _held(rows, window)
    if [start for start, _ in rows] == [one.to_pydatetime() for one in levels["start"]]:
        return levels.assign(**{column: [level for _, level in rows]})
    starts = pd.DatetimeIndex([start for start, _ in rows])
    return pd.DataFrame(
        {
            "series": levels["series"].iloc[0],
            "start": starts,
            column: np.array([level for _, level in rows], dtype=np.int64),
        }
    )


def _held(rows: list[tuple[datetime, int]], window: Window) -> list[tuple[datetime, int]]:
    """Replace what falls inside one window by the highest before it; it falls at the end."""
    start, end = window
    before = [level for at, level in rows if at < start]
    inside = [(at, level) for at, level in rows if start <= at < end]
    if not inside or (not before and len(inside) == 1):
        return rows
    held: list[tuple[datetime, int]] = []
    highest = before[-1] if before else inside[0][1]
    for at, level in inside:
        if level > highest or (not before and not held):
            held.append((at, level))
        highest = max(highest, level)
    last = inside[-1][1]
    falls = [] if last == highest or any(at == end for at, _ in rows) else [(end, last)]
    return [
        *((at, level) for at, level in rows if at < start),
        *held,
        *falls,
        *((at, level) for at, level in rows if at >= end),
    ]


def _longer(needed: pd.DataFrame, end: datetime, floor: int) -> pd.DataFrame:
    last = needed["end"].max()
    until = pd.Timestamp(end)
    if until <= last:
        return needed
    row = {"series": needed["series"].iloc[0], "start": last, "end": until, "needed": floor}
    return pd.concat([needed, pd.DataFrame([row])], ignore_index=True)


def _cut(needed: pd.DataFrame, edges: Sequence[datetime]) -> pd.DataFrame:
    """Cut rows at moments inside them."""
    starts = pd.DatetimeIndex(needed["start"])
    end = needed["end"].max()
    inside = [pd.Timestamp(one) for one in edges if starts[0] < pd.Timestamp(one) < end]
    cuts = starts.union(pd.DatetimeIndex(inside, tz="UTC")) if inside else starts
    rows = starts.searchsorted(cuts, side="right") - 1
    return needed.iloc[rows].assign(start=cuts, end=[*cuts[1:], end]).reset_index(drop=True)


def _inside(needed: pd.DataFrame, bound: Bound) -> np.ndarray:
    return np.asarray(
        (needed["start"] >= pd.Timestamp(bound.start)) & (needed["start"] < pd.Timestamp(bound.end))
    )
