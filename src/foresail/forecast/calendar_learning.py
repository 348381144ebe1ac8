"""What occurrences of an event teach: a factor, its spread, and the shape that they agree on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from foresail.forecast.calendar_profiles import DOUBT, Floats, Ints, over
from foresail.forecast.calendar_windows import Bools

LEAST, MOST = 0.05, 20.0  # bounds of one occurrence
MOST_SHAPE = 3.0  # an hour of an event against the whole of it

Words = NDArray[np.object_]
Rows = slice | Ints


@dataclass(frozen=True)
class Seen:
    """How one occurrence went, for those series that it moves (``rows``).

    ``log`` (n,): logarithm of the ratio, NaN when not known, and ``why`` not; ``noise`` (n,): its
    variance without any event; ``hours``, ``wanted`` (n, K): logarithm of each hour's ratio against
    the whole, and the demand that was expected in it.
    """

    rows: Rows
    log: Floats
    noise: Floats
    hours: Floats
    wanted: Floats
    why: Words


@dataclass(frozen=True)
class Lesson:
    """What the occurrences of a group teach each of the series.

    ``count``, ``log`` and ``spread`` have shape (S,), ``shape`` (S, K): the logarithm of each hour
    of the event against the whole; ``why`` (S,): the reason where the count is zero.
    """

    count: Ints
    log: Floats
    spread: Floats
    shape: Floats
    why: Words

    @classmethod
    def of(cls, seen: Sequence[Seen], size: int) -> Lesson:
        """Pool occurrences: the spread of what was seen draws their mean towards no effect."""
        logs = np.stack([spread_out(one.log, one.rows, size) for one in seen])
        noises = np.stack([spread_out(one.noise, one.rows, size) for one in seen])
        known = np.isfinite(logs)
        count = known.sum(axis=0)
        some = np.maximum(count, 1)
        mean = np.where(known, logs, 0.0).sum(axis=0) / some
        noise = np.where(known, noises, 0.0).sum(axis=0) / some
        squares = np.where(known, np.square(logs - mean), 0.0).sum(axis=0)
        sampled = squares / np.maximum(count - 1, 1)
        # Occurrences differ by a quarter of their effect, counted as one more of them, unless they
        # say otherwise; the noise of ordinary days is in the forecast already.
        between = np.maximum(np.square(DOUBT * mean) + squares - (count - 1) * noise, 0.0) / some
        spread = np.sqrt(between * (1 + 1 / some) + noise / some)
        why = np.full(size, "no earlier occurrence", dtype=object)
        for one in seen:
            why[one.rows] = one.why
        return cls(
            count,
            drawn_in(mean, np.maximum(noise, sampled) / some),
            np.where(count > 0, spread, 0.0),
            _shape(seen, known),
            why,
        )


def drawn_in(log: Floats, variance: Floats) -> Floats:
    """Draw an effect towards none, as far as it is within its noise."""
    square = np.square(log)
    return log * np.where(square > 0, square / np.where(square > 0, square + variance, 1.0), 0.0)


def log_ratio(top: Floats, bottom: Floats) -> Floats:
    """Logarithm of a ratio within bounds; NaN where there is nothing to compare with."""
    return np.log(np.clip(over(top, bottom), LEAST, MOST))


def at(shape: Floats, hours: Ints) -> Floats:
    """Shape at hours of an event; none after its end."""
    padded = np.concatenate([shape, np.zeros((len(shape), 1))], axis=1)
    return padded[:, np.minimum(hours, shape.shape[1])]


def _shape(seen: Sequence[Seen], known: Bools) -> Floats:
    """Hours of an event against its whole (S, K), as far as two occurrences or more agree."""
    count, size = known.shape
    length = min(one.hours.shape[1] for one in seen)
    if count < 2 or length == 0:
        return np.zeros((size, 0))
    hours = np.stack([spread_out(one.hours[:, :length], one.rows, size) for one in seen])
    weight = np.stack([spread_out(one.wanted[:, :length], one.rows, size) for one in seen])
    there = np.isfinite(hours) & known[:, :, None]
    times = there.sum(axis=0)
    both = times >= 2
    mean = np.where(there, hours, 0.0).sum(axis=0) / np.maximum(times, 1)
    apart = np.where(there, np.square(hours - mean), 0.0).sum(axis=0) / np.maximum(times - 1, 1)
    signal = np.where(both, np.square(mean), 0.0).sum(axis=1)
    error = np.where(both, apart / np.maximum(times, 1), 0.0).sum(axis=1)
    agreed = np.where(signal > 0, np.maximum(1 - over(error, signal), 0.0), 0.0)
    limit = np.log(MOST_SHAPE)
    shape = np.where(both, np.clip(agreed[:, None] * mean, -limit, limit), 0.0)
    mass = np.where(there, weight, 0.0).sum(axis=0)
    total = mass.sum(axis=1)
    level = np.where(total > 0, over((mass * np.exp(shape)).sum(axis=1), total), 1.0)
    return np.where(agreed[:, None] > 0, shape - np.log(level)[:, None], 0.0)


def spread_out(part: Floats, rows: Rows, size: int) -> Floats:
    """Give a part of the series its place among all of them; NaN for the others."""
    whole = np.full((size, *part.shape[1:]), np.nan)
    whole[rows] = part
    return whole
