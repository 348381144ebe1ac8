"""Whether one metric runs ahead of another, by how long, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from foresail.demand.deviation import deviations

Array = NDArray[np.float64]
LEAST_DAYS = 4
LEAST_PERIODS = 60
STRENGTH = 0.15  # correlation at the lead, below which it is of no use
SURE = 0.01  # p-value, already multiplied by the number of leads tried
NEAR = 0.9  # of the highest correlation: leads among which the sharpest peak decides
_ORDER = 12  # of the autoregression that whitens
_AROUND = 3  # periods before the lead that the test for causality looks at, and 2 behind


@dataclass(frozen=True, slots=True)
class Lead:
    """How far a metric runs ahead of demand.

    Parameters
    ----------
    periods
        Lead in periods; 0 where none was found.
    lead
        The same as time.
    strength
        Correlation of what is unusual in both, at the lead (or at its best, where none counts).
    p_value
        Of Granger causality at the lead, times the number of leads tried; NaN where not tested.
    reason
        What was found, or why nothing.
    """

    periods: int
    lead: timedelta
    strength: float
    p_value: float
    reason: str

    @property
    def found(self) -> bool:
        """Whether the metric leads."""
        return self.periods > 0


def find_lead(
    leading: pd.Series,
    demand: pd.Series,
    period: timedelta,
    within: timedelta = timedelta(hours=12),
    zone: str = "UTC",
) -> Lead:
    """Find the lead of one series over another.

    Seasons are taken out of both (`deviations`). Among the leads whose correlation is near the
    highest, the peak of the cross-correlation of the whitened series decides (Box and Jenkins,
    1970): without whitening, autocorrelation makes peaks wide. The lead counts when the
    correlation is not small, and the past of the one around the lead improves a forecast of the
    other from its own past (Granger, 1969; F test; Bonferroni's correction for the leads tried).

    Parameters
    ----------
    leading, demand
        By UTC timestamp, on the grid of `period`.
    period
        Length of a period.
    within
        Longest lead to look for.
    zone
        IANA zone in which days are counted.
    """
    x, y = _side_by_side(leading, demand, period, zone)
    most = min(int(within / period), len(x) // 4)
    too_little = _too_little(x, y, most, period)
    if too_little:
        return _none(too_little)
    plain, white = _correlations(x, y, most), _correlations(*_whitened(x, y), most)
    at = _peak(plain, white) - most
    strength = float(plain[at + most])
    if strength < STRENGTH:
        return _none(f"what is unusual in one hardly tells of the other ({strength:.2f})", strength)
    if at <= 0:
        said = "they move together" if at == 0 else f"it follows by {_minutes(-at * period)}"
        return _none(f"no lead: {said}", strength)
    p_value = min(_granger(x, y, at) * most, 1.0)
    if not p_value < SURE:
        return _none(f"a lead of {_minutes(at * period)} may be chance", strength, p_value)
    told = f"runs ahead by {_minutes(at * period)}"
    return Lead(at, at * period, strength, p_value, told)


def _too_little(x: Array, y: Array, most: int, period: timedelta) -> str:
    """Say what there is too little of to look for a lead; nothing when there is enough."""
    if len(x) * period < timedelta(days=LEAST_DAYS) or len(x) < LEAST_PERIODS:
        return f"fewer than {LEAST_DAYS} days, or {LEAST_PERIODS} periods, of both are known"
    if most < 1:
        return "within is shorter than a period"
    return "one of them never leaves its usual course" if _flat(x) or _flat(y) else ""


def _none(reason: str, strength: float = float("nan"), p_value: float = float("nan")) -> Lead:
    return Lead(0, timedelta(0), strength, p_value, reason)


def _minutes(time: timedelta) -> str:
    return f"{time.total_seconds() / 60:g} min"


def _side_by_side(
    leading: pd.Series, demand: pd.Series, period: timedelta, zone: str
) -> tuple[Array, Array]:
    """Lay what is unusual in both on one grid; gaps count as usual."""
    if leading.empty or demand.empty:
        return np.empty(0), np.empty(0)
    one, other = deviations(leading, period, zone), deviations(demand, period, zone)
    both = pd.DataFrame({"x": one, "y": other}).dropna(how="all")
    known = both.loc[both["x"].first_valid_index() : both["x"].last_valid_index()]
    known = known.loc[known["y"].first_valid_index() : known["y"].last_valid_index()]
    if known.empty:
        return np.empty(0), np.empty(0)
    grid = pd.date_range(known.index[0], known.index[-1], freq=pd.Timedelta(period), unit="us")
    filled = known.reindex(grid).fillna(0.0)
    return filled["x"].to_numpy(dtype=float), filled["y"].to_numpy(dtype=float)


def _flat(values: Array) -> bool:
    return bool(np.std(values) < 1e-9)


def _correlations(x: Array, y: Array, most: int) -> Array:
    """Correlation of x at t - k with y at t, for k from -most to most."""
    from scipy.signal import correlate

    x, y = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    full = correlate(y, x, mode="full", method="fft") / len(x)
    middle = len(x) - 1
    return np.asarray(full[middle - most : middle + most + 1], dtype=float)


def _whitened(x: Array, y: Array) -> tuple[Array, Array]:
    """Both filtered by the autoregression of x."""
    past = np.column_stack([x[_ORDER - k : len(x) - k] for k in range(1, _ORDER + 1)])
    weights = np.linalg.lstsq(past, x[_ORDER:], rcond=None)[0]
    filtered = np.r_[1.0, -weights]
    return (
        np.convolve(x, filtered, mode="valid"),
        np.convolve(y, filtered, mode="valid"),
    )


def _peak(plain: Array, white: Array) -> int:
    near = plain >= NEAR * plain.max()
    return int(np.argmax(np.where(near, white, -np.inf)))


def _granger(x: Array, y: Array, lead: int) -> float:
    """P-value of the past of x around a lead, beside the past of y; 0 where one is the other."""
    from statsmodels.tools.sm_exceptions import InfeasibleTestError
    from statsmodels.tsa.stattools import grangercausalitytests

    closer = min(lead, _AROUND)
    shift = lead - closer
    pair = np.column_stack([y[shift:], x[: len(x) - shift]])
    lags = closer + 2
    try:
        tests = grangercausalitytests(pair, [lags])
    except InfeasibleTestError:  # the past of both is the same numbers: nothing is left to chance
        return 0.0
    return float(tests[lags][0]["ssr_ftest"][1])
