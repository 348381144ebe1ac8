"""What the last half hour says against the forecast made before it: a rise that nobody foresaw.

The engine believes a shift in so far as the series' own past had such shifts. One that never was
is believed late, and capacity is short meanwhile. Where every recent period lay above the upper
quantile of an earlier forecast, the part of the excess that the new forecast does not yet hold is
put on top of it, fading within hours. Only upwards: too much for an hour costs little.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

LOOK_BACK = timedelta(minutes=30)
LEAST_PERIODS = 3
UPPER = 0.95  # quantile that every recent period must have exceeded
HALF_LIFE = timedelta(hours=1)
MOST = 3.0  # factor
LEAST = 1.02


@dataclass(frozen=True, slots=True)
class Nowcast:
    """A rise that was put on a series' forecast: the factor at first, and what showed it."""

    series: str
    factor: float
    periods: int


def recent_periods(period: timedelta) -> int:
    """How many periods are looked at: half an hour, at least three."""
    return max(int(LOOK_BACK / period), LEAST_PERIODS)


def nowcast(
    forecast: pd.DataFrame,
    earlier: pd.DataFrame,
    demand: pd.DataFrame,
    period: timedelta,
    *,
    periods: int | None = None,
) -> tuple[pd.DataFrame, list[Nowcast]]:
    """Raise a forecast where the last periods lay above what was forecast for them.

    Parameters
    ----------
    forecast
        series, timestamp and quantile columns, q0.5 among them.
    earlier
        The same columns and q0.95, made `recent_periods` before `forecast`'s origin.
    demand
        series, timestamp, value: known demand up to the origin.
    period
        Length of a period.
    periods
        How many recent periods have to show it; those of half an hour where None.

    Returns
    -------
    tuple
        The forecast, its quantile columns times a factor that halves its excess every hour; and
        what was raised. A period whose demand is not known raises nothing.
    """
    out, found = forecast.copy(), []
    columns = [c for c in forecast.columns if c not in ("series", "timestamp")]
    for name, rows in forecast.groupby("series", sort=False):
        before = earlier[earlier["series"] == name].set_index("timestamp")
        known = demand[demand["series"] == name].set_index("timestamp")["value"]
        factor, looked = _excess(rows, before, known, periods or recent_periods(period))
        if factor < LEAST:
            continue
        away = np.arange(1, len(rows) + 1) * (period / HALF_LIFE)
        raised = 1 + (factor - 1) * 0.5**away
        out.loc[rows.index, columns] = rows[columns].mul(raised, axis=0)
        found.append(Nowcast(str(name), factor, looked))
    return out, found


def _excess(
    rows: pd.DataFrame, before: pd.DataFrame, known: pd.Series, periods: int
) -> tuple[float, int]:
    """Factor between what was seen and what was forecast that the new forecast does not hold."""
    first = rows["timestamp"].iloc[0]
    past = before[before.index < first]
    seen = known.reindex(past.index)
    upper = f"q{UPPER:g}"
    if len(past) < periods or seen.isna().any() or not (seen > past[upper]).all():
        return 1.0, periods
    ahead = rows.set_index("timestamp")["q0.5"].iloc[:periods]
    both = ahead.index.intersection(before.index)
    if both.empty:
        return 1.0, periods
    held = _median_ratio(ahead[both], before.loc[both, "q0.5"])
    shown = _median_ratio(seen, past["q0.5"])
    return float(min(shown / max(held, 1.0), MOST)), periods


def _median_ratio(one: pd.Series, other: pd.Series) -> float:
    least = max(float(one.max()), float(other.max())) * 1e-3 or 1.0
    return float((one.clip(lower=least) / other.clip(lower=least)).median())
