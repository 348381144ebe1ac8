"""The protocol of the forecasting benchmark: windows of traces, and scores against the day-naive.

Imported by both environments (pandas 2 with the peers, pandas 3 with foresail); it needs numpy and
pandas only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

HOUR = pd.Timedelta(hours=1)
DAY = 24
WEEK = 168
HISTORY = pd.Timedelta(days=14)
HORIZON = pd.Timedelta(hours=48)
STEPS = 48
LEVELS = (0.5, 0.9, 0.95, 0.99)
COLUMNS = tuple(f"q{level:g}" for level in LEVELS)
SHORT_TRACE = pd.Timedelta(days=20)
MOST_ORIGINS = 60
FLOOR = 1e-3
VARIANTS = ("gaussian", "empirical")
# Standard normal quantiles of LEVELS, so that scipy is not needed.
Z = {0.5: 0.0, 0.9: 1.2815515655446004, 0.95: 1.6448536269514722, 0.99: 2.3263478740408408}


@dataclass(frozen=True)
class Window:
    """One series to forecast: what is known at the origin, and what then came.

    Both series are hourly; missing hours are absent.
    """

    name: str
    origin: pd.Timestamp
    history: pd.Series
    future: pd.Series


def trace_paths(folder: Path, names: Sequence[str] = ()) -> dict[str, Path]:
    """Find the traces of a folder by name.

    Parameters
    ----------
    folder
        Where the ``NAME.csv.gz`` files lie.
    names
        Which of them; all when empty.

    Raises
    ------
    SystemExit
        When the folder or a trace is not there: the message says which, and what to do.
    """
    found = {path.name.removesuffix(".csv.gz"): path for path in sorted(folder.glob("*.csv.gz"))}
    if not found:
        raise SystemExit(
            f"no traces (*.csv.gz) in {folder}: pass --traces-folder FOLDER or set"
            " FORESAIL_TRACES to a folder of gzipped CSV files with columns timestamp and value"
        )
    unknown = sorted(set(names) - set(found))
    if unknown:
        raise SystemExit(f"no trace named {', '.join(unknown)}; there are: {', '.join(found)}")
    return {name: found[name] for name in names} if names else found


def read_hourly(path: Path) -> pd.Series:
    """Read a trace as hourly means, indexed by the start of the hour; missing hours are absent."""
    frame = pd.read_csv(path)
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True)
    return frame.set_index("timestamp")["value"].astype(float).resample(HOUR).mean().dropna()


def origins(first: pd.Timestamp, end: pd.Timestamp) -> list[pd.Timestamp]:
    """Spread rolling origins evenly over a trace.

    A trace shorter than 20 days has one every 12 h from its 9th day on. A longer one has one every
    36 h from its 15th day on, or every 60 h, 108 h ... where that would make more than 60: odd
    numbers of half days, so that the hour alternates, and none a multiple of 7, so that the
    weekday does not come back too soon.

    Parameters
    ----------
    first
        The start of the first hour.
    end
        The end of the last hour.
    """
    last = end - HORIZON
    if end - first < SHORT_TRACE:
        return list(pd.date_range(first + pd.Timedelta(days=8), last, freq="12h"))
    begin = first + HISTORY
    for half_days in (3, 5, 9, 11, 13, 15, 17, 19, 23, 25, 27, 29, 31):
        made = pd.date_range(begin, last, freq=pd.Timedelta(hours=12) * half_days)
        if len(made) <= MOST_ORIGINS:
            break
    return list(made[:MOST_ORIGINS])


def windows(trace: str, hourly: pd.Series) -> list[Window]:
    """Cut a trace into windows: up to 14 days of history before each origin, 48 h after it."""
    made = []
    for number, origin in enumerate(origins(hourly.index[0], hourly.index[-1] + HOUR)):
        known = hourly[(hourly.index >= origin - HISTORY) & (hourly.index < origin)]
        future = hourly[(hourly.index >= origin) & (hourly.index < origin + HORIZON)]
        if len(known) and len(future):
            made.append(Window(f"{trace}-{number:03d}", origin, known, future))
    return made


def filled(history: pd.Series, origin: pd.Timestamp) -> np.ndarray:
    """Put a history on a full hourly grid that ends at the origin, for those who need one.

    Inner holes take the mean of the same hour a day before and after where both are known, else a
    straight line; an end that is missing repeats the day before, or else the last value.
    """
    grid = history.reindex(pd.date_range(history.index[0], origin - HOUR, freq=HOUR))
    sides = (grid.shift(DAY) + grid.shift(-DAY)) / 2
    grid = grid.fillna(sides).interpolate(limit_area="inside").fillna(grid.shift(DAY)).ffill()
    return grid.to_numpy(dtype=float)


def pinball(y: np.ndarray, q: np.ndarray, level: float) -> np.ndarray:
    """Give the pinball loss of each value."""
    return np.maximum(level * (y - q), (level - 1) * (y - q))


def day_naive(past: np.ndarray, variant: str = "gaussian", season: int = DAY) -> np.ndarray:
    """Repeat the last known day, with quantiles around it.

    Parameters
    ----------
    past
        A full hourly grid.
    variant
        ``gaussian``: z * sigma * sqrt(k + 1), sigma of the seasonal differences and k the number
        of whole days ahead, as statsforecast's SeasonalNaive. ``empirical``: the quantiles of the
        seasonal differences, whatever the horizon.
    season
        Hours that repeat.

    Returns
    -------
    ndarray
        One row per hour ahead, one column per level of LEVELS.
    """
    path = np.resize(past[-season:], STEPS)
    noise = past[season:] - past[:-season]
    if variant == "gaussian":
        ahead = np.sqrt(np.arange(STEPS) // season + 1)
        spread = np.sqrt(np.mean(noise**2)) * ahead
        return np.column_stack([path + Z[level] * spread for level in LEVELS])
    offsets = [0.0 if level == 0.5 else float(np.quantile(noise, level)) for level in LEVELS]
    return path[:, None] + np.array(offsets)


def baseline(window: Window, variant: str) -> pd.DataFrame:
    """Make the day-naive's forecast of a window: timestamp and the quantiles."""
    made = pd.DataFrame(
        day_naive(filled(window.history, window.origin), variant), columns=list(COLUMNS)
    )
    made.insert(0, "timestamp", pd.date_range(window.origin, periods=STEPS, freq=HOUR))
    return made.assign(window=window.name)


def losses(made: pd.DataFrame, future: pd.Series) -> dict[str, float]:
    """Sum the losses of one window's forecast over the hours that are known.

    Raises
    ------
    ValueError
        When an hour that is known has no forecast.
    """
    q = made.set_index("timestamp")[list(COLUMNS)].reindex(future.index)
    if not np.isfinite(q.to_numpy()).all():
        raise ValueError(f"no forecast for {int(q.isna().any(axis=1).sum())} known hours")
    y = future.to_numpy()
    row = {"n": float(len(y)), "mae": float(np.abs(y - q["q0.5"].to_numpy()).sum())}
    for level, column in zip(LEVELS, COLUMNS, strict=True):
        row[column] = float(pinball(y, q[column].to_numpy(), level).sum())
        row[f"in_{column}"] = float((y <= q[column].to_numpy()).sum())
    return row


def ratio(ours: float, theirs: float) -> float:
    """Divide two losses, kept within FLOOR and 1 / FLOOR; 0 / 0 is 1: both are perfect."""
    if theirs <= 0:
        return 1.0 if ours <= 0 else 1 / FLOOR
    return min(max(ours / theirs, FLOOR), 1 / FLOOR)


def score_trace(
    made: pd.DataFrame, of: Sequence[Window], variant: str = "gaussian"
) -> dict[str, float]:
    """Score a model on a trace: losses summed over its origins, over the day-naive's.

    Parameters
    ----------
    made
        Columns window, timestamp and the quantiles; a window it lacks takes the day-naive's
        forecast and is counted in ``failed``.
    of
        The windows of the trace.
    variant
        Which quantiles the day-naive has.

    Returns
    -------
    dict
        MASE, "WQL 0.5" ..., "coverage 0.5" ..., failed, n.
    """
    by_window = dict(list(made.groupby("window")))
    model, naive, failed = [], [], 0
    for window in of:
        base = baseline(window, variant)
        mine = by_window.get(window.name)
        if mine is None:
            failed, mine = failed + 1, base
        naive.append(losses(base, window.future))
        model.append(losses(mine, window.future))
    total, base_total = pd.DataFrame(model).sum(), pd.DataFrame(naive).sum()
    score = {"MASE": ratio(total["mae"], base_total["mae"])}
    for level, column in zip(LEVELS, COLUMNS, strict=True):
        score[f"WQL {level:g}"] = ratio(total[column], base_total[column])
    for level, column in zip(LEVELS, COLUMNS, strict=True):
        score[f"coverage {level:g}"] = total[f"in_{column}"] / total["n"]
    return {**score, "failed": float(failed), "n": float(total["n"])}


def summarise(scores: pd.DataFrame) -> pd.Series:
    """Summarise rows of traces: geometric means of ratios, means of coverages, sums of the rest."""
    return pd.Series(
        {
            name: float(np.exp(np.log(column).mean()))
            if name.startswith(("MASE", "WQL"))
            else float(column.mean() if name.startswith("coverage") else column.sum())
            for name, column in scores.items()
        }
    )


def _history_rows(window: Window) -> pd.DataFrame:
    known = window.history
    return pd.DataFrame(
        {"window": window.name, "timestamp": known.index, "value": known.to_numpy()}
    )


def write_windows(of: Sequence[Window], folder: Path) -> str:
    """Write histories and origins as Parquet for the models, and give their fingerprint.

    The futures are not written: no model can read them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    history = pd.concat([_history_rows(window) for window in of], ignore_index=True)
    marks = pd.DataFrame({"window": [w.name for w in of], "origin": [w.origin for w in of]})
    history.to_parquet(folder / "history.parquet")
    marks.to_parquet(folder / "origins.parquet")
    text = history.to_csv(index=False) + marks.to_csv(index=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def read_windows(folder: Path) -> list[tuple[str, pd.Timestamp, pd.Series]]:
    """Read name, origin and history of each window."""
    marks = pd.read_parquet(folder / "origins.parquet").set_index("window")["origin"]
    history = pd.read_parquet(folder / "history.parquet")
    return [
        (str(name), marks[name], part.set_index("timestamp")["value"])
        for name, part in history.groupby("window", sort=False)
    ]
