"""How much of a forecast came from which part: level, hour, weekday, calendar, margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast.align import Block, blocks
from foresail.forecast.api import LONGEST_HORIZON, check_quantiles
from foresail.forecast.arrays import Floats, mean
from foresail.forecast.calendar import Spec, parse_calendar
from foresail.forecast.gates import load
from foresail.forecast.predict import Outcome, predict
from foresail.forecast.verdicts import split_usable
from foresail.forecast.window import DAY_HOURS, HOUR, Window
from foresail.times import utc_time

MEDIAN = 0.5


@dataclass(frozen=True)
class Explanation:
    """Parts of one value of a forecast; they sum to it.

    ``parts`` has part, amount (in the unit of the demand) and what it means; ``value`` is the
    forecast quantile at ``timestamp``.
    """

    series: str
    timestamp: pd.Timestamp
    quantile: float
    value: float
    parts: pd.DataFrame

    def __str__(self) -> str:
        """Tell it in a line a part."""
        lines = [f"{self.series} at {self.timestamp}: q{self.quantile:g} = {self.value:.4g}"]
        lines += [
            f"  {amount:+12.4g}  {part}: {meaning}"
            for part, amount, meaning in self.parts.itertuples(index=False)
        ]
        return "\n".join(lines)


def explain(
    history: pd.DataFrame,
    series: str,
    timestamp: datetime | str,
    *,
    quantile: float = 0.9,
    calendar: Spec = None,
    at: datetime | str | None = None,
    timezone: str = "UTC",
) -> Explanation:
    """Split one forecast value into the parts it came from.

    Parameters
    ----------
    history, calendar, at, timezone
        As `foresail.forecast.api.forecast_series` takes them.
    series
        Which series.
    timestamp
        A time ahead of the origin; the period that holds it is explained.
    quantile
        Which quantile.

    Raises
    ------
    InputError
        When there is no such series, no such quantile, or the time is not ahead, or too far.
    """
    asked = [utc_time(timestamp, "timestamp")]
    return explanations(
        history, series, asked, quantile=quantile, calendar=calendar, at=at, timezone=timezone
    )[0]


def explanations(
    history: pd.DataFrame,
    series: str,
    timestamps: Sequence[pd.Timestamp],
    *,
    quantile: float = 0.9,
    calendar: Spec = None,
    at: datetime | str | None = None,
    timezone: str = "UTC",
) -> list[Explanation]:
    """Split many forecast values of a series, from one forecast; as `explain` does each."""
    mine = history[history["series"].astype("str") == series]
    if mine.empty:
        known = ", ".join(sorted(history["series"].astype("str").unique())[:5])
        raise InputError(f"no series {series!r} in the history", cure=f"known: {known}")
    levels = check_quantiles([MEDIAN, quantile])
    good, _ = split_usable(mine, at)
    [block] = blocks(good.frame, good.period, timezone)
    steps = [_ahead(block, when) for when in timestamps]
    if not steps:
        return []
    outcome = predict(block, max(steps) + 1, levels, parse_calendar(calendar), load())
    return [_explanation(block, outcome, step, quantile, levels) for step in steps]


def _ahead(block: Block, when: pd.Timestamp) -> int:
    """Periods from the origin to a time."""
    step = int((when - block.clock.origin) // block.clock.period)
    if step < 0:
        raise InputError(
            f"{when} is not ahead of the origin {block.clock.origin}", cure="explain a later time"
        )
    if when - block.clock.origin > LONGEST_HORIZON:
        days = LONGEST_HORIZON.days
        raise InputError(
            f"{when} is more than {days} days after the origin {block.clock.origin}",
            cure="explain an earlier time, or pass a later history",
        )
    return step


def _explanation(
    block: Block, outcome: Outcome, step: int, quantile: float, levels: list[float]
) -> Explanation:
    unit = float(outcome.unit[0])
    hour = int(block.clock.places(outcome.times[step : step + 1], HOUR)[0])
    level, by_hour, by_day = _usual(outcome.window, hour)
    path = float(outcome.combined.path[0, min(hour, outcome.combined.path.shape[1] - 1)])
    middle = float(outcome.quantiles[0, step, levels.index(MEDIAN)]) / unit
    value = float(outcome.quantiles[0, step, levels.index(quantile)])
    factor = 1.0 if outcome.effects is None else float(outcome.effects.future_factor[0, step])
    plain = middle / factor
    amounts = {
        "level": (level, "mean of the last two weeks"),
        "hour of the day": (by_hour, "what that hour usually has above the level"),
        "weekday": (by_day, "what that kind of day usually has at that hour"),
        "last days and hours": (path - level - by_hour - by_day, "the latest against the usual"),
        "inside the hour": (plain - path, "the usual shape and skew within the hour"),
        "calendar": (middle - plain, "holidays and events"),
        "margin": (value / unit - middle, f"from the median to q{quantile:g}: uncertainty"),
    }
    parts = pd.DataFrame(
        [(part, amount * unit, meaning) for part, (amount, meaning) in amounts.items()],
        columns=["part", "amount", "meaning"],
    )
    return Explanation(block.names[0], outcome.times[step], quantile, value, parts)


def _usual(window: Window, hour: int) -> tuple[float, float, float]:
    """Level, and what the hour of the day and the kind of day add to it."""
    days = window.days[:, :14]
    level = float(mean(days.reshape(1, -1), 1)[0])
    slot = hour % DAY_HOURS
    at_hour = days[0, :, slot]
    usual = float(mean(at_hour[None, :], 1)[0])
    usual = level if np.isnan(usual) else usual
    hours = days.shape[1] * DAY_HOURS
    weekend = window.weekend(-hours, hours).reshape(-1, DAY_HOURS)[::-1, slot]
    will = bool(window.weekend(hour, 1)[0, 0])
    alike: Floats = at_hour[weekend == will]
    same = float(mean(alike[None, :], 1)[0]) if len(alike) else usual
    return level, usual - level, (usual if np.isnan(same) else same) - usual
