"""Arithmetic on arrays with gaps (NaN), along one axis and for many rows at once.

numpy's own NaN-aware functions warn on empty rows and are slow on many short ones; these answer
NaN quietly, by sorting (NaN goes last) or by masked sums.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TINY = 1e-12


def mean(values: Floats, axis: int | tuple[int, ...]) -> Floats:
    """Mean of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis)
    total = np.where(known, values, 0.0).sum(axis)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def weighted_mean(values: Floats, weights: NDArray[np.floating], axis: int) -> Floats:
    """Weighted mean of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    weight = np.where(known, weights, 0.0)
    total = weight.sum(axis)
    summed = (np.where(known, values, 0.0) * weight).sum(axis)
    return np.where(total > 0, summed / np.maximum(total, TINY), np.nan)


def median(values: Floats, axis: int) -> Floats:
    """Median of what is known; NaN where nothing is."""
    ordered = np.sort(values, axis)
    count = np.isfinite(values).sum(axis, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum((count - 1) // 2, 0), axis)
    high = np.take_along_axis(ordered, np.where(count > 0, count // 2, 0), axis)
    return np.squeeze((low + high) / 2, axis)


def quantiles(values: Floats, levels: Sequence[float] | Floats) -> Floats:
    """Sample quantiles of each row at rank ``level (n + 1)``: unbiased coverage for few values.

    Parameters
    ----------
    values
        Shape (rows, n), with gaps.
    levels
        In (0, 1).

    Returns
    -------
    ndarray
        Shape (rows, levels); NaN where a row is empty.
    """
    ordered = np.sort(values, axis=1)
    count = np.isfinite(values).sum(axis=1, keepdims=True)
    last = np.maximum(count - 1, 0)
    rank = np.clip(np.asarray(levels)[None, :] * (count + 1) - 1, 0, last)
    low = np.floor(rank).astype(np.int64)
    below = np.take_along_axis(ordered, low, axis=1)
    above = np.take_along_axis(ordered, np.minimum(low + 1, last), axis=1)
    return np.asarray(below + (above - below) * (rank - low))


def first_known(*choices: Floats) -> Floats:
    """Take each element from the first array that knows it."""
    result = np.array(np.broadcast_arrays(*choices)[0])
    for other in choices[1:]:
        result = np.where(np.isfinite(result), result, other)
    return result
