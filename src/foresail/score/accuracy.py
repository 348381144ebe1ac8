"""How good a forecast was: MASE, scaled pinball, coverage, PIT, and each by lead time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import pandas as pd

from foresail.forecast.losses import coverage, mase, scaled_pinball
from foresail.plan.capacity import quantile_columns

LEADS = (1.0, 6.0, 24.0, math.inf)  # hours; upper ends of the groups
MOST_BIAS = 3.0  # normal scores beyond are as surprising as this one: one outlier is not a drift


@dataclass(frozen=True, slots=True)
class LeadScore:
    """The same measures for periods that were up to `hours` ahead (None: any more)."""

    hours: float | None
    periods: int
    mase: float | None
    pinball: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class SignalScore:
    """How good the forecast of one demand metric was over a window.

    Parameters
    ----------
    signal
        The metric.
    periods
        Periods with known demand that is not censored.
    mase
        Mean absolute error of the median over that of repeating the day before, in the history;
        None where the history does not change from day to day.
    pinball, coverage
        By quantile (``q0.9``): scaled pinball loss, and the share of demand at or below it.
    pit
        Probability integral transform: (upper quantile, share expected, share seen) of each bin
        between two forecast quantiles.
    bias
        Mean normal score of demand within its forecast: 0 is right, above 0 demand was higher than
        foreseen, +1 as a rule at the 84 % quantile.
    by_lead
        By how long before its period the forecast was made, of all forecasts that told of it.
    """

    signal: str
    periods: int
    mase: float | None
    pinball: dict[str, float | None]
    coverage: dict[str, float]
    pit: tuple[tuple[float, float, float], ...]
    bias: float | None
    by_lead: tuple[LeadScore, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        leads = tuple(LeadScore(**one) for one in data["by_lead"])
        pit = tuple((float(a), float(b), float(c)) for a, b, c in data["pit"])
        return cls(**{**data, "by_lead": leads, "pit": pit})


def score_signal(
    held: pd.DataFrame,
    told: pd.DataFrame,
    actual: pd.DataFrame,
    *,
    season: int,
    quantile: float,
) -> SignalScore | None:
    """Score the forecast of one signal over a window.

    Parameters
    ----------
    held
        signal, timestamp, q0.5 ...: the forecast in force in each period of the window.
    told
        The same and made (UTC): every forecast that told of the window's periods.
    actual
        timestamp, value, censored of the signal, up to the window's end, with the history before
        it. Censored demand was at least what was seen: it is left out.
    season
        Periods of a day.
    quantile
        The one that was planned; the lead times are told of it.

    Returns
    -------
    SignalScore or None
        None when no demand of the window is known.
    """
    known = actual[~actual["censored"].astype(bool)].dropna(subset="value")
    both = _matched(held, known)
    if both.empty:
        return None
    before = _history(known, both["timestamp"].min())
    columns = _told_throughout(both)
    return SignalScore(
        signal=str(both["series"].iloc[0]),
        periods=len(both),
        mase=_mase(both, before, season),
        pinball={name: _pinball(both, name, level) for level, name in columns.items()},
        coverage={name: float(coverage(both, name).iloc[0]) for name in columns.values()},
        pit=_pit(both, columns),
        bias=_bias(both, columns),
        by_lead=_by_lead(_matched(told, known), before, season, quantile),
    )


def _told_throughout(both: pd.DataFrame) -> dict[float, str]:
    """Quantiles that every forecast in force had; a plan that covers another may add its own."""
    return {
        level: name for level, name in quantile_columns(both).items() if both[name].notna().all()
    }


def _matched(said: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    rows = said.rename(columns={"signal": "series"})
    return rows.merge(known[["timestamp", "value"]], on="timestamp")


def _history(known: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """Demand before the window on its full grid: lags are counted in periods, not in rows."""
    before = known.loc[known["timestamp"] < start].set_index("timestamp")["value"]
    if before.empty:
        return pd.DataFrame({"series": [], "timestamp": [], "value": []})
    step = pd.Series(before.index).diff().min()
    whole = before.resample(step).mean() if pd.notna(step) else before
    return whole.rename("value").reset_index().assign(series="")


def _mase(both: pd.DataFrame, before: pd.DataFrame, season: int) -> float | None:
    if before.empty:
        return None
    found = mase(both.assign(series=""), "q0.5", before, season)
    return _finite(found.iloc[0])


def _pinball(both: pd.DataFrame, name: str, level: float) -> float | None:
    return _finite(scaled_pinball(both.assign(series=""), name, level).iloc[0])


def _pit(
    both: pd.DataFrame, columns: Mapping[float, str]
) -> tuple[tuple[float, float, float], ...]:
    said, came = both[list(columns.values())].to_numpy(), both["value"].to_numpy()
    above = (came[:, None] > said).sum(axis=1)
    seen = np.bincount(above, minlength=len(columns) + 1) / len(both)
    edges = [0.0, *columns, 1.0]
    return tuple(
        (high, round(high - low, 9), float(share))
        for low, high, share in zip(edges[:-1], edges[1:], seen, strict=True)
    )


def _bias(both: pd.DataFrame, columns: Mapping[float, str]) -> float | None:
    from scipy.special import ndtri  # whoever only reads a mode has no need of scipy

    from foresail.forecast.adaptive import normal_scores

    said = both[list(columns.values())].to_numpy(dtype=np.float64)
    found = normal_scores(both["value"].to_numpy(dtype=np.float64), said, ndtri(list(columns)))
    found = np.clip(found[np.isfinite(found)], -MOST_BIAS, MOST_BIAS)
    return float(found.mean()) if len(found) else None


def _by_lead(
    both: pd.DataFrame, before: pd.DataFrame, season: int, quantile: float
) -> tuple[LeadScore, ...]:
    ahead = (both["timestamp"] - pd.to_datetime(both["made"], utc=True)) / pd.Timedelta(hours=1)
    groups = np.searchsorted(LEADS, ahead.to_numpy(dtype=np.float64), side="left")
    name = f"q{quantile:g}"
    return tuple(
        _lead(both[groups == at].dropna(subset=name), hours, before, season, quantile)
        for at, hours in enumerate(LEADS)
        if name in both and both.loc[groups == at, name].notna().any()
    )


def _lead(
    rows: pd.DataFrame, hours: float, before: pd.DataFrame, season: int, quantile: float
) -> LeadScore:
    name = f"q{quantile:g}"
    return LeadScore(
        hours=_finite(hours),
        periods=len(rows),
        mase=_mase(rows, before, season),
        pinball=_pinball(rows, name, quantile),
        coverage=float((rows["value"] <= rows[name]).mean()),
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
