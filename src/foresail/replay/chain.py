"""One demand through a chain of tiers: what arrives, what is served, what fails where.

The model, for every step and scenario:

- A tier handles ``min(arrived, usable units x unit capacity)`` of what arrives.
- Of each handled piece of work, ``needs[below]`` pieces go to a tier below; under 1 that is the
  share that goes on (a cache's miss rate), above 1 calls per piece.
- Work is served when it is handled and what it needed below was served. With a served share f
  below, ``1 - min(ratio, 1) x (1 - f)`` of it is, independently for each tier below. What fails
  below has used up its place above all the same.
- Every unit opens ``pool`` connections to each tier that it needs. When a tier allows fewer than
  its callers' units open together, the same share of each caller's units is usable.
- A tier with `warm_up` steps is a cache: nodes added less than that ago are cold, in a share that
  falls linearly from 1 to 0, and a cold node sends everything below: its ratio is 1.
- Of the demand that came in from outside and was not served, `retry_share` comes again at the
  same tier `retry_after` steps later; the rest is lost. Tiers do not retry among themselves.

``arrived = served + unserved`` in each tier and step, and what arrives from outside is the demand
plus what comes again. Nothing queues.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from foresail.errors import InputError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tier:
    """One tier of a chain.

    Parameters
    ----------
    name
        Unique in the chain.
    capacity
        Units in service, shape ``(steps,)`` or ``(steps, scenarios)``, or one number.
    unit_capacity
        Work per step that one unit handles at 100 %.
    needs
        Work sent to each tier below for a piece of work handled here: one number, or by step.
    pool
        Connections that one unit opens to each tier that it needs.
    connections
        Most connections that this tier takes, shaped like `capacity`; None for no limit.
    warm_up
        Steps that an added cache node needs until it hits as often as the others; 0 is no cache.
    """

    name: str
    capacity: ArrayLike
    unit_capacity: float
    needs: Mapping[str, ArrayLike] = field(default_factory=dict)
    pool: float = 0.0
    connections: ArrayLike | None = None
    warm_up: int = 0


@dataclass(frozen=True, slots=True)
class ChainRun:
    """What each tier did; arrays of shape ``(tiers, steps, scenarios)``, in work per step.

    `limit` is what usable units could handle; ``handled / limit`` is how busy they were.
    """

    names: tuple[str, ...]
    arrived: Array
    handled: Array
    served: Array
    limit: Array

    @property
    def unserved(self) -> Array:
        """What arrived and was not served, here or below."""
        return self.arrived - self.served

    def of(self, name: str) -> int:
        """Position of a tier in the arrays."""
        return self.names.index(name)


def simulate_chain(
    demand: ArrayLike | Mapping[str, ArrayLike],
    tiers: Sequence[Tier],
    *,
    retry_share: float = 0.0,
    retry_after: int = 1,
) -> ChainRun:
    """Play a demand through tiers, listed from the edge down.

    Parameters
    ----------
    demand
        Work per step from outside, shape ``(steps,)`` or ``(steps, scenarios)``: of the first
        tier, or by name of the tiers where it comes in.
    tiers
        Each after all tiers that need it.
    retry_share
        Share from 0 to 1 of the unserved demand that comes again.
    retry_after
        Steps until it does.

    Raises
    ------
    InputError
        Tiers that are unknown, doubled or out of order; numbers out of range.
    """
    _check(tiers, retry_share, retry_after)
    named = demand if isinstance(demand, Mapping) else {tiers[0].name: demand}
    steps, scenarios = _shape([*named.values(), *(t.capacity for t in tiers)])
    units, fresh = np.zeros((2, len(tiers), steps, scenarios))
    for i, tier in enumerate(tiers):
        units[i] = _two(tier.capacity)
    for name, values in named.items():
        fresh[_position(tiers, name)] = _two(values)
    each = np.asarray([t.unit_capacity for t in tiers])[:, None, None]
    limit = units * _usable(tiers, units) * each
    ratios = {(i, name): _ratio(t, r, units[i]) for i, t in enumerate(tiers)
              for name, r in t.needs.items()}  # fmt: skip
    arrived, handled, served = (np.zeros_like(units) for _ in range(3))
    length = retry_after if retry_share else steps
    for start in range(0, steps, length):  # within a block nothing comes again
        block = slice(start, start + length)
        if start:
            before = slice(start - length, min(start, steps - length))
            unserved = arrived[:, before] - served[:, before]
            failed = fresh[:, before] * _share(unserved, arrived[:, before])
            fresh[:, block] += retry_share * failed
        arrived[:, block] = fresh[:, block]
        _play(tiers, ratios, limit, block, (arrived, handled, served))
    return ChainRun(tuple(t.name for t in tiers), arrived, handled, served, limit)


def _play(
    tiers: Sequence[Tier],
    ratios: Mapping[tuple[int, str], Array],
    limit: Array,
    block: slice,
    out: tuple[Array, Array, Array],
) -> None:
    """Down the chain what is handled, then up again what was served to the end."""
    arrived, handled, served = out
    for i, tier in enumerate(tiers):
        handled[i, block] = np.minimum(arrived[i, block], limit[i, block])
        for name in tier.needs:
            below = _position(tiers, name)
            arrived[below, block] += ratios[i, name][block] * handled[i, block]
    for i, tier in reversed(list(enumerate(tiers))):
        served[i, block] = handled[i, block]
        for name in tier.needs:
            below = _position(tiers, name)
            share = _share(served[below, block], arrived[below, block])
            served[i, block] *= 1 - np.minimum(ratios[i, name][block], 1) * (1 - share)


def _usable(tiers: Sequence[Tier], units: Array) -> Array:
    """Share of each tier's units that get their connections."""
    usable = np.ones_like(units)
    for below in tiers:
        callers = [i for i, tier in enumerate(tiers) if below.name in tier.needs]
        if below.connections is None or not callers:
            continue
        pools = np.asarray([tiers[i].pool for i in callers])
        opened = np.tensordot(pools, units[callers], axes=1)
        allowed = _share(np.broadcast_to(_two(below.connections), opened.shape), opened)
        usable[callers] = np.minimum(usable[callers], allowed)
    return usable


def _ratio(tier: Tier, ratio: ArrayLike, units: Array) -> Array:
    """Work sent below per piece handled: more while some of a cache's nodes are cold."""
    usual: Array = np.empty_like(units)
    usual[:] = _two(ratio)
    if not tier.warm_up:
        return usual
    added = np.clip(np.diff(units, axis=0, prepend=units[:1]), 0, None)
    cold = np.zeros_like(units)
    for age in range(min(tier.warm_up, len(units))):
        cold[age:] += added[: len(units) - age] * (1 - age / tier.warm_up)
    share = np.minimum(np.divide(cold, units, out=np.zeros_like(units), where=units > 0), 1)
    return np.asarray(usual + np.maximum(1 - usual, 0) * share)


def _share(part: Array, whole: Array) -> Array:
    """Part of a whole, at most all of it; all of it where there is none."""
    return np.divide(np.minimum(part, whole), whole, out=np.ones_like(whole), where=whole > 0)


def _two(values: ArrayLike) -> Array:
    array = np.asarray(values, dtype=float)
    return array[:, None] if array.ndim == 1 else array


def _shape(values: Sequence[ArrayLike]) -> tuple[int, int]:
    try:
        found = np.broadcast_shapes((1, 1), *(_two(v).shape for v in values))
    except ValueError as error:
        raise InputError(
            "demand and capacities differ in their steps or scenarios", cure="give them one shape"
        ) from error
    return int(found[0]), int(found[1])


def _position(tiers: Sequence[Tier], name: str) -> int:
    for i, tier in enumerate(tiers):
        if tier.name == name:
            return i
    raise InputError(f"no tier {name!r} in the chain", cure="name one of its tiers")


def _check(tiers: Sequence[Tier], retry_share: float, retry_after: int) -> None:
    names = [tier.name for tier in tiers]
    if not names or len(set(names)) < len(names):
        raise InputError("a chain has one tier or more, each by its own name", cure="name them")
    for i, tier in enumerate(tiers):
        if any(_position(tiers, name) <= i for name in tier.needs):
            raise InputError(
                f"{tier.name} needs a tier that is not after it: a cycle, or out of order",
                cure="list tiers from the edge down",
            )
    if not 0 <= retry_share <= 1 or retry_after < 1:
        raise InputError("retry_share is 0 to 1, retry_after 1 or more", cure="correct them")
