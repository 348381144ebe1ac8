"""A limit that tiers share (vCPUs, money, addresses): who gets what when not all fits.

At each moment every tier covers the quantile ``1 - price / value`` of its need, at the one price
at which all fit together: the newsvendor's solution under a common budget (Hadley and Whitin,
1963). With equal values all tiers cover the same quantile, so that none of a chain starves first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.errors import InputError

Floats = NDArray[np.float64]
ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Claim:
    """What one tier asks of a shared limit.

    Parameters
    ----------
    tier
        Its name.
    needs
        Need by quantile level, each as `needed_capacity` gives it, on the same edges.
    wanted
        Need that the plan would cover.
    minimum
        Units that are never given up.
    per_unit
        What one unit takes of the limit.
    value
        Worth of covering this tier against the others'; 1 is the usual.
    """

    tier: str
    needs: Mapping[float, pd.DataFrame]
    wanted: pd.DataFrame
    minimum: int
    per_unit: float
    value: float = 1.0


@dataclass(frozen=True, slots=True)
class Shared:
    """Needs that fit a limit, by tier, and what that took away, in words."""

    wanted: dict[str, pd.DataFrame]
    notes: tuple[str, ...]


def fit_limit(name: str, limit: float, claims: Sequence[Claim]) -> Shared:
    """Lower the needs of some tiers until together they fit a limit at each moment.

    Raises
    ------
    InputError
        When the tiers' minimums alone are more than the limit.
    """
    least = sum(claim.minimum * claim.per_unit for claim in claims)
    if least > limit:
        raise InputError(
            f"limit {name!r} is {limit:g}, but the minimums of its tiers take {least:g}",
            cure="raise the limit, or lower min of its tiers",
        )
    edges = _edges([claim.wanted for claim in claims])
    asked = np.stack([_on(edges, claim.wanted) for claim in claims])
    cost = np.array([claim.per_unit for claim in claims])
    over = cost @ asked > limit + 1e-9
    if not over.any():
        return Shared({claim.tier: claim.wanted for claim in claims}, ())
    given = asked.copy()
    given[:, over] = _at_common_price(claims, edges[:-1][over], asked[:, over], cost, limit)
    cut = {c.tier: _frame(c.wanted, edges, given[row]) for row, c in enumerate(claims)}
    notes = [_note(name, limit, c, edges, asked[r], given[r]) for r, c in enumerate(claims)]
    return Shared(cut, tuple(note for note in notes if note))


def _at_common_price(
    claims: Sequence[Claim], moments: pd.DatetimeIndex, asked: Floats, cost: Floats, limit: float
) -> Floats:
    """Bisect, at all moments at once, for the lowest price at which the tiers fit together."""
    tables = [_table(claim, moments) for claim in claims]
    high = np.full(len(moments), max(claim.value for claim in claims))
    low = np.zeros(len(moments))
    for _ in range(ROUNDS):
        price = (low + high) / 2
        fits = cost @ _units(claims, tables, asked, price) <= limit
        low, high = np.where(fits, low, price), np.where(fits, price, high)
    return _units(claims, tables, asked, high)


def _table(claim: Claim, moments: pd.DatetimeIndex) -> tuple[Floats, Floats]:
    """Levels, from 0, and the need at each; the minimum at 0."""
    levels = sorted(claim.needs)
    rows = [np.full(len(moments), float(claim.minimum))]
    rows += [_on(moments, claim.needs[level], whole=False) for level in levels]
    return np.array([0.0, *levels]), np.maximum.accumulate(np.stack(rows), axis=0)


def _units(
    claims: Sequence[Claim], tables: Sequence[tuple[Floats, Floats]], asked: Floats, price: Floats
) -> Floats:
    """Whole units of each tier at a price per moment."""
    rows = []
    for claim, (levels, needs), most in zip(claims, tables, asked, strict=True):
        level = np.clip(1 - price / claim.value, 0.0, levels[-1])
        right = np.clip(np.searchsorted(levels, level), 1, len(levels) - 1)
        at = np.arange(len(price))
        share = (level - levels[right - 1]) / (levels[right] - levels[right - 1])
        units = needs[right - 1, at] + share * (needs[right, at] - needs[right - 1, at])
        free = price <= 0
        rows.append(np.where(free, most, np.clip(np.floor(units + 1e-9), claim.minimum, most)))
    return np.stack(rows)


def _edges(frames: Sequence[pd.DataFrame]) -> pd.DatetimeIndex:
    times = pd.concat([frame[column] for frame in frames for column in ("start", "end")])
    return pd.DatetimeIndex(times.drop_duplicates().sort_values())


def _on(edges: pd.DatetimeIndex, needed: pd.DataFrame, *, whole: bool = True) -> Floats:
    """Need in force at each edge (but the last one, which only ends); the nearest outside."""
    moments = edges[:-1] if whole else edges
    at = pd.DatetimeIndex(needed["start"]).searchsorted(moments, side="right") - 1
    return np.asarray(needed["needed"].to_numpy(dtype=float)[np.maximum(at, 0)])


def _frame(wanted: pd.DataFrame, edges: pd.DatetimeIndex, units: Floats) -> pd.DataFrame:
    """Back to a need of the tier's own span."""
    frame = pd.DataFrame({"start": edges[:-1], "end": edges[1:], "needed": units.astype(np.int64)})
    inside = (frame["start"] >= wanted["start"].min()) & (frame["end"] <= wanted["end"].max())
    kept: pd.DataFrame = frame[inside].reset_index(drop=True)
    kept.insert(0, "series", wanted["series"].iloc[0])
    return kept


def _note(
    name: str, limit: float, claim: Claim, edges: pd.DatetimeIndex, asked: Floats, given: Floats
) -> str:
    short = np.flatnonzero(given < asked)
    if not len(short):
        return ""
    worst = short[np.argmax((asked - given)[short])]
    return (
        f"limit {name} ({limit:g}) leaves {claim.tier} {given[worst]:.0f} of {asked[worst]:.0f} "
        f"units at {edges[worst]:%Y-%m-%dT%H:%MZ}; short from {edges[short[0]]:%Y-%m-%dT%H:%MZ} "
        f"to {edges[short[-1] + 1]:%Y-%m-%dT%H:%MZ}"
    )
