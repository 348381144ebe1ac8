"""Windows of time that are scored, and the forecasts that were in force in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd

from foresail.units import format_duration

KEY_FORMAT = "%Y-%m-%dT%H:%MZ"
MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time ``[start, end)``, UTC."""

    start: datetime
    end: datetime

    @property
    def key(self) -> str:
        """Name that sorts by time."""
        return self.start.strftime(KEY_FORMAT)

    def rows(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows of a frame with a timestamp inside."""
        times = frame["timestamp"]
        return frame[(times >= self.start) & (times < self.end)]


@dataclass(frozen=True, slots=True)
class PastForecast:
    """A forecast as it was made, and the plan that was made of it.

    ``frame`` has signal, timestamp (UTC), q0.5 ... in the signal's own unit; in units planned_floor
    and needed_units; planned_quantile and planned_utilization. Columns named ``raw_q0.5`` ... hold
    what the forecaster said where that was re-mapped.
    """

    plan: str
    made: datetime
    frame: pd.DataFrame


def due(
    since: datetime,
    now: datetime,
    length: timedelta,
    settle: timedelta,
    scored: Collection[str] = (),
) -> list[Window]:
    """List windows that lie wholly after `since`, have ended and settled, and have no score yet.

    Parameters
    ----------
    since
        When the first forecast that is kept was made.
    now
        The present; CloudWatch may change what is younger than `settle`.
    length
        Of a window; windows begin at whole multiples of it after midnight, UTC.
    scored
        Keys of windows that have their score.
    """
    found = []
    start = MIDNIGHT - (MIDNIGHT - since) // length * length
    while start + length + settle <= now:
        window = Window(start, start + length)
        if window.key not in scored:
            found.append(window)
        start += length
    return found


def in_force(past: Sequence[PastForecast], window: Window) -> pd.DataFrame:
    """Lay out the forecast and floor that held in each period: of the last plan made before it.

    Returns
    -------
    DataFrame
        signal, timestamp, made, plan and the columns of the forecasts; periods that no forecast
        reached are absent.
    """
    rows = told(past, window)
    order = rows.sort_values(["signal", "timestamp", "made"], kind="stable")
    return order.drop_duplicates(["signal", "timestamp"], keep="last").reset_index(drop=True)


def told(past: Sequence[PastForecast], window: Window) -> pd.DataFrame:
    """Lay out all that was said of a window's periods before they began; columns as `in_force`."""
    parts = [window.rows(one.frame).assign(made=one.made, plan=one.plan) for one in past]
    columns = ["signal", "timestamp", "planned_floor", "needed_units", "made", "plan"]
    if not parts:
        return pd.DataFrame(columns=columns)
    rows = pd.concat(parts, ignore_index=True)
    return rows[rows["timestamp"] >= pd.to_datetime(rows["made"], utc=True)]


def why_partial(held: pd.DataFrame, window: Window, period: timedelta) -> str:
    """Say why a window cannot be scored as a whole; empty when every period had a plan."""
    wanted = (window.end - window.start) // period
    there = int(held.groupby("signal").size().min()) if len(held) else 0
    if there >= wanted:
        return ""
    length = format_duration(window.end - window.start)
    return f"a plan was in force in {there} of {wanted} periods of the {length}"
