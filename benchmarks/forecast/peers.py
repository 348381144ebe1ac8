"""The peers, one function each: a history and its origin in, quantiles of 48 hours out.

Runs in benchmarks/.venv-peers:  python peers.py CACHE MODEL,... TRACE=FINGERPRINT ...
"""

from __future__ import annotations

import logging
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from protocol import DAY, LEVELS, STEPS, WEEK, filled
from timing import Model, forecast_windows, write_run

# Two-sided intervals whose upper ends are the quantiles of LEVELS above the median.
INTERVALS = (80, 90, 98)
LAGS = (48, 72, 96, 120, 144, 168)
SEED = 20240501


def _upper(made: dict[str, np.ndarray]) -> np.ndarray:
    """Take the mean and the upper interval ends of a statsforecast forecast."""
    return np.column_stack([made["mean"], *(made[f"hi-{level}"] for level in INTERVALS)])


def mstl(history: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """Forecast by statsforecast's MSTL; the week as a season where two weeks are known."""
    from statsforecast.models import MSTL, AutoETS

    y = filled(history, origin)
    seasons = [DAY, WEEK] if len(y) >= 2 * WEEK else [DAY]
    model = MSTL(season_length=seasons, trend_forecaster=AutoETS(model="ZZN"))
    return _upper(model.forecast(y=y, h=STEPS, level=list(INTERVALS)))


def auto_ets(history: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """Forecast by statsforecast's AutoETS with a season of a day."""
    from statsforecast.models import AutoETS

    model = AutoETS(season_length=DAY)
    return _upper(model.forecast(y=filled(history, origin), h=STEPS, level=list(INTERVALS)))


def auto_ces(history: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """Forecast by statsforecast's AutoCES with a season of a day."""
    from statsforecast.models import AutoCES

    model = AutoCES(season_length=DAY)
    return _upper(model.forecast(y=filled(history, origin), h=STEPS, level=list(INTERVALS)))


def seasonal_naive_day(history: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """Forecast by statsforecast's SeasonalNaive of a day."""
    return _seasonal_naive(history, origin, DAY)


def seasonal_naive_week(history: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """Forecast by statsforecast's SeasonalNaive of a week."""
    return _seasonal_naive(history, origin, WEEK)


def _seasonal_naive(history: pd.Series, origin: pd.Timestamp, season: int) -> np.ndarray:
    from statsforecast.models import SeasonalNaive

    model = SeasonalNaive(season_length=season)
    return _upper(model.forecast(y=filled(history, origin), h=STEPS, level=list(INTERVALS)))


def prophet(history: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """Forecast by Prophet as it comes; quantiles of its own predictive samples."""
    from prophet import Prophet

    np.random.seed(SEED)
    known = pd.DataFrame({"ds": history.index.tz_localize(None), "y": history.to_numpy()})
    model = Prophet(uncertainty_samples=1000)
    model.fit(known, seed=SEED)
    ahead = pd.DataFrame({"ds": pd.date_range(origin.tz_localize(None), periods=STEPS, freq="1h")})
    samples = model.predictive_samples(ahead)["yhat"]
    return np.quantile(samples, LEVELS, axis=1).T


def holt_winters(history: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """Forecast by statsmodels' Holt-Winters, additive trend and day; quantiles of simulated paths.

    That is what predictive-horizontal-pod-autoscaler fits; the quantiles are added here, since it
    has none.
    """
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    y = filled(history, origin)
    fit = ExponentialSmoothing(y, trend="add", seasonal="add", seasonal_periods=DAY).fit()
    paths = fit.simulate(STEPS, repetitions=1000, error="add", rng=np.random.default_rng(SEED))
    q = np.quantile(np.asarray(paths), LEVELS, axis=1).T
    q[:, 0] = fit.forecast(STEPS)
    return q


def _features(y: np.ndarray, start: pd.Timestamp, rows: np.ndarray) -> np.ndarray:
    """Lags of at least the horizon (NaN before the history), hour and weekday."""
    padded = np.concatenate([np.full(max(LAGS), np.nan), y])
    hours = start.hour + start.weekday() * DAY + rows
    lags = [padded[rows + max(LAGS) - lag] for lag in LAGS]
    return np.column_stack([*lags, hours % DAY, hours // DAY % 7])


def hgb(history: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """Forecast by scikit-learn's histogram gradient boosting, one quantile loss per level."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    y = filled(history, origin)
    start = origin - pd.Timedelta(hours=len(y))
    train = _features(y, start, np.arange(min(LAGS), len(y)))
    ahead = _features(y, start, np.arange(len(y), len(y) + STEPS))
    made = [
        HistGradientBoostingRegressor(loss="quantile", quantile=level, random_state=SEED)
        .fit(train, y[min(LAGS) :])
        .predict(ahead)
        for level in LEVELS
    ]
    return np.maximum.accumulate(np.column_stack(made), axis=1)


MODELS: dict[str, Model] = {
    "mstl": mstl,
    "hgb": hgb,
    "seasonal_naive_week": seasonal_naive_week,
    "seasonal_naive_day": seasonal_naive_day,
    "auto_ces": auto_ces,
    "prophet": prophet,
    "holt_winters": holt_winters,
    "auto_ets": auto_ets,
}
PACKAGES = ("statsforecast", "prophet", "statsmodels", "scikit-learn", "pandas", "numpy")


def main(cache: Path, models: list[str], traces: dict[str, str]) -> None:
    """Warm each model up, then run it over each trace."""
    warnings.filterwarnings("ignore")
    for noisy in ("prophet", "cmdstanpy"):
        logging.getLogger(noisy).disabled = True
    rng = np.random.default_rng(0)
    hours = pd.date_range("2024-01-01", periods=2 * WEEK, freq="1h", tz="UTC")
    wave = 10 + np.sin(np.arange(2 * WEEK) * 2 * np.pi / DAY) + rng.random(2 * WEEK)
    for name in models:
        MODELS[name](pd.Series(wave, index=hours), hours[-1] + pd.Timedelta(hours=1))
        warnings.simplefilter("ignore")  # again: statsmodels turns its own on when imported
        for trace, fingerprint in traces.items():
            run = forecast_windows(name, MODELS[name], cache / trace, fingerprint)
            write_run(run, cache / trace)
    (cache / "versions-peers.txt").write_text(
        "\n".join(f"{package} {version(package)}" for package in PACKAGES)
    )


if __name__ == "__main__":
    main(
        Path(sys.argv[1]),
        sys.argv[2].split(","),
        dict(pair.split("=", 1) for pair in sys.argv[3:]),
    )
