"""Connections between two tiers: what opens them must fit what takes them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


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


def higher(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Higher of two needs at each moment, over the span of the first."""
    start, end = one["start"].min(), one["end"].max()
    edges = pd.DatetimeIndex(one["start"]).append(pd.DatetimeIndex([end]))
    edges = edges.append(pd.DatetimeIndex(other["start"])).append(pd.DatetimeIndex(other["end"]))
    edges = edges[(edges >= start) & (edges <= end)].unique().sort_values()
    values = np.maximum(_held(one, edges[:-1]), _held(other, edges[:-1]))
    return pd.DataFrame(
        {
            "series": one["series"].iloc[0],
            "start": edges[:-1],
            "end": edges[1:],
            "needed": values,
        }
    )


def _held(needed: pd.DataFrame, moments: pd.DatetimeIndex) -> np.ndarray:
    """Need in force at each moment; none outside its span."""
    at = pd.DatetimeIndex(needed["start"]).searchsorted(moments, side="right") - 1
    inside = (at >= 0) & np.asarray(moments < needed["end"].max())
    return np.where(inside, needed["needed"].to_numpy()[np.maximum(at, 0)], 0).astype(np.int64)
