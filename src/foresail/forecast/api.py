"""The public forecast: many series in, quantiles out, each series with its trust and reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast.calibration import quantile_paths
from foresail.forecast.grid import Grid
from foresail.forecast.selection import choose, predict_combined, run_trials
from foresail.forecast.trust import judge
from foresail.history.frame import check_history, infer_period
from foresail.units import parse_duration

MOST_HISTORY = timedelta(days=28)


@dataclass(frozen=True)
class Forecast:
    """Quantiles per series and timestamp, and per series what they rest on.

    ``frame`` has series, timestamp and q0.5 ...; ``details`` has one row per series: series,
    model, trust, trust_reasons, skill, coverage, history_days, missing_share.
    """

    frame: pd.DataFrame
    period: timedelta
    details: pd.DataFrame


def forecast(
    history: pd.DataFrame,
    horizon: str | timedelta = "48h",
    quantiles: Sequence[float] = (0.5, 0.9, 0.95),
    calendar: pd.DataFrame | None = None,
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
        Column date (local) of days that behave like a Sunday: holidays.
    at
        Origin: only periods that had ended by then are known. All of the history when None.

    Returns
    -------
    DataFrame
        series, timestamp (UTC), q0.5 ...: same period as the history, non-decreasing in q.

    Raises
    ------
    InputError
        When the history or a parameter cannot be used; says what and the cure.
    """
    return forecast_series(history, horizon, quantiles, calendar=calendar, at=at).frame


def forecast_series(
    history: pd.DataFrame,
    horizon: str | timedelta = "48h",
    quantiles: Sequence[float] = (0.5, 0.9, 0.95),
    *,
    calendar: pd.DataFrame | None = None,
    at: datetime | str | None = None,
    timezone: str = "UTC",
) -> Forecast:
    """Forecast as `forecast` does, with the details of each series.

    Parameters
    ----------
    timezone
        IANA zone in which days and weeks are counted.
    """
    levels = _check_quantiles(quantiles)
    checked = check_history(history, minimum=None)
    period = infer_period(checked)
    known = check_history(_known(checked, period, at), name="history before the origin")
    steps = _steps(horizon, period)
    holidays = _holidays(calendar)
    frames, details = [], []
    for name, rows in known.groupby("series", sort=False):
        grid = Grid.of(_recent(rows), period, timezone, holidays)
        frame, detail = _one(str(name), grid, steps, levels, _bounds(rows, grid))
        frames.append(frame)
        details.append(detail)
    return Forecast(pd.concat(frames, ignore_index=True), period, pd.DataFrame(details))


def _one(
    name: str, grid: Grid, steps: int, levels: list[float], hidden: np.ndarray
) -> tuple[pd.DataFrame, dict[str, object]]:
    trials = run_trials(grid, steps)
    weights = choose(trials)
    path = predict_combined(grid, weights, steps)
    made = trials.combined(weights) if trials.predicted else np.empty((0, steps))
    actual = _as_bounds(trials.actual, made, trials.origins, hidden)
    hours = grid.period.total_seconds() / 3600
    values = quantile_paths(path, made, actual, levels, hours)
    past = _coverage(made, actual, hours)
    trust = judge(grid, trials, weights)
    start = grid.start + len(grid.values) * grid.period
    times = pd.date_range(start, periods=steps, freq=grid.period).as_unit("us")
    columns = {f"q{level:g}": values[:, i] for i, level in enumerate(levels)}
    frame = pd.DataFrame({"series": name, "timestamp": times, **columns})
    return frame, {
        "series": name,
        "model": " + ".join(f"{w:.0%} {n}" for n, w in weights.items()),
        "trust": trust.score,
        "trust_reasons": trust.reasons,
        "skill": trust.skill,
        "coverage": past,
        "history_days": trust.history_days,
        "missing_share": trust.missing_share,
    }


def _coverage(made: np.ndarray, actual: np.ndarray, hours: float) -> float:
    """Coverage of q0.9 at each origin when calibrated on the others; NaN with fewer than two."""
    if len(made) < 2:
        return float("nan")
    hits, count = 0, 0
    for row in range(len(made)):
        rest = np.arange(len(made)) != row
        upper = quantile_paths(made[row], made[rest], actual[rest], [0.9], hours)[:, 0]
        known = np.isfinite(actual[row])
        hits += int((actual[row][known] <= upper[known]).sum())
        count += int(known.sum())
    return hits / count if count else float("nan")


def _as_bounds(
    actual: np.ndarray, made: np.ndarray, origins: tuple[int, ...], hidden: np.ndarray
) -> np.ndarray:
    """Take censored values as lower bounds: where the prediction was higher, nothing is known."""
    bounded = actual.copy()
    for row, origin in enumerate(origins):
        span = hidden[origin : origin + actual.shape[1]]
        lower = span & (actual[row, : len(span)] < made[row, : len(span)])
        bounded[row, : len(span)][lower] = np.nan
    return bounded


def _bounds(rows: pd.DataFrame, grid: Grid) -> np.ndarray:
    """Tell which periods of a grid are censored."""
    hidden = np.zeros(len(grid.values), dtype=bool)
    if "censored" in rows:
        recent = rows[rows["censored"].astype(bool) & (rows["timestamp"] >= grid.start)]
        places = (pd.DatetimeIndex(recent["timestamp"]) - grid.start) // grid.period
        hidden[places.to_numpy()] = True
    return hidden


def _recent(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the last four weeks: older days would say little and cost time."""
    first = rows["timestamp"].max() - pd.Timedelta(MOST_HISTORY)
    return pd.DataFrame(rows[rows["timestamp"] > first])


def _known(history: pd.DataFrame, period: timedelta, at: datetime | str | None) -> pd.DataFrame:
    if at is None:
        return history
    try:
        origin = pd.Timestamp(at)
    except ValueError as error:
        raise InputError(f"at {at!r} is no time", cure="write 2026-11-24T12:00:00Z") from error
    if origin.tzinfo is None:
        raise InputError(f"at {at!r} has no time zone", cure="append Z for UTC")
    known = history.loc[history["timestamp"] + pd.Timedelta(period) <= origin]
    if known.empty:
        raise InputError(f"no history before {origin}", cure="pass a later at, or more history")
    return pd.DataFrame(known)


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


def _holidays(calendar: pd.DataFrame | None) -> frozenset[date]:
    if calendar is None:
        return frozenset()
    if not isinstance(calendar, pd.DataFrame) or "date" not in calendar.columns:
        raise InputError("the calendar has no column date", cure="pass a frame with local dates")
    return frozenset(pd.to_datetime(calendar["date"]).dt.date)
