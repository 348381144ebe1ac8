"""The public forecast: many series in, quantiles out, each series with its trust and reasons."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast import experts
from foresail.forecast.align import Block, blocks
from foresail.forecast.calendar import Spec, parse_calendar
from foresail.forecast.calendar_types import Calendar
from foresail.forecast.gates import load
from foresail.forecast.predict import Outcome, missing_share, predict
from foresail.forecast.trust import judge
from foresail.forecast.verdicts import OK, split_usable
from foresail.units import parse_duration

CHUNK_BYTES = 48 * 2**20  # of the history of the series that are worked on at once
EXPERTS_NAMED = 3
LEARNED = ("series", "name", "occurrences", "factor", "spread", "source")


@dataclass(frozen=True)
class Forecast:
    """Quantiles per series and timestamp, and per series what they rest on.

    ``frame`` has series, timestamp and q0.5 ...; ``details`` has one row per series: series,
    model, trust, trust_reasons, skill, coverage, history_days, missing_share and verdict ("ok", or
    why there is no forecast); ``learned`` what the calendar's events were found to do.
    """

    frame: pd.DataFrame
    period: timedelta
    details: pd.DataFrame
    learned: pd.DataFrame


def forecast(
    history: pd.DataFrame,
    horizon: str | timedelta = "48h",
    quantiles: Sequence[float] = (0.5, 0.9, 0.95),
    calendar: Spec = None,
    at: datetime | str | None = None,
) -> pd.DataFrame:
    """Forecast demand with quantiles.

    Parameters
    ----------
    history
        Columns series (str), timestamp (tz-aware, start of the period), value (zero or more); any
        regular period; gaps are absent rows; many series. A boolean column censored marks values
        that are lower bounds.
    horizon
        How far ahead, from the end of the last known period.
    quantiles
        Levels in (0, 1).
    calendar
        Holidays and events: a country (``"US"``), a file or frame of events, a frame with a column
        date (local) of days that behave like a Sunday, or a list of these; see `parse_calendar`.
    at
        Origin: only periods that had ended by then are known. All of the history when None.

    Returns
    -------
    DataFrame
        series, timestamp (UTC), q0.5 ...: same period as the history, non-decreasing in q.

    Raises
    ------
    InputError
        When the history or a parameter cannot be used; says what and the cure. Among several
        series one that cannot be forecast is left out with a warning that says why.
    """
    made = forecast_series(history, horizon, quantiles, calendar=calendar, at=at)
    for _, row in made.details[made.details["verdict"] != OK].iterrows():
        warnings.warn(f"no forecast of {row['series']!r}: {row['verdict']}", stacklevel=2)
    return made.frame


def forecast_series(
    history: pd.DataFrame,
    horizon: str | timedelta = "48h",
    quantiles: Sequence[float] = (0.5, 0.9, 0.95),
    *,
    calendar: Spec = None,
    at: datetime | str | None = None,
    timezone: str | Mapping[str, str] = "UTC",
) -> Forecast:
    """Forecast as `forecast` does, with the details of each series.

    Parameters
    ----------
    timezone
        IANA zone in which days and weeks are counted: one for all, or by series (others: UTC).
    """
    levels = _check_quantiles(quantiles)
    events = parse_calendar(calendar)
    good, verdicts = split_usable(history, at=at)
    steps = _steps(horizon, good.period)
    parts = [
        _one(part, steps, levels, events)
        for block in blocks(good.frame, good.period, timezone)
        for part in _chunks(block, steps)
    ]
    order = pd.Index(good.names)
    frame = _in_order(pd.concat([p[0] for p in parts], ignore_index=True), order)
    details = pd.concat([_in_order(pd.concat([p[1] for p in parts]), order), verdicts])
    learned = [p[2] for p in parts if p[2] is not None]
    return Forecast(
        frame,
        good.period,
        details.reset_index(drop=True),
        pd.concat(learned, ignore_index=True) if learned else pd.DataFrame(columns=LEARNED),
    )


def _steps(horizon: str | timedelta, period: timedelta) -> int:
    ahead = parse_duration(horizon)
    if ahead < period:
        raise InputError(
            f"horizon {horizon!r} is shorter than one period", cure="use 48h, or at least a period"
        )
    return int(ahead // period)


def _check_quantiles(quantiles: Sequence[float]) -> list[float]:
    levels = sorted({float(q) for q in quantiles})
    if not levels or not all(0 < level < 1 for level in levels):
        raise InputError(
            f"quantiles {tuple(quantiles)!r} are not all in (0, 1)", cure="pass (0.5, 0.9, 0.95)"
        )
    return levels


def _chunks(block: Block, steps: int) -> Iterator[Block]:
    """Split a block so that the work on each part fits the memory of small machines."""
    width = block.values.shape[1] + steps
    size = max(int(CHUNK_BYTES / (8 * 12 * width)), 1)
    for start in range(0, len(block.names), size):
        yield block.rows(slice(start, start + size))


def _one(
    block: Block, steps: int, levels: list[float], calendar: Calendar
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame | None]:
    outcome = predict(block, steps, levels, calendar, load())
    rows = len(block.names)
    columns = {
        f"q{level:g}": outcome.quantiles[:, :, at].ravel() for at, level in enumerate(levels)
    }
    frame = pd.DataFrame(
        {
            "series": np.repeat(np.asarray(block.names, dtype=object), steps),
            "timestamp": outcome.times.as_unit("us")[np.tile(np.arange(steps), rows)],
            **columns,
        }
    )
    learned = None if outcome.effects is None else outcome.effects.learned
    return frame, _details(block, outcome), learned


def _details(block: Block, outcome: Outcome) -> pd.DataFrame:
    days = np.asarray(block.known * (block.clock.period / pd.Timedelta(days=1)), dtype=np.float64)
    trust = judge(outcome.combined, outcome.trials, days, missing_share(block))
    return pd.DataFrame(
        {
            "series": np.asarray(block.names, dtype=object),
            "model": _models(outcome),
            "trust": trust.score,
            "trust_reasons": [trust.reasons(row) for row in range(len(block.names))],
            "skill": trust.skill,
            "coverage": trust.coverage,
            "history_days": trust.history_days,
            "missing_share": trust.missing_share,
            "verdict": OK,
        }
    )


def _models(outcome: Outcome) -> list[str]:
    """Name the experts that count most, with their weights."""
    weights = outcome.combined.weights.mean(axis=2)
    best = np.argsort(-weights, axis=1, kind="stable")[:, :EXPERTS_NAMED]
    return [
        " + ".join(f"{weights[row, one]:.0%} {experts.NAMES[one]}" for one in some)
        for row, some in enumerate(best)
    ]


def _in_order(frame: pd.DataFrame, order: pd.Index) -> pd.DataFrame:
    """Series in the order of the history; names as strings."""
    place = order.get_indexer(pd.Index(frame["series"]))
    if (np.diff(place) < 0).any():
        frame = frame.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
    return frame.assign(series=frame["series"].astype("str"))
