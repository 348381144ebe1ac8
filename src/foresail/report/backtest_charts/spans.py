"""Which steps of a series a plot shows, and how many of them make a point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from foresail.backtest.job import Backtest, Outcome
from foresail.report.charts import moment
from foresail.report.series import Axis, Points, rounded
from foresail.report.traces import Figure, Trace

RECENT = pd.Timedelta(days=14)
DETAIL = pd.Timedelta(days=3)  # of the views that show every period
ALL = "All"


@dataclass(frozen=True, slots=True)
class Detail:
    """How much to draw: points of a whole series, and whether also close-ups."""

    points: int
    close: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Steps to draw, and how many of them make a point."""

    first: int
    last: int
    width: int

    def extremes(self, values: np.ndarray) -> np.ndarray:
        """Lowest and highest of each bucket, in the order in which they came."""
        part = np.asarray(values[self.first : self.last], dtype=np.float64)
        if self.width == 1:
            return part
        low, high, first = self._sides(part)
        return np.stack([np.where(first, low, high), np.where(first, high, low)], 1).ravel()

    def _sides(self, part: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = self._rows(part)
        low, high = _lowest(rows), -_lowest(-rows)
        at_low = np.argmin(np.nan_to_num(rows, nan=np.inf), axis=1)
        at_high = np.argmax(np.nan_to_num(rows, nan=-np.inf), axis=1)
        return low, high, np.asarray(at_low < at_high)

    def _rows(self, part: np.ndarray) -> np.ndarray:
        missing = -len(part) % self.width
        return np.pad(part, (0, missing), constant_values=np.nan).reshape(-1, self.width)

    def lowest(self, values: np.ndarray) -> np.ndarray:
        """Lowest of each bucket; NaN where nothing is known."""
        return _lowest(self._rows(np.asarray(values[self.first : self.last], dtype=np.float64)))

    def highest(self, values: np.ndarray) -> np.ndarray:
        """Highest of each bucket; NaN where nothing is known."""
        return np.asarray(-self.lowest(-np.asarray(values)))

    def points(self, one: Outcome, values: np.ndarray, axis: Axis, each: int = 1) -> Points:
        """Lay values of buckets, `each` of them a bucket, on a regular grid."""
        step = one.period * self.width / each
        return {
            "x0": axis.at(one.times[self.first]),
            "dx": step / pd.Timedelta(milliseconds=1),
            "y": rounded(values),
        }

    def line(self, one: Outcome, values: np.ndarray, axis: Axis) -> Points:
        """Lay lowest and highest of each bucket on a regular grid."""
        return self.points(one, self.extremes(values), axis, 1 if self.width == 1 else 2)

    def times(self, one: Outcome) -> pd.DatetimeIndex:
        """Start of each bucket."""
        return one.times[self.first : self.last : self.width]


def _lowest(rows: np.ndarray) -> np.ndarray:
    filled = np.where(np.isfinite(rows), rows, np.inf).min(axis=1)
    return np.where(np.isfinite(filled), filled, np.nan)


def spans_of(one: Outcome, done: Backtest, first: int, detail: Detail) -> dict[str, Span]:
    """Give the views of a series: all of it, its worst days, and its last."""
    last = len(one.times)
    width = width_of(one, last - first, detail.points)
    spans = {ALL: Span(first, last, width)}
    if not detail.close or width == 1:
        return spans
    steps = int(DETAIL // one.period)
    recent = max(last - int(RECENT // one.period), first)
    if recent > first:
        spans["Last 2 weeks"] = Span(recent, last, width_of(one, last - recent, detail.points))
    spans["Worst days"] = _worst(one, done, steps)
    spans["Last 3 days"] = Span(max(last - steps, first), last, 1)
    return spans


def width_of(one: Outcome, steps: int, points: int) -> int:
    """Count the steps of a bucket: parts of an hour or whole ones, to bend no shape by the hour."""
    if steps <= points:
        return 1
    hour = max(int(pd.Timedelta(hours=1) // one.period), 1)
    least = -(-steps // points)
    parts = [part for part in range(least, hour) if hour % part == 0]
    return parts[0] if parts else -(-least // hour) * hour


def _worst(one: Outcome, done: Backtest, steps: int) -> Span:
    """Days around the day with most under-capacity time of our policy."""
    late = one.courses[done.ours].late[one.scored - one.start :].astype(np.int64)
    day = max(steps // 3, 1)
    sums = np.convolve(late, np.ones(day, dtype=np.int64))[day - 1 :]
    at = one.scored + (int(np.argmax(sums)) if len(sums) else 0)
    first = max(min(at - day, len(one.times) - steps), one.start)
    return Span(first, min(first + steps, len(one.times)), 1)


def views_of(
    spans: dict[str, Span], traces: dict[str, list[Trace]], tops: dict[str, float],
    one: Outcome, axis: Axis,
) -> list[dict[str, Any]]:  # fmt: skip
    """Describe the views that a reader may choose from, each with its range and traces."""
    return [
        {
            "label": label,
            "range": [
                axis.at(one.times[span.first]),
                axis.at(one.times[span.last - 1] + one.period),
            ],
            "top": tops[label],
            **({"traces": traces[label]} if label != ALL else {}),
        }
        for label, span in spans.items()
    ]


def top(*values: np.ndarray) -> float:
    """Give the upper end of an axis: a little above the highest value."""
    highest = max((float(np.nanmax(v, initial=0.0)) for v in values), default=1.0)
    return float(f"{max(highest, 1e-9) * 1.08:.4g}")


def shown(spans: dict[str, Span]) -> int:
    """Give the place of the view shown first: two weeks can be read, a season cannot."""
    return list(spans).index("Last 2 weeks") if "Last 2 weeks" in spans else 0


def begin(one: Outcome, axis: Axis) -> Figure:
    """Mark where the scored days begin."""
    return moment(one.times[one.scored], axis)


def bucket_text(one: Outcome, detail: Detail) -> str:
    """Say of what each point of the view of all is made; empty where it is each period."""
    width = width_of(one, len(one.times), detail.points)
    minutes = one.period * width / pd.Timedelta(minutes=1)
    if width == 1:
        return ""
    span = (
        f"{minutes:g} min" if minutes < 60 else "hour" if minutes == 60 else f"{minutes / 60:g} h"
    )
    return f"Where all of it is shown, each {span} stands with its lowest and highest value."
