"""Cover what is needed with few steps: a step function that is never below it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.plan.segments import dwell_cuts, fewest_waste
from foresail.units import parse_duration

HOUR = 3600.0  # seconds


def capacity_steps(
    needed: pd.DataFrame,
    max_steps: int | None = None,
    *,
    switch_cost: float = 0.0,
    min_dwell: str | timedelta = "0s",
) -> pd.DataFrame:
    """Cover what `needed_capacity` gave with at most `max_steps` steps per series.

    Parameters
    ----------
    needed
        series, start, end (UTC), needed (int).
    max_steps
        Most steps per series.
    switch_cost
        Cost of each step, in unit-hours.
    min_dwell
        Shortest length of a step.

    Returns
    -------
    DataFrame
        series, start (UTC), capacity (int).

    Raises
    ------
    InputError
        When a cost or a dwell is negative or no number.
    """
    dwell = parse_duration(min_dwell)
    if not 0 <= switch_cost < np.inf:
        raise InputError(f"switch_cost is {switch_cost}", cure="give a cost of zero or more")
    if dwell < timedelta(0):
        raise InputError(f"min_dwell is {dwell}", cure="give a time of zero or more")
    parts = [
        _steps(rows, max_steps, switch_cost, dwell)
        for _, rows in needed.groupby("series", sort=False)
    ]
    return pd.concat(parts, ignore_index=True)


def unit_hours(steps: pd.DataFrame, end: pd.Timestamp) -> float:
    """Sum the unit-hours of a plan until `end`."""
    total = 0.0
    for _, rows in steps.groupby("series", sort=False):
        edges = [*rows["start"], end]
        hours = [(b - a).total_seconds() / 3600 for a, b in pairwise(edges)]
        total += float(np.dot(rows["capacity"], hours))
    return total


def _steps(
    rows: pd.DataFrame, max_steps: int | None, switch_cost: float, dwell: timedelta
) -> pd.DataFrame:
    origin = rows["start"].iloc[0]
    starts = _seconds(rows["start"], origin)
    end = float(_seconds(rows["end"], origin)[-1])
    needed = rows["needed"].to_numpy(dtype=np.int64)
    if dwell:
        changes = starts[np.r_[True, needed[1:] != needed[:-1]]]
        cuts = np.union1d(starts, dwell_cuts(changes, end, dwell.total_seconds()))
        needed, starts = needed[np.searchsorted(starts, cuts, side="right") - 1], cuts
    curve = fewest_waste(
        needed,
        np.diff(np.r_[starts, end]),
        max_steps,
        switch_cost=switch_cost * HOUR,
        min_dwell=dwell.total_seconds(),
    )
    first = np.r_[True, curve[1:] != curve[:-1]]
    begun = origin + pd.to_timedelta(starts[first], unit="s")
    return pd.DataFrame(
        {"series": rows["series"].iloc[0], "start": begun, "capacity": curve[first]}
    )


def _seconds(times: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    return (times - origin).dt.total_seconds().to_numpy().astype(np.float64)
