"""Hourly forecasters for AWS's predictive scaling: the field's, and foresail's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast.api import forecast
from foresail.forecast.verdicts import LEAST_HISTORY
from foresail.replay.settings import Floats

HOUR = pd.Timedelta(hours=1)
WEEK = pd.Timedelta(days=7)
DAY_HOURS, WEEK_HOURS = 24, 168
AT_ONCE = 64  # origins in one forecast, to bound memory
LATE = pd.Timedelta(hours=12)  # from the last observation to the origin
LONGEST = pd.Timedelta(days=28, hours=3)  # of history that foresail.forecast looks at

Forecaster = Callable[[Sequence[pd.Series], Sequence[pd.Timestamp], int], Floats]
"""Histories (indexed by start of period, gaps absent) that end before their origins, and hours
ahead, to demand of shape (histories, hours)."""


def mstl(histories: Sequence[pd.Series], origins: Sequence[pd.Timestamp], hours: int) -> Floats:
    """Repeat the last seasons of an MSTL decomposition on its last level.

    Bandara, Hyndman and Bergmeir, *MSTL: a seasonal-trend decomposition algorithm for time series
    with multiple seasonal patterns* (2021), as statsmodels fits it: a day, and a week where more
    than two weeks are known.
    """
    return np.stack(
        [_mstl(whole_hours(h, o), hours) for h, o in zip(histories, origins, strict=True)]
    )


def _mstl(values: Floats, hours: int) -> Floats:
    from statsmodels.tsa.seasonal import MSTL

    periods = [p for p in (DAY_HOURS, WEEK_HOURS) if 2 * p < len(values)]
    if not periods:  # right after a long gap
        return np.full(hours, float(values.mean()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = MSTL(values, periods=periods).fit()
    seasonal = np.asarray(parts.seasonal).reshape(len(values), -1)
    path: Floats = np.full(hours, float(np.asarray(parts.trend)[-1]))
    for period, season in zip(periods, seasonal.T, strict=True):
        path += season[-period:][np.arange(hours) % period]
    return np.asarray(np.maximum(path, 0.0))


def day_and_week(
    histories: Sequence[pd.Series], origins: Sequence[pd.Timestamp], hours: int
) -> Floats:
    """Mean of the same hour on past days, halfway to that of the same hour of the week."""
    made = []
    for history, origin in zip(histories, origins, strict=True):
        values = whole_hours(history, origin)
        ahead = np.arange(len(values), len(values) + hours)
        made.append((_same(values, ahead, DAY_HOURS) + _same(values, ahead, WEEK_HOURS)) / 2)
    return np.stack(made)


def _same(values: Floats, ahead: np.ndarray, season: int) -> Floats:
    season = min(season, len(values))
    phase = np.arange(len(values)) % season
    sums = np.bincount(phase, values, season) / np.bincount(phase, minlength=season)
    means: Floats = sums[ahead % season]
    return means


def median_hours(
    histories: Sequence[pd.Series], origins: Sequence[pd.Timestamp], hours: int
) -> Floats:
    """Forecast hourly medians by foresail itself, all origins in few calls."""
    hourly = [h.resample(HOUR).mean().dropna() for h in histories]
    made = quantile_paths(hourly, origins, hours * HOUR, (0.5,), HOUR)
    return made[:, :, 0]


def whole_hours(history: pd.Series, origin: pd.Timestamp) -> Floats:
    """Hourly means up to the origin; a gap gets the mean of that hour on other days."""
    hourly = history.resample(HOUR).mean()
    grid = pd.date_range(hourly.index[0], origin.floor("h") - HOUR, freq=HOUR)
    values = hourly.reindex(grid)
    usual = values.groupby(grid.hour).transform("mean")
    return values.fillna(usual).fillna(values.mean()).to_numpy(dtype=np.float64)


def quantile_paths(
    histories: Sequence[pd.Series],
    origins: Sequence[pd.Timestamp],
    horizon: pd.Timedelta,
    quantiles: Sequence[float],
    period: pd.Timedelta,
) -> Floats:
    """Forecast many origins in few calls of `foresail.forecast`.

    Origins a whole number of weeks apart are moved onto one another, which changes neither hours
    nor weekdays, and lets the engine work on them together. Each origin is a series of its own and
    sees nothing of the others.

    Returns
    -------
    ndarray
        Shape (origins, steps, quantiles), from each origin on.
    """
    steps, levels = int(horizon // period), len({float(q) for q in quantiles})
    found = np.empty((len(origins), steps, levels))
    for group in _groups(histories, origins):
        some = [histories[at] for at in group], [origins[at] for at in group]
        found[group] = _paths(*some, horizon, quantiles, period)
    return found


def _groups(histories: Sequence[pd.Series], origins: Sequence[pd.Timestamp]) -> list[list[int]]:
    """Origins to forecast in one call; those in a long gap alone, as it takes a long horizon."""
    behind = [o - h.index[-1] for h, o in zip(histories, origins, strict=True)]
    prompt = [at for at, gap in enumerate(behind) if gap <= LATE]
    groups = [prompt[at : at + AT_ONCE] for at in range(0, len(prompt), AT_ONCE)]
    return groups + [[at] for at, gap in enumerate(behind) if gap > LATE]


def _paths(
    histories: Sequence[pd.Series],
    origins: Sequence[pd.Timestamp],
    horizon: pd.Timedelta,
    quantiles: Sequence[float],
    period: pd.Timedelta,
) -> Floats:
    moved = [(o - origins[0]) // WEEK * WEEK for o in origins]
    ends = [h.index[-1] + period for h in histories]
    behind = max(o - e for o, e in zip(origins, ends, strict=True))
    frame = pd.concat(
        [
            _rows(f"{at}", history[history.index >= history.index[-1] - LONGEST], shift)
            for at, (history, shift) in enumerate(zip(histories, moved, strict=True))
        ],
        ignore_index=True,
    )
    _check_known(frame, origins, period)
    made = forecast(frame, horizon + behind, quantiles)
    steps = int(horizon // period)
    columns = [f"q{level:g}" for level in sorted({float(q) for q in quantiles})]
    found = np.empty((len(origins), steps, len(columns)))
    each = len(made) // len(origins)
    values = made[columns].to_numpy(dtype=np.float64).reshape(len(origins), each, -1)
    for at, (origin, end) in enumerate(zip(origins, ends, strict=True)):
        skip = int((origin - end) // period)
        found[at] = values[at, skip : skip + steps]
    return found


def _check_known(
    frame: pd.DataFrame, origins: Sequence[pd.Timestamp], period: pd.Timedelta
) -> None:
    """Say at which origin too little is known."""
    spans = frame.groupby("series", sort=False)["timestamp"].agg(lambda t: t.max() - t.min())
    short = np.flatnonzero(spans.to_numpy() + period < LEAST_HISTORY)
    if len(short):
        raise InputError(
            f"too little is known at {origins[short[0]]} to forecast from",
            cure="begin the replay later (warmup_days), or leave the series out",
        )


def _rows(name: str, history: pd.Series, shift: pd.Timedelta) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "series": name,
            "timestamp": pd.DatetimeIndex(history.index) - shift,
            "value": history.to_numpy(),
        }
    )
