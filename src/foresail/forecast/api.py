"""The public forecast: many series in, quantiles out, each series with its trust and reasons."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from foresail.errors import InputError
from foresail.forecast.align import Block, blocks
from foresail.forecast.calendar import Spec, parse_calendar
from foresail.forecast.calendar_types import Calendar
from foresail.forecast.details import tell
from foresail.forecast.models import check_name
from foresail.forecast.models.blocks import predict_with, with_names
from foresail.forecast.predict import Outcome
from foresail.forecast.verdicts import OK, Usable, split_usable
from foresail.units import format_duration, parse_duration

LONGEST_HORIZON = timedelta(days=35)
CHUNK_BYTES = 48 * 2**20  # of the history of the series that are worked on at once
LEARNED = ("series", "name", "occurrences", "factor", "spread", "source")


@dataclass(frozen=True)
class Forecast:
    """Quantiles per series and timestamp, and per series what they rest on.

    ``frame`` has series, timestamp and q0.5 ...; ``details`` has one row per series as
    `foresail.forecast.details.tell` gives it, with a verdict: "ok", or why there is no forecast;
    ``learned`` what the calendar's events were found to do.
    """

    frame: pd.DataFrame
    period: timedelta
    details: pd.DataFrame
    learned: pd.DataFrame

    @property
    def refused(self) -> list[tuple[str, str]]:
        """Series without a forecast, and why."""
        rows = self.details.loc[self.details["verdict"] != OK, ["series", "verdict"]]
        return [(str(name), str(verdict)) for name, verdict in rows.itertuples(index=False)]


def forecast(
    history: pd.DataFrame,
    horizon: str | timedelta = "48h",
    quantiles: Sequence[float] = (0.5, 0.9, 0.95),
    calendar: Spec = None,
    at: datetime | str | None = None,
) -> pd.DataFrame:
    """Forecast demand with quantiles.

    Parameters
    ----------
    history
        Columns series (str), timestamp (tz-aware, start of the period), value (zero or more); any
        regular period; gaps are absent rows; many series. A boolean column censored marks values
        that are lower bounds.
    horizon
        How far ahead, from the end of the last known period.
    quantiles
        Levels in (0, 1).
    calendar
        Holidays and events: a country (``"US"``), a file or frame of events, a frame with a column
        date (local) of days that behave like a Sunday, or a list of these; see `parse_calendar`.
    at
        Origin: only periods that had ended by then are known. All of the history when None.

    Returns
    -------
    DataFrame
        series, timestamp (UTC), q0.5 ...: same period as the history, non-decreasing in q.

    Raises
    ------
    InputError
        When the history or a parameter cannot be used; says what and the cure. Among several
        series one that cannot be forecast is left out with a warning that says why.
    """
    levels = check_quantiles(quantiles)
    good, verdicts = split_usable(history, at=at)
    for name, verdict in verdicts.itertuples(index=False):
        warnings.warn(f"no forecast of {name!r}: {verdict}", stacklevel=2)
    steps = steps_ahead(horizon, good.period)
    made = _outcomes(good, steps, levels, parse_calendar(calendar), "UTC", "mixture")
    frames = [_frame(block, outcome, levels) for block, outcome in made]
    return _in_order(frames, good.names)


def forecast_series(
    history: pd.DataFrame,
    horizon: str | timedelta = "48h",
    quantiles: Sequence[float] = (0.5, 0.9, 0.95),
    *,
    calendar: Spec = None,
    at: datetime | str | None = None,
    timezone: str | Mapping[str, str] = "UTC",
    model: str = "mixture",
    progress: Callable[[int], object] = lambda _: None,
) -> Forecast:
    """Forecast as `forecast` does, with the details of each series.

    Parameters
    ----------
    timezone
        IANA zone in which days and weeks are counted: one for all, or by series (others: UTC).
    model
        One of `foresail.forecast.models.models`: the default mixture, or a model of the field.
    progress
        Told how many more series are done.
    """
    levels = check_quantiles(quantiles)
    check_name(model)
    good, verdicts = split_usable(history, at=at)
    steps = steps_ahead(horizon, good.period)
    frames, details, learned = [], [], []
    events = parse_calendar(calendar)
    for block, outcome in _outcomes(good, steps, levels, events, timezone, model):
        frames.append(_frame(block, outcome, levels))
        details.append(with_names(tell(block, outcome, levels), outcome))
        learned.append(
            pd.DataFrame(columns=LEARNED) if outcome.effects is None else outcome.effects.learned
        )
        progress(len(block.names))
    return Forecast(
        _in_order(frames, good.names),
        good.period,
        pd.concat([_in_order(details, good.names), verdicts], ignore_index=True),
        pd.concat([part for part in learned if len(part)] or learned[:1], ignore_index=True),
    )


def steps_ahead(horizon: str | timedelta, period: timedelta) -> int:
    """Whole periods in a horizon, or say that there are none."""
    ahead = parse_duration(horizon)
    if ahead < period:
        raise InputError(
            f"horizon {horizon!r} is shorter than one period", cure="use 48h, or at least a period"
        )
    if ahead > LONGEST_HORIZON:
        raise InputError(
            f"horizon {horizon!r} is longer than {format_duration(LONGEST_HORIZON)}",
            cure="nothing of demand is known that far ahead; use 48h, or up to 35d",
        )
    return int(ahead // period)


def check_quantiles(quantiles: Sequence[float]) -> list[float]:
    """Levels in rising order, or say which are none."""
    levels = sorted({float(q) for q in quantiles})
    if not levels or not all(0 < level < 1 for level in levels):
        raise InputError(
            f"quantiles {tuple(quantiles)!r} are not all in (0, 1)", cure="pass (0.5, 0.9, 0.95)"
        )
    return levels


def chunks(block: Block, steps: int) -> Iterator[Block]:
    """Split a block so that the work on each part fits the memory of small machines."""
    width = block.values.shape[1] + steps
    size = max(int(CHUNK_BYTES / (8 * 12 * width)), 1)
    for start in range(0, len(block.names), size):
        yield block.rows(slice(start, start + size))


def _outcomes(
    good: Usable,
    steps: int,
    levels: list[float],
    calendar: Calendar,
    timezone: str | Mapping[str, str],
    model: str,
) -> Iterator[tuple[Block, Outcome]]:
    """Forecast block by block; only one is held in memory at a time."""
    for block in blocks(good.frame, good.period, timezone):
        for part in chunks(block, steps):
            yield part, predict_with(model, part, steps, levels, calendar)


def _frame(block: Block, outcome: Outcome, levels: list[float]) -> pd.DataFrame:
    rows, steps = outcome.quantiles.shape[:2]
    columns = {
        f"q{level:g}": outcome.quantiles[:, :, at].ravel() for at, level in enumerate(levels)
    }
    return pd.DataFrame(
        {
            "series": np.repeat(np.asarray(block.names, dtype=object), steps),
            "timestamp": outcome.times.as_unit("us")[np.tile(np.arange(steps), rows)],
            **columns,
        }
    )


def _in_order(parts: list[pd.DataFrame], names: Sequence[str]) -> pd.DataFrame:
    """Series in the order of the history; names as strings."""
    frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    place = pd.Index(names).get_indexer(pd.Index(frame["series"]))
    if (np.diff(place) < 0).any():
        frame = frame.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
    return frame.assign(series=frame["series"].astype("str"))
