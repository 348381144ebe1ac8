"""Charts as SVG, drawn here: no script is needed to see them, and colours come from the style."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from foresail.report.series import runs
from foresail.ui.html import Html, el

WIDTH, HEIGHT = 1040, 230
LEFT, RIGHT, TOP, BOTTOM = 62, 12, 14, 30
TICKS = 4
HOURS = 6  # between the ticks of time


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a time and a value lie on a chart; values begin at 0."""

    start: datetime
    end: datetime
    top: float
    zone: ZoneInfo

    def x(self, when: Any) -> float:
        """Distance from the left; of an aware time, whichever its type."""
        share = (pd.Timestamp(when) - self.start).total_seconds() / self._seconds
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    @property
    def _seconds(self) -> float:
        return (self.end - self.start).total_seconds()

    def y(self, value: float) -> float:
        """Distance from the top."""
        share = min(max(value / self.top, 0.0), 1.0)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def frame_for(start: datetime, end: datetime, zone: ZoneInfo, values: Sequence[pd.Series]) -> Frame:
    """Frame that holds all values, up to a round number."""
    known = [float(one.max()) for one in values if len(one) and np.isfinite(one.max())]
    return Frame(start, end, _round_up(max([*known, 1.0])), zone)


def _round_up(value: float) -> float:
    unit = 10.0 ** math.floor(math.log10(value))
    return next(unit * step for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if unit * step >= value)


def line(frame: Frame, values: pd.Series, class_: str, *, steps: bool = False) -> Html:
    """Draw a line through values by time; it breaks where they are unknown."""
    inside = _inside(frame, values)
    known = np.isfinite(inside.to_numpy(dtype=float))
    paths = [_path(frame, inside.iloc[a:b], steps=steps) for a, b in runs(known)]
    return el("path", d=" ".join(paths), class_=f"line {class_}")


def _path(frame: Frame, values: pd.Series, *, steps: bool) -> str:
    points = [(frame.x(when), frame.y(float(value))) for when, value in values.items()]
    said = [f"M{points[0][0]} {points[0][1]}"]
    for x, y in points[1:]:
        said.append(f"H{x}V{y}" if steps else f"L{x} {y}")
    return "".join(said)


def area(frame: Frame, low: pd.Series, high: pd.Series, class_: str) -> Html:
    """Fill the space between two lines of the same times."""
    upper, lower = _inside(frame, high).dropna(), _inside(frame, low).dropna()
    if upper.empty or lower.empty:
        return Html("")
    there = [f"{frame.x(when)} {frame.y(float(value))}" for when, value in upper.items()]
    back = [f"{frame.x(when)} {frame.y(float(v))}" for when, v in reversed(list(lower.items()))]
    return el("path", d=f"M{'L'.join([*there, *back])}Z", class_=f"area {class_}")


def _inside(frame: Frame, values: pd.Series) -> pd.Series:
    return values[(values.index >= frame.start) & (values.index <= frame.end)]


def chart(frame: Frame, now: datetime, label: str, *marks: Html) -> Html:
    """Put marks on axes, with a line at the present; `label` is read to who cannot see it."""
    return el(
        "svg", el("title", label), _across(frame), _down(frame), *marks, _present(frame, now),
        viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="chart", role="img",
    )  # fmt: skip


def _across(frame: Frame) -> list[Html]:
    """Ticks of time, in the service's zone, and a day's name at its midnight."""
    made = []
    for when in _hours(frame):
        x, there = frame.x(when), when.astimezone(frame.zone)
        text = f"{there:%a} {there.day}" if there.hour < HOURS else f"{there:%H:%M}"
        made.append(el("line", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM, class_="grid"))
        made.append(el("text", text, x=x, y=HEIGHT - 10, class_="tick", text_anchor="middle"))
    return made


def _hours(frame: Frame) -> list[datetime]:
    """Find the times at which the wall clock shows 0, 6, 12, 18 hours."""
    hours = int((frame.end - frame.start) / timedelta(hours=1))
    first = frame.start.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    times = [first + timedelta(hours=n) for n in range(hours)]
    return [t for t in times if t.astimezone(frame.zone).hour % HOURS == 0]


def _down(frame: Frame) -> list[Html]:
    made = []
    for tick in range(TICKS + 1):
        value = frame.top * tick / TICKS
        y = frame.y(value)
        made.append(el("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"))
        made.append(el("text", short(value), x=LEFT - 8, y=y + 4, class_="tick", text_anchor="end"))
    return made


def short(value: float) -> str:
    """Write a number in few digits: ``1.2k``, ``37.5``."""
    if not math.isfinite(value):
        return "-"
    for limit, sign in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= limit:
            return f"{value / (limit if sign != 'k' else 1e3):.3g}{sign}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _present(frame: Frame, now: datetime) -> Html:
    if not frame.start < now < frame.end:
        return Html("")
    x = frame.x(now)
    return el("g", el("line", x1=x, x2=x, y1=TOP, y2=HEIGHT - BOTTOM, class_="now"),
              el("text", "now", x=x + 5, y=TOP + 9, class_="tick"))  # fmt: skip
