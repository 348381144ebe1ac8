"""Correct a forecast by metrics that run ahead of demand, where that helped in the past."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from foresail.demand.deviation import deviations
from foresail.demand.lead import LEAST_DAYS, Lead, find_lead
from foresail.forecast.arrays import Floats
from foresail.forecast.losses import pinball

BLOCKS = 4  # of origins in order of time; each but the first is predicted from those before
LEAST_ORIGINS = 20
BETTER = 0.97  # of the pinball loss without, on origins not learned from
ORIGINS = 72
RECENT = 6  # periods before the origin whose part of the lead shows in demand already
FOUND_ON = 0.5  # share of the history that the lead is looked for in; origins come after it
SPARE = timedelta(hours=6)  # on top of LEAST_DAYS, so that a gap at the end does not matter
Past = Callable[[str, timedelta, Sequence[pd.Timestamp]], pd.DataFrame]
_MOST = float(np.log(3.0))  # a correction never does more than a third or three times
_HUBER = 1.345
_ROUNDS = 10


@dataclass(frozen=True, slots=True)
class Correction:
    """What a leading metric did to the forecast of one series.

    Parameters
    ----------
    series, leading
        Names of the demand series and of the leading metric.
    lead
        The lead that was found.
    explained
        R2 of the forecast's errors (log ratios) by the metric, on origins not learned from.
    pinball_ratio
        Pinball loss with the correction over that without, on these origins; NaN if not tried.
    used
        Whether the forecast was corrected.
    reason
        Why, or why not.
    """

    series: str
    leading: str
    lead: Lead
    explained: float
    pinball_ratio: float
    used: bool
    reason: str


@dataclass(frozen=True, slots=True)
class _Fit:
    """Weights of the deviation one lead ago, and of what demand shows of it already."""

    weights: Floats
    explained: float
    ratio: float
    wins: float


def with_leading(
    forecast: pd.DataFrame,
    demand: pd.DataFrame,
    leading: pd.DataFrame,
    past: Past,
    period: timedelta,
    *,
    within: timedelta = timedelta(hours=12),
    zone: str = "UTC",
) -> tuple[pd.DataFrame, tuple[Correction, ...]]:
    """Correct quantiles within the lead of a metric by how unusual that metric is.

    The lead is looked for in the first half of the history (or as much as that takes), and judged
    on the rest, which had no part in finding it. The errors of past forecasts (log of actual over
    median) are regressed on the metric's deviation one lead before, and on its mean over the half
    hour that demand had shown by the origin, with Huber's weights. All quantiles of a time are
    multiplied by the same factor, shrunk by the regression's R2 on origins that it did not learn
    from; so their order stays. Where that would not have lowered the pinball loss there, nothing
    changes. Of several metrics the best one is used.

    Parameters
    ----------
    forecast
        series, timestamp (UTC), q0.5 and other quantiles, from one origin.
    demand
        series, timestamp, value and, where known, censored: what was known at the origin.
    leading
        series, timestamp, value of the leading metrics, on the same grid.
    past
        Asked only when a lead is found. Given the name of a series, the lead and past origins
        (see `past_origins`), it answers forecasts of the series over the lead, as
        `foresail.forecast.rolling.rolling_forecasts` gives them: series, origin, timestamp and the
        same quantiles.
    period
        Length of a period.
    within
        Longest lead to look for.
    zone
        IANA zone in which days are counted.

    Returns
    -------
    DataFrame
        As `forecast`, the rows in the same order.
    tuple of Correction
        One for each series and metric.
    """
    corrected = forecast.copy()
    judged = _judged(demand, leading, past, period, within, zone)
    for correction, fit in judged:
        if fit is not None and correction.used:
            metric = leading[leading["series"] == correction.leading]
            rows = corrected["series"] == correction.series
            corrected.loc[rows] = _apply(
                corrected[rows], _deviation(metric, period, zone), correction.lead, fit, period
            )
    return corrected, tuple(correction for correction, _ in judged)


def check_leading(
    demand: pd.DataFrame,
    leading: pd.DataFrame,
    past: Past,
    period: timedelta,
    *,
    within: timedelta = timedelta(hours=12),
    zone: str = "UTC",
) -> tuple[Correction, ...]:
    """Tell what leading metrics would do to forecasts, as `with_leading` does."""
    judged = _judged(demand, leading, past, period, within, zone)
    return tuple(correction for correction, _ in judged)


def _judged(
    demand: pd.DataFrame,
    leading: pd.DataFrame,
    past: Past,
    period: timedelta,
    within: timedelta,
    zone: str,
) -> list[tuple[Correction, _Fit | None]]:
    """Try each metric on each series; the one that helps a series most is used."""
    judged: list[tuple[Correction, _Fit | None]] = []
    for _, own in demand.groupby("series", sort=False):
        tried = [
            _try(own, metric, past, period, within, zone)
            for _, metric in leading.groupby("series", sort=False)
        ]
        best = min((fit.ratio for _, fit in tried if fit is not None), default=np.nan)
        for one, fit in tried:
            judged.append((_chosen(one, use=fit is not None and fit.ratio == best), fit))
    return judged


def judged_from(
    demand: pd.DataFrame, metric: pd.DataFrame, period: timedelta, zone: str = "UTC"
) -> pd.Timestamp:
    """Divide a history: the lead is looked for before this time, and judged from it on."""
    first, end = demand["timestamp"].iloc[0], demand["timestamp"].iloc[-1] + period
    half: pd.Timestamp = first + ((end - first) * FOUND_ON // period) * period
    since = [_known_long(one, period, zone) for one in (demand, metric)]
    return max([half, *(one for one in since if one is not None)])


def _known_long(frame: pd.DataFrame, period: timedelta, zone: str) -> pd.Timestamp | None:
    """Tell since when enough is known of what is unusual; None when there never was."""
    times = _deviation(frame, period, zone).dropna().index
    enough = times[times >= times[0] + timedelta(days=LEAST_DAYS)] if len(times) else times
    if not len(enough):
        return None
    since: pd.Timestamp = enough[0] + SPARE
    return since


def past_origins(
    first: pd.Timestamp, end: pd.Timestamp, lead: timedelta, period: timedelta
) -> list[pd.Timestamp]:
    """Origins to check a correction at: at most 72, evenly from `first` to a lead before `end`."""
    span = (end - lead - first).to_pytimedelta()
    step = max(lead / 2, timedelta(hours=1), span / ORIGINS)
    whole = -(-step // period) * period
    return [end - lead - number * whole for number in range(span // whole + 1)][::-1]


def _try(
    demand: pd.DataFrame,
    metric: pd.DataFrame,
    past: Past,
    period: timedelta,
    within: timedelta,
    zone: str,
) -> tuple[Correction, _Fit | None]:
    first = judged_from(demand, metric, period, zone)
    ahead, behind = (_values(one[one["timestamp"] < first]) for one in (metric, demand))
    lead = find_lead(ahead, behind, period, within, zone)
    names = str(demand["series"].iloc[0]), str(metric["series"].iloc[0])
    if not lead.found:
        return Correction(*names, lead, np.nan, np.nan, False, lead.reason), None
    origins = past_origins(first, demand["timestamp"].iloc[-1] + period, lead.lead, period)
    few = f"{lead.reason}, but too few past forecasts can be checked"
    if len(origins) < LEAST_ORIGINS:
        return Correction(*names, lead, np.nan, np.nan, False, few), None
    forecasts = past(names[0], lead.lead, origins)
    rows = _rows(demand, _deviation(metric, period, zone), forecasts, lead, period)
    if rows["origin"].nunique() < LEAST_ORIGINS:
        return Correction(*names, lead, np.nan, np.nan, False, few), None
    fit = _validated(rows)
    good = fit.weights[0] > 0 and fit.ratio < BETTER and fit.wins > 0.5
    told = f"{lead.reason}; past forecasts had {fit.ratio:.0%} of the loss with it"
    made = Correction(*names, lead, fit.explained, fit.ratio, good, told)
    return made, fit if good else None


def _chosen(correction: Correction, *, use: bool) -> Correction:
    if use or not correction.used:
        return correction
    return Correction(
        correction.series,
        correction.leading,
        correction.lead,
        correction.explained,
        correction.pinball_ratio,
        False,
        f"{correction.reason}; another metric helps more",
    )


def _values(frame: pd.DataFrame) -> pd.Series:
    return frame.set_index("timestamp")["value"]


def _deviation(metric: pd.DataFrame, period: timedelta, zone: str) -> pd.Series:
    return deviations(_values(metric), period, zone)


def _features(
    unusual: pd.Series, times: pd.Series, origins: pd.Series, lead: Lead, period: timedelta
) -> Floats:
    """Two columns: the deviation a lead before, and what demand showed of it at the origin.

    Unknown where the metric's period was not over by the origin.
    """
    shown = unusual.rolling(RECENT, min_periods=1).mean()
    before = pd.DatetimeIndex(times - lead.lead)
    first = np.where(
        before < pd.DatetimeIndex(origins), unusual.reindex(before).to_numpy(dtype=float), np.nan
    )
    second = shown.reindex(pd.DatetimeIndex(origins - lead.lead - period)).to_numpy(dtype=float)
    return np.column_stack([first, second])


def _rows(
    demand: pd.DataFrame, unusual: pd.Series, past: pd.DataFrame, lead: Lead, period: timedelta
) -> pd.DataFrame:
    """Past forecasts that had come true, with features and the log of actual over median."""
    known = demand if "censored" not in demand else demand[~demand["censored"].astype(bool)]
    actual = _values(known).reindex(pd.DatetimeIndex(past["timestamp"])).to_numpy(dtype=float)
    features = _features(unusual, past["timestamp"], past["origin"], lead, period)
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.log(actual / past["q0.5"].to_numpy(dtype=float))
    rows = past.assign(actual=actual, error=error, ahead=features[:, 0], shown=features[:, 1])
    good = np.isfinite(rows[["error", "ahead", "shown"]].to_numpy(dtype=float)).all(axis=1)
    chosen: pd.DataFrame = rows[good].sort_values(["origin", "timestamp"], kind="stable")
    return chosen


def _validated(rows: pd.DataFrame) -> _Fit:
    """Fit on all rows; judged block by block on what came after the rows learned from."""
    x = rows[["ahead", "shown"]].to_numpy(dtype=float)
    y = rows["error"].to_numpy(dtype=float)
    number = pd.factorize(rows["origin"])[0]
    block = number * BLOCKS // (int(number.max()) + 1)
    said = np.full(len(y), np.nan)
    for at in range(1, BLOCKS):
        said[block == at] = x[block == at] @ _regress(x[block < at], y[block < at])
    tested = block > 0
    explained = _explained(y[tested], said[tested])
    factor = np.exp(np.clip(explained * said[tested], -_MOST, _MOST))
    without, corrected = (_losses(rows[tested], f) for f in (np.ones(len(factor)), factor))
    by_origin = pd.DataFrame({"o": number[tested], "gain": without - corrected}).groupby("o").sum()
    ratio = float(corrected.sum() / max(without.sum(), 1e-300))
    return _Fit(_regress(x, y), explained, ratio, float((by_origin["gain"] > 0).mean()))


def _regress(x: Floats, y: Floats) -> Floats:
    """Least squares without intercept, reweighted after Huber (1964)."""
    sure: Floats = np.ones(len(y))
    weights: Floats = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        root = np.sqrt(sure)
        weights = np.asarray(np.linalg.lstsq(x * root[:, None], y * root, rcond=None)[0], float)
        left = np.abs(y - x @ weights)
        spread = 1.4826 * float(np.median(left))
        if spread <= 1e-12:
            break
        sure = np.minimum(1.0, _HUBER * spread / np.maximum(left, 1e-300))
    return np.asarray(weights, dtype=np.float64)


def _explained(y: Floats, said: Floats) -> float:
    """R2 without intercept, errors limited to three spreads; never below zero."""
    limit = 3 * 1.4826 * float(np.median(np.abs(y))) or np.inf
    whole = np.clip(y, -limit, limit)
    left = np.clip(y - said, -limit, limit)
    total = float((whole**2).sum())
    return max(1 - float((left**2).sum()) / total, 0.0) if total else 0.0


def _losses(rows: pd.DataFrame, factor: Floats) -> Floats:
    """Pinball loss of each row, over its quantiles."""
    actual = rows["actual"].to_numpy(dtype=float)
    return np.asarray(
        sum(
            pinball(actual, rows[column].to_numpy(dtype=float) * factor, level)
            for column, level in _levels(rows.columns)
        )
    )


def _levels(columns: Sequence[str] | pd.Index) -> list[tuple[str, float]]:
    return [(c, float(c[1:])) for c in columns if c.startswith("q") and c[1:2].isdigit()]


def _apply(
    rows: pd.DataFrame, unusual: pd.Series, lead: Lead, fit: _Fit, period: timedelta
) -> pd.DataFrame:
    origin = pd.Series(rows["timestamp"].min(), index=rows.index)
    features = _features(unusual, rows["timestamp"], origin, lead, period)
    said = fit.explained * (features @ fit.weights)
    factor = np.exp(np.clip(np.where(np.isfinite(said), said, 0.0), -_MOST, _MOST))
    columns = [column for column, _ in _levels(rows.columns)]
    changed = rows.copy()
    changed[columns] = rows[columns].mul(factor, axis=0)
    return changed
