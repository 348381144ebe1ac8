"""Forecasters of a replay: hourly ones for AWS's predictive scaling, and foresail's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast.verdicts import LEAST_HISTORY
from foresail.replay.place import UTC, Place
from foresail.replay.settings import Floats

HOUR = pd.Timedelta(hours=1)
DAY_HOURS, WEEK_HOURS = 24, 168

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
    """Forecast hourly medians by foresail itself."""
    hourly = [history.resample(HOUR).mean().dropna() for history in histories]
    paths = [
        quantile_path(history, origin, hours * HOUR, (0.5,), HOUR)[:, 0]
        for history, origin in zip(hourly, origins, strict=True)
    ]
    return np.stack(paths)


def whole_hours(history: pd.Series, origin: pd.Timestamp) -> Floats:
    """Hourly means up to the origin; a gap gets the mean of that hour on other days."""
    hourly = history.resample(HOUR).mean()
    grid = pd.date_range(hourly.index[0], origin.floor("h") - HOUR, freq=HOUR)
    values = hourly.reindex(grid)
    usual = values.groupby(grid.hour).transform("mean")
    return values.fillna(usual).fillna(values.mean()).to_numpy(dtype=np.float64)


def quantile_paths(
    history: pd.Series,
    origins: Sequence[pd.Timestamp],
    horizon: pd.Timedelta,
    quantiles: Sequence[float],
    period: pd.Timedelta,
    place: Place = UTC,
) -> Floats:
    """Forecast many origins of one series at once, each knowing only what was known then.

    Parameters
    ----------
    history
        The whole series, by start of period, gaps absent; its name is the series' name.
    origins
        On its grid of periods, rising; none after its end.
    place
        Time zone and calendar of the series.

    Returns
    -------
    ndarray
        Shape (origins, steps, quantiles), from each origin on.

    Raises
    ------
    InputError
        When less than two days are known at an origin.
    """
    from foresail.forecast.rolling import rolling_forecasts

    _check_known(history[history.index < origins[0]], origins[0], period)
    made = rolling_forecasts(
        _frame(history),
        origins,
        horizon,
        quantiles,
        calendar=place.calendar,
        timezone=place.timezone,
    )
    steps = int(horizon // period)
    return _values(made, quantiles).reshape(len(origins), steps, -1)


def quantile_path(
    history: pd.Series,
    origin: pd.Timestamp,
    horizon: pd.Timedelta,
    quantiles: Sequence[float],
    period: pd.Timedelta,
    place: Place = UTC,
) -> Floats:
    """Forecast one origin, at or after the end of what is known; shape (steps, quantiles)."""
    from foresail.forecast.api import forecast_series

    _check_known(history, origin, period)
    behind = origin - (history.index[-1] + period)
    made = forecast_series(
        _frame(history),
        horizon + behind,
        quantiles,
        calendar=place.calendar,
        timezone=place.timezone,
    )
    skip, steps = int(behind // period), int(horizon // period)
    return _values(made.frame, quantiles)[skip : skip + steps]


def _check_known(known: pd.Series, origin: pd.Timestamp, period: pd.Timedelta) -> None:
    """Say where too little is known."""
    if known.empty or known.index[-1] + period - known.index[0] < LEAST_HISTORY:
        raise InputError(
            f"too little is known at {origin} to forecast from",
            cure="begin the replay later (warmup_days), or leave the series out",
        )


def _frame(history: pd.Series) -> pd.DataFrame:
    times = pd.DatetimeIndex(history.index)
    return pd.DataFrame(
        {"series": str(history.name), "timestamp": times, "value": history.to_numpy()}
    )


def _values(made: pd.DataFrame, quantiles: Sequence[float]) -> Floats:
    columns = [f"q{level:g}" for level in sorted({float(q) for q in quantiles})]
    return made[columns].to_numpy(dtype=np.float64)
