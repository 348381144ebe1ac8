"""Several signals of one tier made into one: what each weighs is learned from the units at work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]
FOLDS = 5  # days at the end, each predicted from the days before it
LEAST_DAYS = 4  # before the first of them
BETTER = 0.95  # of the error of the maximum, for weights to count
_HUBER = 1.345  # spreads; 95 % efficient where errors are normal (Huber, 1964)
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Learned:
    """The combination of a tier's signals.

    Parameters
    ----------
    frame
        series, timestamp, value (units at 100 %), censored; None where the maximum stays.
    weights
        Weight of each signal, in units at work per unit that the signal says.
    error
        Mean absolute error of the weighted sum over that of the maximum, on days not learned from.
    reason
        Why it counts, or why not.
    """

    frame: pd.DataFrame | None
    weights: dict[str, float]
    error: float
    reason: str


def learned_demand(
    demand: pd.DataFrame, capacity: Mapping[str, float], busy: pd.Series, name: str
) -> Learned:
    """Learn how much each signal weighs, and say whether that beats the maximum over signals.

    Non-negative least squares (Lawson and Hanson, 1974) of the units at work on the signals, with
    Huber's weights against outliers. The last days are each predicted from those before, and the
    weights count only where they lower the mean absolute error there.

    Parameters
    ----------
    demand
        series, timestamp (UTC), value, censored; one series for each signal.
    capacity
        Demand that one unit serves at 100 %, by series.
    busy
        Units at work by timestamp (UTC): utilisation x units in service.
    name
        Name of the combined series.

    Returns
    -------
    Learned
        Its frame has a row where all signals are known, in units at 100 %.
    """
    units = _in_units(demand, capacity)
    hidden = demand.groupby("timestamp")["censored"].any()
    known = units.dropna().index.intersection(busy.index)
    open_ = known[~hidden.reindex(known).to_numpy(dtype=bool)]
    x, y = units.loc[open_].to_numpy(dtype=float), busy.loc[open_].to_numpy(dtype=float)
    days = pd.DatetimeIndex(open_).floor("1D")
    itself = _itself(units.columns, x, y)
    reason, error = (itself, float("nan")) if itself else _judge(x, y, days)
    if reason:
        return Learned(None, {}, error, f"signals are combined by their maximum: {reason}")
    weights = weigh(x, y)
    told = ", ".join(f"{w:.2f} x {s}" for s, w in zip(units.columns, weights, strict=True))
    return Learned(
        _weighted(units, weights, hidden, name),
        dict(zip(map(str, units.columns), map(float, weights), strict=True)),
        error,
        f"signals are combined as {told}: {1 - error:.0%} less error than their maximum",
    )


def weigh(x: Array, y: Array) -> Array:
    """Weights of the columns of `x` that add up to `y`, none negative, robust to outliers."""
    from scipy.optimize import nnls

    sure = np.ones(len(y))
    found = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        root = np.sqrt(sure)
        found = nnls(x * root[:, None], y * root)[0]
        left = np.abs(y - x @ found)
        spread = 1.4826 * float(np.median(left))
        if spread <= 1e-12 * float(np.abs(y).max()):
            break
        sure = np.minimum(1.0, _HUBER * spread / np.maximum(left, 1e-300))
    return np.asarray(found, dtype=float)


def _in_units(demand: pd.DataFrame, capacity: Mapping[str, float]) -> pd.DataFrame:
    scaled = demand.assign(value=demand["value"] / demand["series"].map(capacity))
    wide = scaled.pivot(index="timestamp", columns="series", values="value")
    return wide[list(dict.fromkeys(demand["series"]))]


def _itself(names: pd.Index, x: Array, y: Array) -> str:
    """Say when a signal is what would be learned from: it would weigh one, and all others none."""
    for name, values in zip(names, x.T, strict=True):
        if len(y) and np.allclose(values, y, rtol=1e-6, atol=1e-12):
            return f"{name} is the utilisation that weights are learned from"
    return ""


def _judge(x: Array, y: Array, days: pd.DatetimeIndex) -> tuple[str, float]:
    """Say why weights do not count (nothing when they do), and their error over the maximum's."""
    if x.shape[1] < 2:
        return "there is only one", float("nan")
    if not len(y):
        return "utilisation and units in service are not known together with them", float("nan")
    each = days.unique()
    tested = each[LEAST_DAYS:][-FOLDS:]
    if not len(tested):
        return f"{len(each)} days are known, {LEAST_DAYS + 1} are needed", float("nan")
    errors = np.array([_errors(x, y, days, day) for day in tested])
    ratio = float(errors[:, 0].sum() / max(errors[:, 1].sum(), 1e-300))
    wins = int((errors[:, 0] < errors[:, 1]).sum())
    if ratio > BETTER or 2 * wins <= len(tested):
        return f"weights have {ratio:.0%} of its error on the last {len(tested)} days", ratio
    return "", ratio


def _errors(x: Array, y: Array, days: pd.DatetimeIndex, day: pd.Timestamp) -> tuple[float, float]:
    """Sum of absolute errors on a day: of weights learned before it, and of the maximum."""
    before, then = np.asarray(days < day), np.asarray(days == day)
    weights = weigh(x[before], y[before])
    return (
        float(np.abs(y[then] - x[then] @ weights).sum()),
        float(np.abs(y[then] - x[then].max(axis=1)).sum()),
    )


def _weighted(units: pd.DataFrame, weights: Array, hidden: pd.Series, name: str) -> pd.DataFrame:
    rows = units.dropna()
    return pd.DataFrame(
        {
            "series": name,
            "timestamp": rows.index,
            "value": rows.to_numpy(dtype=float) @ weights,
            "censored": hidden.reindex(rows.index).to_numpy(dtype=bool),
        }
    ).astype({"series": "str"})
