"""What was set aside before seasons were learned, and why: a report, since nothing is hidden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd

from foresail.forecast.align import Block, blocks, days_of, window_of
from foresail.forecast.arrays import Floats, median
from foresail.forecast.cleaning import LEVEL_HOURS, limit_incidents
from foresail.forecast.verdicts import split_usable
from foresail.forecast.window import DAY_HOURS, HOUR

COLUMNS = ("series", "start", "end", "kind", "seen", "used", "why")
_CHANGED = 0.02  # of the series' size: less is not worth a line
_SHIFT = 6.0  # robust standard deviations between the levels before and after
_FULL_DAY = 20  # hours that must be known for a day to have a level
_REASONS = {
    "spike": "far above what is usual at that hour and around it, for less than half a day",
    "dip": "far below what is usual at that hour and around it, for less than half a day",
    "gap": "not measured; filled by no guess, the same hours of other days speak",
    "hidden": "demand was at least this (censored): taken as a bound, not as a value",
    "shift": "the level changed and stayed: what came before counts less",
}


def set_aside(
    history: pd.DataFrame,
    *,
    at: datetime | str | None = None,
    timezone: str | Mapping[str, str] = "UTC",
) -> pd.DataFrame:
    """List what of a history was limited, bounded or found missing before it was learned from.

    Parameters
    ----------
    history, at, timezone
        As `foresail.forecast.api.forecast_series` takes them.

    Returns
    -------
    DataFrame
        series, start, end (UTC, whole hours), kind (spike, dip, gap, hidden, shift), seen and used
        (mean value by the hour; NaN in a gap), why. Values themselves stay in the record: errors
        and quantiles are measured on what really came.
    """
    good, _ = split_usable(history, at)
    parts = [_of_block(block) for block in blocks(good.frame, good.period, timezone)]
    found = pd.concat(parts, ignore_index=True)
    return found.sort_values(["series", "start"], kind="stable", ignore_index=True)


def _of_block(block: Block) -> pd.DataFrame:
    days = days_of(block.values.shape[1], block.clock.period)
    values = window_of(block, days).values
    hidden = window_of(_as_shares(block), days).values > 0
    used = limit_incidents(values)
    size = np.nan_to_num(median(np.abs(values), 1))[:, None]
    moved = np.nan_to_num(used - values)
    inside = np.arange(values.shape[1])[None, :] >= values.shape[1] - _hours(block)[:, None]
    kinds = {
        "spike": moved < -_CHANGED * size,
        "dip": moved > _CHANGED * size,
        "gap": ~np.isfinite(values) & inside,
        "hidden": hidden,
        "shift": _shifts(values),
    }
    rows = [
        row for kind, marked in kinds.items() for row in _runs(block, kind, marked, values, used)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _as_shares(block: Block) -> Block:
    share = block.hidden.astype(np.float64)
    return replace(block, values=share)


def _hours(block: Block) -> Floats:
    """Hours since each series began."""
    return np.asarray(block.known * (block.clock.period / HOUR), dtype=np.float64)


def _shifts(values: Floats) -> np.ndarray:
    """Mark the hour at which the level left for good: days apart by far more than noise."""
    half = LEVEL_HOURS // 2 + 6
    rows, hours = values.shape
    marked = np.zeros(values.shape, dtype=bool)
    if hours < 4 * DAY_HOURS:
        return marked
    day = values.reshape(rows, -1, DAY_HOURS)
    noise = median(np.abs(np.diff(day, axis=1)).reshape(rows, -1), 1)
    windows = np.lib.stride_tricks.sliding_window_view(values, DAY_HOURS, axis=1)
    level = median(windows.reshape(-1, DAY_HOURS), 1).reshape(rows, -1)
    level[np.isfinite(windows).sum(axis=2) < _FULL_DAY] = np.nan
    change = np.abs(level[:, DAY_HOURS:] - level[:, :-DAY_HOURS])
    known = np.nan_to_num(change)
    best = np.argmax(known, axis=1)
    size = np.nan_to_num(median(np.abs(values), 1))
    clear = known[np.arange(rows), best] > _SHIFT * np.nan_to_num(noise) + 0.1 * size
    at = np.minimum(best + DAY_HOURS, hours - half)
    marked[np.flatnonzero(clear), at[clear]] = True
    return marked


def _runs(
    block: Block, kind: str, marked: np.ndarray, values: Floats, used: Floats
) -> list[tuple[object, ...]]:
    """One row for each run of marked hours."""
    edge = np.diff(np.pad(marked, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    rows, starts = np.nonzero(edge == 1)
    _, ends = np.nonzero(edge == -1)
    hours = values.shape[1]
    found: list[tuple[object, ...]] = []
    for row, start, end in zip(rows, starts, ends, strict=True):
        here = (row, slice(start, end))
        found.append(
            (
                block.names[row],
                block.clock.origin - (hours - start) * HOUR,
                block.clock.origin - (hours - end) * HOUR,
                kind,
                _mean(values[here]),
                _mean(used[here]),
                _REASONS[kind],
            )
        )
    return found


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
