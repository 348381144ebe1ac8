"""Connections between two tiers: what opens them must fit what takes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

UNBOUNDED = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Connections:
    """How many connections a unit of the upper tier opens, and one of the lower tier takes.

    ``opened`` is the pool's size times the processes of a unit; ``taken`` the share of
    max_connections of one unit that this tier may use.
    """

    opened: float
    taken: float


def units_for_connections(upper: pd.DataFrame, rule: Connections, name: str) -> pd.DataFrame:
    """Units of the lower tier that take what the upper tier's need will open.

    Returns
    -------
    DataFrame
        series, start, end, needed: on the upper tier's edges.
    """
    units = np.ceil(upper["needed"] * rule.opened / rule.taken - 1e-9).astype(np.int64)
    return upper.assign(series=name, needed=units)


def most_by_connections(lower_most: int, rule: Connections) -> int:
    """Most units of the upper tier that the lower tier at its largest can take."""
    return int(np.floor(lower_most * rule.taken / rule.opened + 1e-9))


def units_by_connections(below: pd.DataFrame, rule: Connections, name: str) -> pd.DataFrame:
    """Most units of the upper tier that the lower tier's need takes, at each moment.

    Returns
    -------
    DataFrame
        series, start, end, needed: on the lower tier's edges.
    """
    units = np.floor(below["needed"] * rule.taken / rule.opened + 1e-9).astype(np.int64)
    return below.assign(series=name, needed=units)


def higher(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Higher of two needs at each moment, over the span of the first."""
    edges = _edges(one, other)
    values = np.maximum(_held(one, edges[:-1]), _held(other, edges[:-1]))
    return _frame(one, edges, values)


def lower(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Lower of two needs at each moment, over the span of the first; the first outside the other's.

    The needs are consecutive: series, start, end (UTC), needed.
    """
    edges = _edges(one, other)
    values = np.minimum(_held(one, edges[:-1]), _held(other, edges[:-1], outside=UNBOUNDED))
    return _frame(one, edges, values)


def _edges(one: pd.DataFrame, other: pd.DataFrame) -> pd.DatetimeIndex:
    """Edges of both within the span of the first."""
    start, end = one["start"].min(), one["end"].max()
    edges = pd.DatetimeIndex(one["start"]).append(pd.DatetimeIndex([end]))
    edges = edges.append(pd.DatetimeIndex(other["start"])).append(pd.DatetimeIndex(other["end"]))
    inside: pd.DatetimeIndex = edges[(edges >= start) & (edges <= end)]
    return inside.unique().sort_values()


def _frame(one: pd.DataFrame, edges: pd.DatetimeIndex, values: np.ndarray) -> pd.DataFrame:
    series = one["series"].iloc[0]
    return pd.DataFrame({"series": series, "start": edges[:-1], "end": edges[1:], "needed": values})


def _held(needed: pd.DataFrame, moments: pd.DatetimeIndex, *, outside: int = 0) -> np.ndarray:
    """Need in force at each moment; `outside` where there is none."""
    at = pd.DatetimeIndex(needed["start"]).searchsorted(moments, side="right") - 1
    inside = (at >= 0) & np.asarray(moments < needed["end"].max())
    held = needed["needed"].to_numpy()[np.maximum(at, 0)]
    return np.where(inside, held, outside).astype(np.int64)
